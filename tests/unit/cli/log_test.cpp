#include <gmock/gmock.h>

#include "tests/unit/cli/fake_daemon.hpp"

namespace tykup::cli {
namespace {

using namespace std::chrono_literals;
using test::Host;
using test::moment;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char const* kRun = "20261123T125800Z-3f2a9c";

Host with_entries() {
  Host host;
  auto const at = moment();
  host.journal.entries = std::vector<LogEntry>{
      {.at = at - 1h - 50min, .priority = 5, .source = "tykupd", .message = "Run r begins: gateway 5.8.14 → 5.8.15.", .event = "run-started"},
      {.at = at - 2s, .source = "tykup-executor", .message = "apply of gateway: tyk-gateway 5.8.15 begins", .event = "job-begun", .job = "r.1.gateway.apply"},
      {.at = at - 1s, .source = "tykup-executor", .message = "Unpacking tyk-gateway (5.8.15) over (5.8.14) ...\nPreparing \033[31m"},
      {.at = at, .priority = 4, .source = "tykup-executor", .message = "apply of gateway failed after 2s: dpkg died (package_failed)", .event = "job-ended", .reason = "package_failed"},
      {.at = at + 26h, .priority = 3, .source = "tykupd", .message = "gateway needs an administrator.", .event = "needs-admin", .step = "1/3", .component = "gateway"}};
  return host;
}

TEST(LogVerb, ReadsAsTheStoryOfTheRun) {
  auto host = with_entries();
  auto const got = host.perform(verb::Log{.run = kRun});
  EXPECT_EQ(got.code, 0) << got.err;
  EXPECT_EQ(host.journal.asked, kRun);
  EXPECT_THAT(host.daemon.calls, IsEmpty()) << "the daemon is not needed";
  test::expect_golden("log", got.out);
}

TEST(LogVerb, ColoursAndWrapsOnATerminalOnly) {
  auto host = with_entries();
  host.live = true;
  host.color = true;
  test::expect_golden("log_terminal", host.perform(verb::Log{.run = kRun}).out);
}

TEST(LogVerb, PrintsTheEntriesForPrograms) {
  auto host = with_entries();
  auto const document = nlohmann::json::parse(host.perform(verb::Log{.run = kRun, .json = true}).out);
  EXPECT_EQ(document["run"], kRun);
  ASSERT_EQ(document["entries"].size(), 5U);
  EXPECT_EQ(document["entries"][1]["job"], "r.1.gateway.apply");
  EXPECT_EQ(document["entries"][4]["at"], "2026-11-24T15:00:00Z");
}

TEST(LogVerb, MeansTheNewestRunWhereNoneIsNamed) {
  auto host = with_entries();
  host.daemon.history_text = test::read_file(test::golden_path("history.json"));
  EXPECT_EQ(host.perform(verb::Log{}).code, 0);
  EXPECT_EQ(host.journal.asked, "20261122T020000-3f2a9c");
  host.daemon.history_text = std::string(R"({"schema":1,"runs":[]})");
  auto const none = host.perform(verb::Log{});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("There was no run yet"));
}

TEST(LogVerb, SaysHowTheJournalCanBeRead) {
  auto host = with_entries();
  host.journal.entries = fail(ErrorKind::NotAllowed, "alice may not read this host's journal.");
  auto const got = host.perform(verb::Log{.run = kRun});
  EXPECT_EQ(got.code, 4);
  EXPECT_THAT(got.err, AllOf(HasSubstr("alice may not read"), HasSubstr("sudo tykup log " + std::string(kRun)), HasSubstr("systemd-journal")));
}

TEST(LogVerb, KnowsNothingOfAnUnknownRun) {
  Host host;
  auto const got = host.perform(verb::Log{.run = "r0"});
  EXPECT_EQ(got.code, 1);
  EXPECT_THAT(got.err, AllOf(HasSubstr("nothing of run r0"), HasSubstr("tykup history"), Not(HasSubstr("sudo"))));
}

}  // namespace
}  // namespace tykup::cli
