#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/unit/fleet/world.hpp"

namespace tykup::fleet::test {
namespace {

Keys const kKeys{"prod"};
OperatorGate const kGate{"errors", After::Stage, "error-rate", {}, {}};
Stage const kStage{"eu", 1, "gateway", 1, 0};

Rollout running() {
  std::vector<HostRecord> const hosts{host_record("cp", "cp-1", {"mdcb", "dashboard", "gateway"}), host_record("eu-0", "eu", {"gateway"}), host_record("us-0", "us", {"gateway"})};
  auto policy = policy_of_three_centres();
  policy.strategy = Strategy::Canary;
  policy.groups = {"canary"};
  auto rollout = *scheduled(policy, hosts, {{"gateway", "5.8.15"}});
  rollout.state = RolloutState::Running;
  return rollout;
}

/// A host that is registered, has a lease and wants its gateway's slot.
Standing standing_of_eu() {
  Standing standing;
  standing.facts = host_record("eu-0", "eu", {"gateway"});
  standing.memory = {*standing.facts, 7, 20, 1, {}};
  standing.host_revision = 7;
  standing.revision = standing.seen_before = 20;
  standing.meta = {Meta{}, 2, 2};
  standing.rollout = {running(), 9, 9};
  standing.need = need::Wants{"gateway"};
  standing.watches_rollout = standing.watches_gate = true;
  standing.lease = 77;
  standing.asked = 5;
  return standing;
}

phase::Holding holding() {
  auto const record = host_record("eu-0", "eu", {"gateway"});
  return {{{"eu-0", record.identity, kStage, {running(), 9, 9}, 7, 2}, 0, 15}, "r1", false, {}, false, {"eu-0", record.identity, "r1", "gateway", SlotState::InWork, {}, kStart, {}}};
}

std::vector<Phase> phases() {
  decision::Wait const wait{"waiting", {}, {"/tykup/1/prod/done/cp-1/gateway/0", {}}};
  auto last = wait;
  last.is_last = true;
  Failure const failure{"eu-0", "gateway", "it is unhealthy", kStart};
  return {phase::Off{host_record("eu-0", "eu", {"gateway"})}, phase::Reading{}, phase::Registering{{{}, host_record("eu-0", "eu", {"gateway"}), {}, {}, false, kStart}}, phase::Registering{{{}, host_record("eu-0", "eu", {"gateway"}), {}, {}, false, kStart}, true},
          phase::Disputing{}, phase::Idle{}, phase::Looking{kStage, 0}, phase::Blocked{kStage, wait}, phase::Blocked{kStage, last}, phase::Leasing{kStage}, phase::Enqueueing{kStage},
          phase::Queued{kStage, 12, "eu-1"}, phase::Head{kStage, 12, wait}, phase::Taking{kStage, 12, {0, true}}, holding(), phase::Returning{holding()},
          phase::Appearing{holding()}, phase::Checking{holding()}, phase::Confirming{holding(), Point::BeforeDrain, kStart}, phase::Soaking{holding()},
          phase::Completing{holding(), 0, {}, {}, host_record("eu-0", "eu", {"gateway"})}, phase::Failing{holding(), failure}, phase::Failed{holding(), failure}, phase::Releasing{holding()},
          phase::Recording{{"eu-0", "gateway", "5.8.15", "r1", {"alice@eu-0", "a CVE", kStart}}}, phase::Ending{},
          phase::Stopping{{"eu-0", "gateway", "tyk-gateway", "5.8.15", "it is gone", kStart}}, phase::Reviewing{holding()},
          phase::Asking{holding(), {kGate}, {}, false, false}, phase::Asking{holding(), {kGate}, {}, false, true}, phase::Asking{holding(), {kGate}, {}, true, false},
          phase::Refusing{holding(), "7 % fail", {}}, phase::Volunteering{kStage}, phase::Promoting{holding(), false}, phase::Promoting{holding(), true},
          phase::Promoted{holding()}, phase::Suspect{"restored"}, phase::Refused{"another rule", {}}};
}

Sight sight() {
  auto const now = standing_of_eu();
  Sight seen;
  seen.revision = 30;
  seen.meta = now.meta;
  seen.rollout = now.rollout;
  seen.host = {*now.facts, 7, 7};
  seen.policy = {now.rollout->policy, 3, 3};
  seen.pending = seen.previous_done = true;
  seen.left = 3;
  return seen;
}

std::vector<std::pair<std::string, Event>> events() {
  auto shut = sight();
  shut.earlier = {{{"00", "cp-1", "03.0", "cp"}, "gateway"}};
  shut.latest = shut.earlier.front();
  auto restored = sight();
  restored.revision = 4;
  auto other = sight();
  other.host.record->identity.nonce = "another";
  auto second = sight();
  second.queued = 12;
  second.predecessor = "eu-1";
  auto paused = standing_of_eu().rollout;
  paused.record->state = RolloutState::Paused;
  paused.modified = 25;
  auto changed = host_record("eu-0", "eu", {"gateway"});
  changed.next_opening = kStart + std::chrono::hours{1};
  auto without = host_record("eu-0", "eu", {"gateway"});
  without.carried.front().current = true;
  without.carried.front().candidates.clear();
  Grant const grant{"gateway", "r1", 15};
  return {{"started", event::Started{}},
          {"facts-changed", event::FactsFound{changed}},
          {"pinned-file-gone", event::FactsFound{without}},
          {"needs-nothing", event::NeedChanged{need::Nothing{}}},
          {"wants", event::NeedChanged{need::Wants{"gateway"}}},
          {"confirms", event::NeedChanged{need::Confirms{15, Point::BeforeApply}}},
          {"step-completed", event::NeedChanged{need::Ended{grant, true, true, {}}}},
          {"step-failed", event::NeedChanged{need::Ended{grant, false, true, "ill"}}},
          {"step-not-begun", event::NeedChanged{need::Ended{grant, false, false, "window"}}},
          {"looked-open", event::Answered{5, told::Looked{sight()}}},
          {"looked-shut", event::Answered{5, told::Looked{shut}}},
          {"looked-restored", event::Answered{5, told::Looked{restored}}},
          {"looked-other", event::Answered{5, told::Looked{other}}},
          {"registered", event::Answered{5, told::Registered{31, false}}},
          {"enqueued", event::Answered{5, told::Enqueued{sight()}}},
          {"enqueued-behind", event::Answered{5, told::Enqueued{second}}},
          {"taken", event::Answered{5, told::Taken{0, 31, "r1"}}},
          {"settled", event::Answered{5, told::Settled{}}},
          {"completed", event::Answered{5, told::Completed{true, false}}},
          {"completed-with-record", event::Answered{5, told::Completed{true, false, 31}}},
          {"refused", event::Answered{5, told::Refused{shut}}},
          {"refused-open", event::Answered{5, told::Refused{sight()}}},
          {"stale-answer", event::Answered{4, told::Taken{0, 31, "r1"}}},
          {"lost", event::Lost{5, {ErrorKind::RepositoryUnreachable, "no answer", {}}}},
          {"unreadable", event::Unreadable{5, {ErrorKind::OtherVersion, "schema 2", {}}}},
          {"granted", event::Granted{5, 88}},
          {"lease-lost", event::LeaseLost{77}},
          {"rollout-paused", event::RolloutChanged{paused, 25}},
          {"frozen", event::FreezeChanged{{FleetFreeze{kStart + std::chrono::hours{1}, word()}, 26, 26}, 26}},
          {"steering-unreadable", event::SteeringUnreadable{"schema 2"}},
          {"gate-changed", event::GateChanged{31}},
          {"rollout-watch-ended", event::WatchEnded{Watched::Rollout}},
          {"inquired", event::Inquired{5, {}}},
          {"inquired-no", event::Inquired{5, Error{ErrorKind::HookFailed, "7 % fail", {}}}},
          {"inquired-busy", event::Inquired{5, Error{ErrorKind::Busy, "at work", {}}}},
          {"gate-watch-ended", event::WatchEnded{Watched::Gate}}};
}

std::string commands_of(Transition const& transition) {
  std::string text;
  for (auto const& command : transition.commands) {
    auto word = std::string(name_of(command));
    if (auto const* ask = std::get_if<command::Transact>(&command)) word = "ask " + std::string(name_of(ask->ask));
    if (auto const* watch = std::get_if<command::Watch>(&command)) word = watch->which == Watched::Rollout ? "watch rollout" : "watch gate";
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

/// With what tells two of one kind apart.
std::string words_of(Phase const& phase) {
  auto const* asking = std::get_if<phase::Asking>(&phase);
  auto const* promoting = std::get_if<phase::Promoting>(&phase);
  auto const* blocked = std::get_if<phase::Blocked>(&phase);
  bool const waits = (asking != nullptr && asking->waits) || (promoting != nullptr && promoting->waits);
  return std::string(name_of(phase)) + (waits ? " (waits)" : "") + (blocked != nullptr && blocked->wait.is_last ? " (last)" : "") + (asking != nullptr && asking->noted ? " (noted)" : "");
}

std::string table() {
  std::ostringstream out;
  for (auto const& phase : phases()) {
    for (auto const& [name, event] : events()) {
      State before{phase, standing_of_eu()};
      // What is shown already is not shown anew.
      before.standing.shown = step(before, event::Granted{0, 1}, {kKeys, kStart, 1, Duration{0}}).next.standing.shown;
      auto const after = step(before, event, {kKeys, kStart, 1, Duration{0}});
      auto const commands = commands_of(after);
      if (words_of(after.next.phase) == words_of(phase) && commands.empty()) continue;
      out << words_of(phase) << " + " << name << " -> " << words_of(after.next.phase) << (commands.empty() ? "" : " | " + commands) << "\n";
    }
  }
  return out.str();
}

/// After a wanted change: TYKUP_GOLDEN=write, then read the difference.
TEST(FleetTransitions, are_those_in_golden) {
  std::string const path = TYKUP_SOURCE_DIR "/tests/golden/fleet-transitions.txt";
  auto const now = table();
  if (char const* mode = std::getenv("TYKUP_GOLDEN"); mode != nullptr && std::string(mode) == "write") std::ofstream(path) << now;
  std::ifstream file(path);
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(golden.str(), now);
}

/// After a question that was asked when revision 20 had been seen.
Transition told(State state, Sight const& seen) { return step(std::move(state), event::Answered{5, told::Looked{seen}}, {kKeys, kStart, 1, Duration{0}}); }

phase::Holding const* held_in(Phase const& phase) {
  if (auto const* holding = std::get_if<phase::Holding>(&phase)) return holding;
  return std::visit(
      [](auto const& at) -> phase::Holding const* {
        if constexpr (requires { at.holding; }) return &at.holding;
        return nullptr;
      },
      phase);
}

TEST(FleetTransitions, a_slot_is_of_the_rollout_that_it_was_asked_for_in_whichever_is_at_work_when_the_answer_comes) {
  Context const context{kKeys, kStart, 1, Duration{0}};
  for (Phase const& phase : {Phase{phase::Taking{kStage, 12, {0, true}}}, Phase{phase::Volunteering{kStage}}}) {
    State state{phase, standing_of_eu()};
    auto next = *state.standing.rollout;
    next.id = "r2";
    state = step(state, event::RolloutChanged{{next, 25, 25}, 25}, context).next;
    state = step(state, event::Answered{5, told::Taken{0, 24, "r1"}}, context).next;
    auto const* holding = held_in(state.phase);
    ASSERT_NE(holding, nullptr) << name_of(phase);
    EXPECT_EQ(holding->rollout, "r1") << name_of(phase);
    EXPECT_EQ(holding->slot.rollout, "r1") << "what the slot says when the host comes back";
  }
}

TEST(FleetTransitions, an_answer_that_a_watch_overtook_is_no_sign_of_a_restored_etcd) {
  State state{phase::Looking{kStage, 0}, standing_of_eu()};
  auto const& rollout = state.standing.rollout;
  state = step(state, event::RolloutChanged{{*rollout, rollout.created, 25}, 25}, {kKeys, kStart, 1, Duration{0}}).next;
  auto late = sight();
  late.revision = 22;
  auto const after = told(state, late);
  EXPECT_EQ(name_of(after.next.phase), "looking") << "once more, with what it knows by now";
  EXPECT_EQ(after.next.standing.rollout.modified, 25);
  // Its end was heard of while the answer was on its way.
  auto over = *rollout;
  over.state = RolloutState::Done;
  state = step(state, event::RolloutChanged{{over, rollout.created, 26}, 26}, {kKeys, kStart, 1, Duration{0}}).next;
  EXPECT_EQ(name_of(told(state, late).next.phase), "idle");
}

TEST(FleetTransitions, a_rollout_or_freeze_that_is_older_than_the_one_that_was_seen_is_one) {
  auto standing = standing_of_eu();
  standing.rollout.modified = 15;
  auto const after = told({phase::Looking{kStage, 0}, standing}, sight());
  ASSERT_EQ(name_of(after.next.phase), "suspect");
  EXPECT_EQ(status_line(after.next).find("etcd was put back to an earlier state: its rollout is older"), 0U) << status_line(after.next);
  standing = standing_of_eu();
  standing.freeze = {FleetFreeze{std::nullopt, word()}, 12, 12};
  EXPECT_EQ(name_of(told({phase::Looking{kStage, 0}, standing}, sight()).next.phase), "suspect");
}

TEST(FleetTransitions, a_slot_that_a_restored_etcd_has_given_back_is_taken_up) {
  State const state{phase::Looking{kStage, 0}, standing_of_eu()};
  auto seen = sight();
  seen.slots = {{"eu", "gateway", 0, {Slot{"eu-0", state.standing.facts->identity, "r1", "gateway", SlotState::InWork, {}, kStart}, 15, 15}}};
  EXPECT_EQ(name_of(told(state, seen).next.phase), "returning");
  seen.slots.front().slot.record->identity.nonce = "another";
  EXPECT_NE(name_of(told(state, seen).next.phase), "returning");
}

/// A freeze until an hour after kStart, of which the clock said that it was over.
Sight frozen_sight() {
  auto seen = sight();
  seen.freeze = {FleetFreeze{kStart + std::chrono::hours{1}, word()}, 19, 19};
  return seen;
}

TEST(FleetTransitions, a_freeze_whose_end_was_noticed_by_a_wrong_clock_is_noticed_once_more) {
  auto standing = standing_of_eu();
  standing.freeze = frozen_sight().freeze;
  auto const after = told({phase::Looking{kStage, 0}, standing}, frozen_sight());
  EXPECT_EQ(name_of(after.next.phase), "idle");
  ASSERT_TRUE(after.next.standing.wake);
  EXPECT_GE(*after.next.standing.wake, *standing.freeze->until);
}

TEST(FleetTransitions, a_freeze_of_an_etcd_that_is_believed_anew_is_read_anew) {
  auto standing = standing_of_eu();
  standing.freeze = frozen_sight().freeze;
  standing.thaw_at = *standing.freeze->until;
  auto seen = sight();
  seen.meta.record->epoch = 2;
  seen.revision = 4;
  auto const after = told({phase::Reading{}, standing}, seen);
  EXPECT_FALSE(after.next.standing.thaw_at);
  EXPECT_EQ(after.next.standing.shown.frozen, "");
}

TEST(FleetTransitions, spread_what_a_fleet_would_do_in_one_second) {
  std::vector<Duration> waits;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    auto const after = step({phase::Idle{}, standing_of_eu()}, event::WatchEnded{Watched::Rollout}, {kKeys, kStart, seed, Duration{0}});
    waits.push_back(*after.next.standing.read_at - kStart);
  }
  EXPECT_LT(*std::ranges::max_element(waits), kSpread);
  EXPECT_GT(std::ranges::count_if(waits, [](Duration wait) { return wait > kSpread / 2; }), 100);
  EXPECT_GT(std::ranges::count_if(waits, [](Duration wait) { return wait < kSpread / 2; }), 100);
}

TEST(FleetTransitions, a_host_whose_clock_is_off_begins_nothing_and_says_so) {
  auto const off = Duration{std::chrono::seconds{31}};
  auto idle = step({phase::Idle{"x", {}}, standing_of_eu()}, event::NeedChanged{need::Wants{"gateway"}}, {kKeys, kStart, 1, off});
  EXPECT_NE(status_line(idle.next).find("the clock of this host is 31s off"), std::string::npos) << status_line(idle.next);
  auto const asked = step({holding(), standing_of_eu()}, event::NeedChanged{need::Confirms{15, Point::BeforeApply}}, {kKeys, kStart, 1, off});
  ASSERT_TRUE(asked.next.standing.shown.confirmed);
  EXPECT_NE(asked.next.standing.shown.confirmed->refused, "");
}

}  // namespace
}  // namespace tykup::fleet::test
