#include "daemon/core/job_id.hpp"

#include <gtest/gtest.h>

namespace tykup::job {
namespace {

TEST(JobId, tells_the_place_that_it_was_made_for_whatever_follows) {
  Place const place{"20261122T020000Z-3f2a9c", "identity-broker"};
  auto const id = id_in_run(place, 1, "rollback");
  EXPECT_EQ(id, "20261122T020000Z-3f2a9c.2.identity-broker.rollback");
  for (auto const* more : {"", ".2", ".2.wait1"}) EXPECT_EQ(place_of(id + more), place) << more;
}

TEST(JobId, of_no_run_has_no_place) {
  for (auto const* id : {"", "refresh-1764120000000000", "check-plugin-17", "one.two", "one.two.three"}) EXPECT_EQ(place_of(id), Place{}) << id;
}

}  // namespace
}  // namespace tykup::job
