#include "pkg/executor/job_log.hpp"

#include <gmock/gmock.h>

namespace tykup::executor {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::Not;
using testing::StartsWith;

job::Apply apply(job::Apply::Direction direction) {
  return {{"20261122T020000Z-3f2a9c", "gateway"}, direction, {{"tyk-gateway", "5.8.15", "ab"}}};
}

TEST(JobLog, binds_a_job_to_its_run_and_component) {
  job::Request const request{"20261122T020000Z-3f2a9c.2.gateway.apply", apply(job::Apply::Direction::Upgrade)};
  EXPECT_THAT(begun_fields(request),
              AllOf(Contains("MESSAGE=apply of gateway: tyk-gateway 5.8.15 begins"), Contains("TYKUP_RUN=20261122T020000Z-3f2a9c"),
                    Contains("TYKUP_COMPONENT=gateway"), Contains("TYKUP_JOB=20261122T020000Z-3f2a9c.2.gateway.apply"),
                    Contains("TYKUP_OPERATION=apply"), Contains("TYKUP_EVENT=job-begun"), Contains("PRIORITY=6"),
                    Contains("MESSAGE_ID=" + std::string(kJobBegun))));
}

TEST(JobLog, goes_by_the_run_of_the_job_and_not_by_the_record_that_it_uses) {
  job::Request const request{"20261123T090000Z-rollback.1.gateway.rollback", apply(job::Apply::Direction::Rollback)};
  auto const fields = begun_fields(request);
  EXPECT_THAT(fields, Contains("TYKUP_RUN=20261123T090000Z-rollback"));
  EXPECT_THAT(fields, Contains("MESSAGE=apply, back, of gateway: tyk-gateway 5.8.15 begins"));
}

TEST(JobLog, says_what_came_of_it) {
  job::Request const request{"20261122T020000Z-3f2a9c.2.gateway.restart", job::Restart{{"20261122T020000Z-3f2a9c", "gateway"}}};
  EXPECT_THAT(ended_fields(request, job::Outcome{job::Restarted{}}, 2400ms),
              AllOf(Contains("MESSAGE=restart of gateway is done after 2s"), Contains("PRIORITY=6"), Not(Contains(StartsWith("TYKUP_REASON")))));
  Result<job::Outcome> const failed = fail(ErrorKind::UnitFailed, "it has no main process");
  EXPECT_THAT(ended_fields(request, failed, 10s),
              AllOf(Contains("MESSAGE=restart of gateway failed after 10s: it has no main process (unit_failed)"), Contains("PRIORITY=4"),
                    Contains("TYKUP_REASON=unit_failed"), Contains("TYKUP_EVENT=job-ended")));
}

TEST(JobLog, of_no_run_names_none) {
  job::Request const request{"refresh-1764120000000000", job::Refresh{}};
  EXPECT_THAT(begun_fields(request), AllOf(Contains("MESSAGE=refresh begins"), Not(Contains(StartsWith("TYKUP_RUN"))),
                                           Not(Contains(StartsWith("TYKUP_COMPONENT")))));
  job::Request const download{"download-1-17", job::Download{"pump", {{"tyk-pump", "1.16.0", "cd"}}}};
  EXPECT_THAT(begun_fields(download), AllOf(Contains("TYKUP_COMPONENT=pump"), Contains("MESSAGE=download of pump: tyk-pump 1.16.0 begins")));
}

TEST(JobLog, a_mere_look_at_the_host_is_told_only_within_a_run) {
  EXPECT_FALSE(is_told({"inspect-17", job::Inspect{}}));
  EXPECT_TRUE(is_told({"r1.1.gateway.preflight", job::Inspect{}}));
  EXPECT_TRUE(is_told({"refresh-17", job::Refresh{}}));
}

}  // namespace
}  // namespace tykup::executor
