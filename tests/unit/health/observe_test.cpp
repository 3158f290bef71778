#include "tests/unit/health/world.hpp"

namespace tykup {
namespace {

using namespace test;
using testing::HasSubstr;

/// A gate of 60 s with 15 s to settle, looked at by the seconds since its start.
struct Gate {
  HealthExpectation expected = expect("gateway", "5.8.15");
  HealthConfig config{60s, 15s};
  GateState state{kRestart};
  std::string reason;

  std::string look(std::chrono::seconds at, Sighting seen) {
    seen.at = kRestart + at;
    auto const result = observe(state, expected, seen, config);
    state = result.next;
    reason = result.reason;
    switch (result.kind) {
      case GateResult::Kind::Watching:
        return "watching";
      case GateResult::Kind::Passed:
        return "passed";
      case GateResult::Kind::Failed:
        break;
    }
    return "failed";
  }
  std::string healthy(std::chrono::seconds at) { return look(at, gateway_up("5.8.15")); }
  std::string wrong(std::chrono::seconds at) { return look(at, gateway_up("5.8.14")); }
};

TEST(HealthGate, PassesWhenHealthyForTheTimeToSettle) {
  Gate gate;
  EXPECT_EQ(gate.wrong(0s), "watching");
  EXPECT_EQ(gate.healthy(10s), "watching");
  EXPECT_EQ(gate.healthy(24s), "watching");
  EXPECT_EQ(gate.healthy(25s), "passed");
}

TEST(HealthGate, PassesAtOnceWithoutATimeToSettle) {
  Gate gate;
  gate.config.settle = 0s;
  EXPECT_EQ(gate.healthy(1s), "passed");
}

TEST(HealthGate, CountsFromTheLastBreak) {
  Gate gate;
  EXPECT_EQ(gate.healthy(0s), "watching");
  EXPECT_EQ(gate.wrong(14s), "watching");
  EXPECT_EQ(gate.healthy(15s), "watching");
  EXPECT_EQ(gate.healthy(29s), "watching");
  EXPECT_EQ(gate.healthy(30s), "passed");
}

TEST(HealthGate, FailsAtItsTimeoutAndSaysWhatIsMissing) {
  Gate gate;
  EXPECT_EQ(gate.wrong(59s), "watching");
  EXPECT_EQ(gate.wrong(60s), "failed");
  EXPECT_EQ(gate.reason, "not healthy within 1min: http://127.0.0.1:8080/hello answers as 5.8.14, not 5.8.15");
  EXPECT_FALSE(gate.state.last.only_dependencies);
}

TEST(HealthGate, FailsWhenItWasHealthyTooLate) {
  Gate gate;
  EXPECT_EQ(gate.healthy(46s), "watching");
  EXPECT_EQ(gate.healthy(60s), "failed");
  EXPECT_THAT(gate.reason, HasSubstr("for less than the 15s"));
}

TEST(HealthGate, PassesWhenALateLookFindsThatItSettledInTime) {
  Gate gate;
  EXPECT_EQ(gate.healthy(45s), "watching");
  EXPECT_EQ(gate.healthy(90s), "passed");
}

TEST(HealthGate, TellsWhenOnlyADependencyFails) {
  Gate gate;
  auto seen = gateway_up("5.8.15");
  seen.answers[0].fields["details.redis.status"] = "fail";
  EXPECT_EQ(gate.look(60s, seen), "failed");
  EXPECT_TRUE(gate.state.last.only_dependencies);
}

TEST(HealthGate, FailsAtOnceOnWhatNoWaitingMends) {
  Gate gate;
  auto seen = gateway_up("5.8.15");
  seen.journal = {"Could not load Go-plugin"};
  EXPECT_EQ(gate.look(1s, seen), "failed");
  EXPECT_THAT(gate.reason, HasSubstr("Could not load Go-plugin"));
}

Sighting restarted(std::uint32_t times, std::uint32_t pid) {
  auto seen = gateway_up("5.8.15");
  seen.unit.restarts = times;
  seen.unit.main_pid = pid;
  return seen;
}

TEST(HealthGate, FailsOnARestartLoop) {
  Gate gate;
  EXPECT_EQ(gate.look(0s, restarted(0, 100)), "watching");
  EXPECT_EQ(gate.look(5s, restarted(1, 101)), "watching");
  EXPECT_EQ(gate.look(10s, restarted(2, 102)), "failed");
  EXPECT_THAT(gate.reason, HasSubstr("was started again 2 times by systemd"));
  Gate late;
  EXPECT_EQ(late.look(0s, restarted(3, 104)), "failed") << "systemd counts anew from our restart on";
}

TEST(HealthGate, SettlesAnewForANewProcess) {
  Gate gate;
  EXPECT_EQ(gate.look(0s, restarted(0, 100)), "watching");
  EXPECT_EQ(gate.look(10s, restarted(1, 101)), "watching");
  EXPECT_EQ(gate.look(20s, restarted(1, 101)), "watching");
  EXPECT_EQ(gate.look(25s, restarted(1, 101)), "passed");
}

TEST(BaselineGate, DoesNotHoldOldRestartsAgainstAService) {
  Gate gate;
  gate.expected.version = "";
  gate.expected.restarted = {};
  EXPECT_EQ(gate.look(0s, restarted(7, 100)), "watching");
  EXPECT_EQ(gate.look(15s, restarted(7, 100)), "passed");
  Gate loop;
  loop.expected.version = "";
  loop.expected.restarted = {};
  EXPECT_EQ(loop.look(0s, restarted(7, 100)), "watching");
  EXPECT_EQ(loop.look(5s, restarted(9, 102)), "failed");
}

TEST(HealthGate, ForgetsPassingTroubleOnceNothingNewIsSaidOfIt) {
  Gate gate;
  auto const line = std::string("Failed to register node, retrying in 5s");
  auto seen = gateway_up("5.8.15");
  seen.journal = {line};
  EXPECT_EQ(gate.look(0s, seen), "watching");
  EXPECT_FALSE(gate.state.healthy_since);
  EXPECT_EQ(gate.look(1s, seen), "watching");
  EXPECT_TRUE(gate.state.healthy_since);
  seen.journal = {line, "x", line};
  EXPECT_EQ(gate.look(15s, seen), "watching");
  EXPECT_FALSE(gate.state.healthy_since) << "said again";
  EXPECT_EQ(gate.look(16s, seen), "watching");
  EXPECT_EQ(gate.look(31s, seen), "passed");
}

TEST(HealthGate, OfWhatWasStoppedPassesAtOnce) {
  Gate gate;
  gate.expected.expect_running = false;
  EXPECT_EQ(gate.look(0s, Sighting{}), "passed");
}

}  // namespace
}  // namespace tykup
