#include "tests/simulation/fleet/fleet_lives.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace tykup::simulation {
namespace {

void add(FleetTally& total, FleetTally const& one) {
  for (auto const& [what, count] : one) total[what] += count;
}

void tell(FleetTally const& total, std::string const& name) {
  std::string text;
  for (auto const& [what, count] : total) text += std::to_string(count) + " " + what + "\n";
  std::fputs(text.c_str(), stdout);
  auto const* folder = std::getenv("TYKUP_TALLIES");
  if (folder != nullptr) std::ofstream(std::string(folder) + "/" + name + ".tally") << text;
}

std::string again(std::uint64_t seed) {
  auto const* test = testing::UnitTest::GetInstance()->current_test_info();
  return "TYKUP_SEED=" + std::to_string(seed) + " build/tests/simulation/fleet/fleet* --gtest_filter='" + test->test_suite_name() + "." + test->name() +
         "'   lives it again";
}

}  // namespace

std::uint64_t number_in_environment(char const* name, std::uint64_t otherwise) {
  char const* const text = std::getenv(name);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string story_of(std::uint64_t seed, FleetSize const& size) {
  FleetLife life(seed, size, true);
  life.live();
  std::string text;
  for (auto const& violation : life.violations())
    text += "seed " + std::to_string(seed) + ": " + violation.invariant + ": " + violation.text + "\n" + life.story(violation);
  return text;
}

bool live_all(FleetSeeds const& seeds, FleetSize const& size, std::string const& name, FleetTally& total) {
  auto const only = number_in_environment("TYKUP_SEED", 0);
  for (auto seed = 1 + seeds.shard; seed <= seeds.last; seed += seeds.shards) {
    if (only != 0 && seed != only) continue;
    FleetLife life(seed, size);
    life.live();
    add(total, life.tally());
    ++total["lives"];
    total["hosts"] += life.hosts();
    if (life.violations().empty()) continue;
    ADD_FAILURE() << story_of(seed, size) << again(seed);
    return false;
  }
  tell(total, name);
  return only == 0;
}

void expect_all_kinds(FleetTally total) {
  for (auto const* what :
       {"fault: daemon killed", "fault: host rebooted", "fault: daemon paused", "fault: partition: requests", "fault: partition: answers",
        "fault: partition: both ways", "fault: reply lost after commit", "fault: request lost", "fault: request or answer very late",
        "fault: watch event delayed", "fault: watch event repeated", "fault: watch cancelled", "fault: compacted", "fault: etcd restarted",
        "fault: etcd restored", "fault: clock off", "fault: late joiner", "fault: leaver", "fault: cloned host", "fault: step failed",
        "fault: rollback failed", "fault: apply interrupted", "fault: put back to an old version", "fault: crash between two commands",
        "fault: version published again with other bytes", "fault: pinned file is gone", "fault: preparation cut short",
        "fault: a host comes while a slot is asked for", "fault: an operator's word at the worst moment",
        "operator: start", "operator: start refused", "operator: pause", "operator: resume", "operator: stop", "operator: rollback",
        "operator: abort", "operator: exclude", "operator: retry", "operator: forget", "operator: release-slot", "operator: promote",
        "operator: resume --after-restore", "operator: freeze", "operator: unfreeze", "operator: on_failure refused", "operator: installed by hand",
        "a host stops the rollout", "rule: go", "rule: wait", "rule: join", "rule: stop", "step", "step back"})
    EXPECT_GT(total[what], 0U) << what;
  for (auto const* what :
       {"reading", "registering", "disputing", "idle", "looking", "blocked", "leasing", "enqueueing", "queued", "head", "taking", "holding",
        "returning", "appearing", "checking", "confirming", "soaking", "completing", "failing", "failed", "releasing", "suspect", "refused"})
    EXPECT_GT(total[std::string("phase: ") + what], 0U) << what;
}

}  // namespace tykup::simulation
