#include <gtest/gtest.h>

#include "tests/bench/fleet_parts/scene.hpp"

namespace tykup::bench {
namespace {

using namespace std::chrono_literals;

std::string text_of(std::vector<std::string> const& troubles) {
  std::string text;
  for (auto const& trouble : troubles) text += trouble + "\n";
  return text;
}

/// What tests/bench/fleet measures, small and quick: that it goes, and costs nothing out of the ordinary.
TEST(AFleetAtARealEtcd, of_ten_hosts_comes_to_the_end_of_its_rollout) {
  Trial trial;
  trial.hosts = 10;
  trial.step = 200ms;
  trial.bcrypt_cost = "4";
  trial.renewal_spread = 200ms;
  Scene scene(trial);
  auto const figures = scene.live();
  EXPECT_EQ(figures.steps, 30U);
  EXPECT_TRUE(figures.kept_the_limits);
  EXPECT_TRUE(figures.troubles.empty()) << text_of(figures.troubles);
  // No reading without the tokens that had gone stale.
  EXPECT_GE(figures.rollout.calls.at("Authenticate"), 10);
  EXPECT_LE(figures.rollout.all_calls(), 30 * 25);
  EXPECT_GE(figures.rollout.events, 30);
  EXPECT_LE(figures.rollout.events, 30 * 8);
}

TEST(CountersOfEtcd, are_read_off_its_page) {
  auto const counters = parse_counters("# HELP grpc_server_started_total Total number of RPCs started on the server.\n"
                                       "grpc_server_started_total{grpc_method=\"Txn\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 12\n"
                                       "grpc_server_started_total{grpc_method=\"Watch\",grpc_service=\"etcdserverpb.Watch\",grpc_type=\"bidi_stream\"} 3\n"
                                       "grpc_server_handled_total{grpc_method=\"Txn\"} 99\n"
                                       "etcd_debugging_mvcc_events_total 7\netcd_debugging_mvcc_events_total_more 8\n");
  EXPECT_EQ(counters.all_calls(), 15);
  EXPECT_EQ(counters.calls.at("Txn"), 12);
  EXPECT_EQ(counters.events, 7);
  auto const later = parse_counters("grpc_server_started_total{grpc_method=\"Txn\"} 20\netcd_debugging_mvcc_events_total 10\n");
  EXPECT_EQ((later - parse_counters("grpc_server_started_total{grpc_method=\"Txn\"} 12\netcd_debugging_mvcc_events_total 7\n")).all_calls(), 8);
  EXPECT_EQ((later - parse_counters("etcd_debugging_mvcc_events_total 7\n")).events, 3);
}

TEST(UtilisationOfSlots, is_of_those_that_could_be_busy_after_the_first_host) {
  using Steady = Utilisation::Steady;
  Steady::time_point const begin{};
  std::vector<HostPlace> const three{{"a", "eu", {"gateway"}}, {"b", "eu", {"gateway"}}, {"c", "eu", {"gateway"}}};
  Utilisation one(three, {2, false});
  one.begins("eu", "gateway", begin);
  one.ends("eu", "gateway", begin + 10s);  // alone; nothing of it counts
  one.begins("eu", "gateway", begin + 10s);
  one.begins("eu", "gateway", begin + 15s);
  one.ends("eu", "gateway", begin + 20s);
  one.ends("eu", "gateway", begin + 25s);
  // 5 s one of two, 5 s two of two, 5 s the only one that is left.
  EXPECT_DOUBLE_EQ(one.busy(), 20.0 / 25.0);
  EXPECT_EQ(one.steps_done(), 3U);
  EXPECT_TRUE(one.kept_the_limits());
  Utilisation broken(three, {2, false});
  broken.begins("eu", "gateway", begin);
  broken.begins("eu", "gateway", begin);  // before the first one is past its step
  EXPECT_FALSE(broken.kept_the_limits());
}

}  // namespace
}  // namespace tykup::bench
