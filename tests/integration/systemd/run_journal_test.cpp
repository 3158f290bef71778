#include "systemd/client/run_journal.hpp"

#include <gmock/gmock.h>

#include "tests/integration/systemd/written_journal.hpp"

namespace tykup::systemd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char const* kRun = "20261122T020000Z-3f2a9c";
std::string const kFirst(32, 'a');
std::string const kSecond(32, 'b');

class JournalOfARun : public WrittenJournal {
 protected:
  Instant at(int seconds) { return Instant{std::chrono::seconds{1'700'000'000 + seconds}}; }
  void daemon(int second, std::string const& text, std::string const& run = kRun, std::string const& unit = "tykupd.service") {
    entry(at(second), {"MESSAGE=" + text, "_SYSTEMD_UNIT=" + unit, "SYSLOG_IDENTIFIER=tykupd", "PRIORITY=5", "TYKUP_RUN=" + run,
                       "TYKUP_EVENT=step-started", "TYKUP_STEP=1/2", "TYKUP_COMPONENT=gateway"});
  }
  void executor(int second, std::string const& invocation, std::string const& text, std::string const& run) {
    auto const unit = "_SYSTEMD_UNIT=tykup-executor@7-12-990.service";
    if (run.empty())
      entry(at(second), {"MESSAGE=" + text, unit, "_SYSTEMD_INVOCATION_ID=" + invocation, "SYSLOG_IDENTIFIER=tykup-executor"});
    else
      entry(at(second), {"MESSAGE=" + text, unit, "_SYSTEMD_INVOCATION_ID=" + invocation, "SYSLOG_IDENTIFIER=tykup-executor",
                         "TYKUP_RUN=" + run, "TYKUP_JOB=" + run + ".1.gateway.apply", "TYKUP_EVENT=job-begun"});
  }
  std::vector<std::string> lines(std::string const& run = kRun) {
    write();
    auto const entries = RunJournal(folder.path()).of_run(run);
    EXPECT_TRUE(entries) << entries.error().message;
    std::vector<std::string> texts;
    for (auto const& one : entries.value_or(std::vector<cli::LogEntry>{})) texts.push_back(one.message);
    return texts;
  }
};

TEST_F(JournalOfARun, has_daemon_executor_and_what_its_programs_wrote_in_their_order) {
  daemon(0, "begins");
  executor(1, kFirst, "apply begins", kRun);
  executor(2, kFirst, "Unpacking tyk-gateway", "");
  daemon(3, "restarted");
  EXPECT_THAT(lines(), ElementsAre("begins", "apply begins", "Unpacking tyk-gateway", "restarted"));
}

TEST_F(JournalOfARun, leaves_out_other_runs_and_jobs_of_none) {
  daemon(0, "ours");
  daemon(1, "another", "20261129T020000Z-000000");
  executor(2, kFirst, "refresh", "");
  executor(3, kSecond, "of another run", "20261129T020000Z-000000");
  EXPECT_THAT(lines(), ElementsAre("ours"));
}

TEST_F(JournalOfARun, believes_nobody_else_who_claims_the_run) {
  daemon(0, "ours");
  daemon(1, "a stranger's", kRun, "user@1000.service");
  EXPECT_THAT(lines(), ElementsAre("ours"));
}

TEST_F(JournalOfARun, carries_the_fields) {
  daemon(5, "begins");
  write();
  auto const entries = RunJournal(folder.path()).of_run(kRun);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 1U);
  auto const& one = entries->front();
  EXPECT_EQ(one.at, at(5));
  EXPECT_EQ(one.priority, 5);
  EXPECT_EQ(one.source + " " + one.event + " " + one.step + " " + one.component, "tykupd step-started 1/2 gateway");
  EXPECT_EQ(one.job + one.from, "");
}

TEST_F(JournalOfARun, of_no_run_is_empty_and_no_error) {
  daemon(0, "ours");
  EXPECT_THAT(lines("20270101T000000Z-ffffff"), IsEmpty());
  EXPECT_FALSE(RunJournal("/nonexistent").of_run(kRun));
}

}  // namespace
}  // namespace tykup::systemd
