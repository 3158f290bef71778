#include "daemon/core/silence.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tykup {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Silence of_an_apply() { return {job::Apply{{"run-1", "gateway"}, job::Apply::Direction::Upgrade, {}}, 10min, 1h}; }

TEST(Silence, is_reported_once_and_then_after_twice_the_time) {
  auto silence = of_an_apply();
  EXPECT_EQ(silence.due(), Duration{1h + 10min});
  EXPECT_FALSE(silence.is_long());
  EXPECT_EQ(silence.report(1h + 12min), "apply of gateway has been at work without a word for 12min; nothing is killed; "
                                        "`systemctl status 'tykup-executor@*'` shows its processes.");
  EXPECT_TRUE(silence.is_long());
  EXPECT_EQ(silence.due(), Duration{1h + 20min});
  (void)silence.report(1h + 20min);
  EXPECT_EQ(silence.due(), Duration{1h + 40min});
}

TEST(Silence, names_where_the_job_stands) {
  auto silence = of_an_apply();
  silence.broken({"configure", 80, "tyk-gateway"}, 1h + 1min);
  EXPECT_THAT(silence.text(1h + 13min), HasSubstr("apply of gateway has been at configure for 12min;"));
}

TEST(Silence, begins_anew_with_every_word_that_is_new) {
  auto silence = of_an_apply();
  (void)silence.report(1h + 10min);
  silence.broken({"configure", 80, ""}, 1h + 15min);
  EXPECT_FALSE(silence.is_long());
  EXPECT_EQ(silence.due(), Duration{1h + 25min});
  silence.broken({"configure", 80, ""}, 1h + 20min);
  EXPECT_EQ(silence.due(), Duration{1h + 25min}) << "the same once more is no progress";
  silence.broken({"configure", 81, ""}, 1h + 20min);
  EXPECT_EQ(silence.due(), Duration{1h + 30min});
}

TEST(Silence, of_jobs_without_a_component_names_the_job) {
  EXPECT_THAT(Silence(job::Recover{}, 1min, 0s).text(2min), testing::StartsWith("recover has been"));
  EXPECT_THAT(Silence(job::Download{"pump", {}}, 1min, 0s).text(2min), testing::StartsWith("download of pump has been"));
}

}  // namespace
}  // namespace tykup
