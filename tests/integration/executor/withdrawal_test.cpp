#include <gmock/gmock.h>

#include "pkg/executor/backup.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/landing.hpp"
#include "pkg/executor/restart.hpp"
#include "tests/integration/executor/scratch.hpp"

/// A step of long ago is taken back.
namespace tykup::executor {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

/// The Gateway was upgraded in run-1; now run-2 is to take that back.
class Withdrawal : public GatewayHost {
 protected:
  void SetUp() override {
    ASSERT_TRUE(back_up(context(), {step}));
    ASSERT_TRUE(apply(context(), {step, job::Apply::Direction::Upgrade, {kNew}}));
    ASSERT_TRUE(restart(context(), step));
  }
  Result<job::Applied> roll_back() { return apply(context(), {step, job::Apply::Direction::Rollback, {kOld}}); }
  Result<job::BackedUp> prepare() { return back_up(context(), {{"run-2", "gateway"}, "run-1"}); }
};

TEST_F(Withdrawal, goes_by_the_record_of_its_run_with_todays_configuration_saved_beside) {
  write("/opt/tyk-gateway/tyk.conf", "for the new version");
  ASSERT_TRUE(prepare());
  EXPECT_TRUE(exists(paths.backups() + "/run-2/gateway.tar.zst"));
  ASSERT_TRUE(roll_back());
  ASSERT_TRUE(restore(context(), step));
  EXPECT_NE(read("/opt/tyk-gateway/tyk.conf"), "for the new version");
  EXPECT_TRUE(restart(context(), step)->was_running);
}

TEST_F(Withdrawal, keeps_both_backups_whatever_the_configuration_keeps) {
  config.backup.keep = 1;
  ASSERT_TRUE(prepare());
  EXPECT_TRUE(exists(paths.backups() + "/run-1/gateway.tar.zst"));
  EXPECT_TRUE(exists(paths.backups() + "/run-2/gateway.tar.zst"));
}

TEST_F(Withdrawal, leaves_a_service_stopped_that_somebody_stopped_since) {
  ASSERT_TRUE(units.run(Units::Verb::Stop, "tyk-gateway.service", {}));
  ASSERT_TRUE(prepare());
  ASSERT_TRUE(roll_back());
  auto const done = restart(context(), step);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_FALSE(done->was_running);
  EXPECT_EQ(units.unit("tyk-gateway.service")->facts.active_state, "inactive");
}

TEST_F(Withdrawal, starts_a_service_again_that_failed_since) {
  auto& facts = units.at("tyk-gateway.service").unit.facts;
  facts.active_state = "failed";
  facts.main_pid = 0;
  ASSERT_TRUE(prepare());
  ASSERT_TRUE(roll_back());
  auto const done = restart(context(), step);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_TRUE(done->was_running);
  EXPECT_EQ(units.unit("tyk-gateway.service")->facts.active_state, "active");
}

TEST_F(Withdrawal, does_not_blame_it_for_services_that_stopped_since_the_run) {
  ASSERT_TRUE(units.run(Units::Verb::Stop, "redis.service", {}));
  ASSERT_TRUE(prepare());
  ASSERT_TRUE(roll_back());
  auto const done = restart(context(), step);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(done->notes, testing::IsEmpty());
}

TEST_F(Withdrawal, without_the_record_writes_nothing) {
  fs::remove_all(paths.steps() + "/run-1");
  auto const done = prepare();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::NotFound);
  EXPECT_THAT(done.error().message, HasSubstr("from before run run-1 is not kept any more ([backup] keep)"));
  EXPECT_FALSE(exists(paths.backups() + "/run-2"));
}

}  // namespace
}  // namespace tykup::executor
