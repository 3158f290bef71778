#include "systemd/journal_reader.hpp"

#include <gmock/gmock.h>

#include "tests/integration/systemd/written_journal.hpp"

namespace tykup::systemd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char const* kUnit = "tyk-gateway.service";
constexpr char const* kStarted = "39f53479d3a045ac8e11786248231fbf";
constexpr char const* kStarting = "7d4958e842da4a758f6c1cdc7b36dcc5";
constexpr char const* kStopped = "9d1aaa27d60140bd96365438aad20286";
std::string const kOld(32, 'a');
std::string const kNew(32, 'b');
Instant const kRestart{std::chrono::seconds{1'700'000'000}};

class JournalOfAHost : public WrittenJournal {
 protected:
  void entry(Duration after_restart, std::initializer_list<std::string> fields) { WrittenJournal::entry(kRestart + after_restart, fields); }
  void line(Duration after_restart, std::string const& invocation, std::string const& text, std::string const& unit = kUnit) {
    entry(after_restart, {"MESSAGE=" + text, "_PID=812", "_SYSTEMD_UNIT=" + unit, "_SYSTEMD_INVOCATION_ID=" + invocation});
  }
  void job(Duration after_restart, std::string const& id, std::string const& invocation, std::string const& pid = "1",
           std::string const& unit = kUnit) {
    entry(after_restart, {"MESSAGE=Started Tyk Gateway.", "_PID=" + pid, "_SYSTEMD_UNIT=init.scope", "UNIT=" + unit,
                          "MESSAGE_ID=" + id, "INVOCATION_ID=" + invocation});
  }
  agent::Host::JournalSight read(Instant since = kRestart) {
    write();
    auto const sight = JournalReader(folder.path()).read(kUnit, since);
    EXPECT_TRUE(sight) << sight.error().message;
    return sight.value_or(agent::Host::JournalSight{});
  }
  static constexpr Duration at(int milliseconds) { return std::chrono::milliseconds{milliseconds}; }
};

TEST_F(JournalOfAHost, shows_the_lines_of_the_unit_since_its_restart) {
  line(at(-5000), kOld, "an hour of old trouble");
  job(at(10), kStarted, kNew);
  line(at(20), kNew, "Tyk API Gateway v5.8.15");
  line(at(30), kNew, "somebody else's", "tyk-pump.service");
  line(at(40), kNew, "Gateway started");
  auto const sight = read();
  EXPECT_TRUE(sight.readable);
  EXPECT_THAT(sight.lines, ElementsAre("Tyk API Gateway v5.8.15", "Gateway started"));
}

TEST_F(JournalOfAHost, proves_nothing_without_the_units_start_entry) {
  job(at(-60000), kStarted, kOld);
  line(at(20), kNew, "a line");
  auto const sight = read();
  EXPECT_FALSE(sight.readable);
  EXPECT_THAT(sight.lines, ElementsAre("a line"));
}

TEST_F(JournalOfAHost, takes_a_starting_entry_for_a_start_too) {
  job(at(10), kStarting, kNew);
  EXPECT_TRUE(read().readable);
}

TEST_F(JournalOfAHost, takes_a_start_within_the_second_before) {
  job(at(-900), kStarted, kNew);
  EXPECT_TRUE(read().readable);
}

TEST_F(JournalOfAHost, takes_no_start_of_more_than_a_second_before) {
  job(at(-1100), kStarted, kNew);
  EXPECT_FALSE(read().readable);
}

TEST_F(JournalOfAHost, takes_no_stop_for_a_start) {
  job(at(10), kStopped, kOld);
  EXPECT_FALSE(read().readable);
}

TEST_F(JournalOfAHost, takes_no_start_of_another_unit) {
  job(at(10), kStarted, kNew, "1", "tyk-pump.service");
  EXPECT_FALSE(read().readable);
}

TEST_F(JournalOfAHost, believes_only_systemd_about_a_start) {
  job(at(10), kStarted, kNew, "812");
  EXPECT_FALSE(read().readable);
}

TEST_F(JournalOfAHost, leaves_out_what_the_old_process_says_while_it_ends) {
  line(at(5), kOld, "Error: shutting down with open connections");
  job(at(10), kStarted, kNew);
  line(at(15), kOld, "Error: late good-bye");
  line(at(20), kNew, "fresh");
  EXPECT_THAT(read().lines, ElementsAre("fresh"));
}

TEST_F(JournalOfAHost, shows_every_start_of_a_restart_loop) {
  std::string const third(32, 'd');
  job(at(10), kStarted, kNew);
  line(at(20), kNew, "panic one");
  job(at(1010), kStarted, third);
  line(at(1020), third, "panic two");
  EXPECT_THAT(read().lines, ElementsAre("panic one", "panic two"));
}

TEST_F(JournalOfAHost, counts_the_instant_itself) {
  job(at(0), kStarted, kNew);
  line(at(0), kNew, "at once");
  EXPECT_THAT(read().lines, ElementsAre("at once"));
}

TEST_F(JournalOfAHost, shows_the_last_five_hundred_lines) {
  job(at(1), kStarted, kNew);
  for (int i = 0; i < 700; ++i) line(at(10 + i), kNew, fmt::format("line {}", i));
  auto const sight = read();
  ASSERT_EQ(sight.lines.size(), JournalReader::kMostLines);
  EXPECT_EQ(sight.lines.front(), "line 200");
  EXPECT_EQ(sight.lines.back(), "line 699");
}

TEST_F(JournalOfAHost, cuts_a_line_that_is_too_long) {
  job(at(1), kStarted, kNew);
  line(at(10), kNew, std::string(100'000, 'x'));
  auto const sight = read();
  ASSERT_EQ(sight.lines.size(), 1U);
  EXPECT_EQ(sight.lines.front(), std::string(JournalReader::kMostBytes, 'x'));
}

TEST_F(JournalOfAHost, has_lines_of_a_service_that_logs_into_an_ordinary_users_file) {
  job(at(1), kStarted, kNew);
  line(at(10), kNew, "from the system file");
  (void)read();
  std::filesystem::rename(folder / "system.journal", folder / "user-1000.journal");
  auto const sight = JournalReader(folder.path()).read(kUnit, kRestart);
  ASSERT_TRUE(sight);
  EXPECT_THAT(sight->lines, ElementsAre("from the system file"));
}

TEST_F(JournalOfAHost, an_empty_journal_is_not_readable_and_no_error) {
  auto const sight = JournalReader(folder.path()).read(kUnit, kRestart);
  ASSERT_TRUE(sight) << sight.error().message;
  EXPECT_FALSE(sight->readable);
  EXPECT_THAT(sight->lines, IsEmpty());
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] auto const& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

TEST_F(JournalOfAHost, a_thousand_questions_leave_no_descriptor_open) {
  job(at(1), kStarted, kNew);
  (void)read();
  auto const before = open_descriptors();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(JournalReader(folder.path()).read(kUnit, kRestart));
  for (int i = 0; i < 10; ++i) ASSERT_FALSE(JournalReader("/nonexistent").read(kUnit, kRestart));
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace tykup::systemd
