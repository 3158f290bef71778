#include "pkg/executor/ledger.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "daemon/wire/job_json.hpp"

namespace tykup::executor {
namespace {

using namespace std::chrono_literals;

struct LedgerTest : testing::Test {
  LedgerTest() {
    std::string pattern = testing::TempDir() + "tykup-ledger-XXXXXX";
    paths.root = mkdtemp(pattern.data());
  }
  ~LedgerTest() override { std::filesystem::remove_all(paths.root); }
  static job::Request request(std::string id, std::string run = "r") {
    return {std::move(id), job::Backup{{std::move(run), "gateway"}}};
  }
  Paths paths;
};

TEST_F(LedgerTest, the_same_job_twice_is_done_once) {
  Ledger ledger(paths);
  auto begun = ledger.begin(request("a"), "backup", 0s);
  ASSERT_TRUE(begun);
  ASSERT_TRUE(ledger.end(std::get<Ledger::Begun>(*begun), job::Outcome{job::BackedUp{"/x", true}}));
  begun = tl::unexpected<Error>(Error{});
  auto const again = ledger.begin(request("a"), "backup", 0s);
  ASSERT_TRUE(again);
  auto const& known = std::get<Ledger::Known>(*again);
  ASSERT_TRUE(known);
  EXPECT_EQ(std::get<job::BackedUp>(*known).file, "/x");
}

TEST_F(LedgerTest, the_same_id_for_another_request_is_refused) {
  Ledger ledger(paths);
  {
    auto const begun = ledger.begin(request("a"), "backup", 0s);
    ASSERT_TRUE(ledger.end(std::get<Ledger::Begun>(*begun), fail(ErrorKind::NoSpace, "full")));
  }
  auto const other = ledger.begin(request("a", "other"), "backup", 0s);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind, ErrorKind::BadRequest);
}

TEST_F(LedgerTest, a_job_at_work_is_busy_and_waited_for) {
  Ledger ledger(paths);
  auto const begun = ledger.begin(request("a"), "backup", 0s);
  ASSERT_TRUE(begun);
  EXPECT_EQ(ledger.outcome("a", 1ms).error().kind, ErrorKind::Busy);
  EXPECT_EQ(ledger.begin(request("a"), "backup", 1ms).error().kind, ErrorKind::Busy);
}

TEST_F(LedgerTest, a_job_that_was_never_begun_is_not_found) {
  EXPECT_EQ(Ledger(paths).outcome("nothing", 0s).error().kind, ErrorKind::NotFound);
}

/// A child begins a job, says so, and is killed in the middle.
TEST_F(LedgerTest, a_killed_job_is_interrupted_for_ever) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  pid_t const child = fork();
  if (child == 0) {
    auto const begun = Ledger(paths).begin(request("a"), "backup", 0s);
    if (begun && write(ends[1], "x", 1) == 1) pause();
    _exit(1);
  }
  char said = 0;
  ASSERT_EQ(read(ends[0], &said, 1), 1);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  auto const outcome = Ledger(paths).outcome("a", 5s);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::Interrupted);
  auto const again = Ledger(paths).begin(request("a"), "backup", 0s);
  ASSERT_TRUE(again);
  EXPECT_EQ(std::get<Ledger::Known>(*again).error().kind, ErrorKind::Interrupted);
  close(ends[0]);
  close(ends[1]);
}

TEST_F(LedgerTest, an_old_boot_is_said_to_be_one) {
  { auto const begun = Ledger(paths).begin(request("a"), "backup", 0s); }
  auto text = read_file(paths.jobs() + "/a.json").value();
  auto const boot = text.find("\"boot\":\"") + 8;
  text.replace(boot, 4, "ffff");
  ASSERT_TRUE(write_durably(paths.jobs() + "/a.json", text));
  EXPECT_NE(Ledger(paths).outcome("a", 0s).error().message.find("the host went down"), std::string::npos);
}

/// Changes one field of a job's record.
void edit(Paths const& paths, std::string const& id, std::string const& field, nlohmann::json value) {
  auto const file = paths.jobs() + "/" + id + ".json";
  auto record = nlohmann::json::parse(read_file(file).value());
  if (value.is_null())
    record.erase(field);
  else
    record[field] = std::move(value);
  ASSERT_TRUE(write_durably(file, record.dump()));
}

TEST_F(LedgerTest, a_restart_of_an_earlier_boot_is_done_anew_whatever_came_of_it) {
  Ledger ledger(paths);
  job::Request const restart{"r", job::Restart{{"run", "gateway"}}};
  {
    auto const begun = ledger.begin(restart, "restart", 0s);
    ASSERT_TRUE(ledger.end(std::get<Ledger::Begun>(*begun), job::Outcome{job::Restarted{true, {}, {}}}));
  }
  EXPECT_TRUE(std::holds_alternative<Ledger::Known>(*ledger.begin(restart, "restart", 0s)));
  edit(paths, "r", "boot", "earlier");
  { EXPECT_TRUE(std::holds_alternative<Ledger::Begun>(*ledger.begin(restart, "restart", 0s))); }
  edit(paths, "r", "boot", "earlier");
  EXPECT_TRUE(std::holds_alternative<Ledger::Begun>(*ledger.begin(restart, "restart", 0s))) << "killed with its host";
}

TEST_F(LedgerTest, other_jobs_of_an_earlier_boot_are_not_done_twice) {
  Ledger ledger(paths);
  {
    auto const begun = ledger.begin(request("a"), "backup", 0s);
    ASSERT_TRUE(ledger.end(std::get<Ledger::Begun>(*begun), job::Outcome{job::BackedUp{"/x", true}}));
  }
  edit(paths, "a", "boot", "earlier");
  EXPECT_TRUE(std::holds_alternative<Ledger::Known>(*ledger.begin(request("a"), "backup", 0s)));
}

TEST_F(LedgerTest, a_record_without_a_protocol_is_one_of_the_first) {
  Ledger ledger(paths);
  {
    auto const begun = ledger.begin(request("a"), "backup", 0s);
    ASSERT_TRUE(ledger.end(std::get<Ledger::Begun>(*begun), job::Outcome{job::BackedUp{"/x", true}}));
  }
  edit(paths, "a", "protocol", nullptr);
  auto const outcome = ledger.outcome("a", 0s);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(std::get<job::BackedUp>(*outcome).file, "/x");
}

TEST_F(LedgerTest, a_record_of_a_newer_version_is_refused_and_says_so) {
  Ledger ledger(paths);
  { auto const begun = ledger.begin(request("a"), "backup", 0s); }
  edit(paths, "a", "protocol", job::kProtocol + 1);
  for (auto const& error : {ledger.outcome("a", 0s).error(), ledger.begin(request("a"), "backup", 0s).error()}) {
    EXPECT_EQ(error.kind, ErrorKind::StateUnusable);
    EXPECT_NE(error.message.find("was written by a newer tykup"), std::string::npos) << error.message;
  }
}

TEST_F(LedgerTest, a_damaged_record_is_never_taken_for_a_new_job) {
  { auto const begun = Ledger(paths).begin(request("a"), "backup", 0s); }
  ASSERT_TRUE(write_durably(paths.jobs() + "/a.json", "{"));
  auto const again = Ledger(paths).begin(request("a"), "backup", 0s);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::StateUnusable);
}

TEST_F(LedgerTest, old_records_go_and_jobs_at_work_stay) {
  Ledger ledger(paths);
  auto const running = ledger.begin(request("running"), "backup", 0s);
  for (auto const* id : {"b", "c", "d"}) (void)ledger.begin(request(id), "backup", 0s);
  ledger.prune(0);
  EXPECT_TRUE(exists(paths.jobs() + "/running.json"));
  EXPECT_FALSE(exists(paths.jobs() + "/b.json"));
  EXPECT_FALSE(exists(paths.jobs() + "/d.lock"));
}

TEST_F(LedgerTest, the_one_lock_names_its_holder) {
  ASSERT_TRUE(make_folder(paths.root + paths.state));
  auto const held = take_lock(paths.lock(), "apply, job j-1", 0s);
  ASSERT_TRUE(held);
  auto const other = take_lock(paths.lock(), "refresh, job j-2", 1ms);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind, ErrorKind::Busy);
  EXPECT_NE(other.error().message.find("apply, job j-1"), std::string::npos);
}

}  // namespace
}  // namespace tykup::executor
