#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/fleet/check.hpp"
#include "daemon/core/fleet/order.hpp"
#include "daemon/core/fleet/rule.hpp"
#include "daemon/core/fleet/steering.hpp"
#include "daemon/wire/fleet_json.hpp"
#include "tests/unit/fleet/world.hpp"

namespace tykup::fleet::test {
namespace {

using testing::HasSubstr;

Keys const kKeys{"prod"};

Rollout running() {
  auto policy = policy_of_three_centres();
  std::vector<HostRecord> const hosts{host_record("cp", "cp-1", {"mdcb", "dashboard", "gateway"}), host_record("eu-0", "eu", {"pump", "gateway"}),
                                      host_record("eu-1", "eu", {"pump", "gateway"}), host_record("us-0", "us", {"gateway"})};
  auto rollout = *scheduled(policy, hosts, {{"gateway", "5.8.15"}, {"pump", "5.8.15"}, {"mdcb", "5.8.15"}});
  rollout.state = RolloutState::Running;
  return rollout;
}
Stage const kGateway{"eu", 1, "gateway", 1, 0};

Sight open_gate() {
  Sight sight;
  sight.rollout = {running(), 5, 5};
  sight.pending = sight.begun = true;
  return sight;
}
HeldSlot held(std::string const& host, unsigned k, SlotState state = SlotState::InWork) {
  return {"eu", "gateway", k, {Slot{host, {"m", "n"}, "r1", "gateway", state, {}, kStart}, 7, 7}};
}
std::string text_of(Decision const& decision) {
  if (auto const* go = std::get_if<decision::Go>(&decision)) return "go " + std::to_string(go->k) + (go->first ? " first" : "");
  if (auto const* wait = std::get_if<decision::Wait>(&decision)) return "wait: " + wait->text + " @" + wait->watch.begin;
  if (auto const* stop = std::get_if<decision::Stop>(&decision)) return "stop: " + stop->text;
  return "join";
}

struct Judged {
  char const* name;
  std::function<void(Sight&)> change;
  char const* says;
};

TEST(FleetRule, says_go_or_for_whom_to_wait_or_why_nothing_starts) {
  std::vector<Judged> const cases{
      {"open", [](Sight&) {}, "go 0"},
      {"first of its stage", [](Sight& s) { s.begun = false; }, "go 0 first"},
      {"not the first", [](Sight& s) { s.begun = false; s.slots = {held("eu-1", 0)}; s.live = {"eu-1"}; }, "wait: the stage's first host is at work: eu-1 @/tykup/1/prod/slot/eu/gateway/"},
      {"full", [](Sight& s) { s.slots = {held("eu-1", 0)}; s.live = {"eu-1"}; }, "wait: all 1 slots are held: eu-1 @/tykup/1/prod/slot/eu/gateway/"},
      {"failed slot", [](Sight& s) { s.slots = {held("eu-1", 0, SlotState::Failed)}; }, "eu-1 (failed)"},
      {"absent holder", [](Sight& s) { s.slots = {held("eu-1", 0)}; }, "wait: eu-1 holds a slot of gateway in eu and is not there"},
      {"no rollout", [](Sight& s) { s.rollout = {}; }, "stop: no rollout is at work"},
      {"preparing", [](Sight& s) { s.rollout.record->state = RolloutState::Preparing; }, "being prepared"},
      {"paused", [](Sight& s) { s.rollout.record->state = RolloutState::Paused; }, "is paused"},
      {"stopped", [](Sight& s) { s.rollout.record->state = RolloutState::Stopped; }, "is stopped"},
      {"aborted", [](Sight& s) { s.rollout.record->state = RolloutState::Aborted; }, "stop: no rollout is at work"},
      {"another rule", [](Sight& s) { s.rollout.record->rule = 2; }, "is of rule 2, this tykup has rule 1"},
      {"excluded", [](Sight& s) { s.rollout.record->excluded = {{"eu-0", word()}}; }, "this host is excluded"},
      {"failed here", [](Sight& s) { s.rollout.record->failures = {{"eu-0", "gateway", "ill", kStart}}; s.rollout.record->policy.max_failed = 3; }, "stop: gateway failed here: ill"},
      {"max_failed", [](Sight& s) { s.rollout.record->failures = {{"us-0", "gateway", "ill", kStart}}; }, "stop: max_failed is reached"},
      {"not in the books", [](Sight& s) { s.pending = false; }, "join"},
      {"earlier", [](Sight& s) { s.earlier = {{{"00", "cp-1", "00.0", "cp"}, "mdcb"}}; s.latest = s.earlier[0]; }, "wait: waiting for cp (mdcb) in earlier stages @/tykup/1/prod/done/cp-1/mdcb/0"},
      {"frozen", [](Sight& s) { s.freeze = {FleetFreeze{kStart + std::chrono::hours{1}, {"alice", "year end", kStart}}, 6, 6}; }, "stop: frozen until 2025-12-18T01:00:00Z by alice: year end"},
      {"frozen for no reason", [](Sight& s) { s.freeze = {FleetFreeze{kStart + std::chrono::hours{1}, {"alice", {}, kStart}}, 6, 6}; }, "by alice"},
      {"a freeze that is over", [](Sight& s) { s.freeze = {FleetFreeze{kStart, {"alice", {}, kStart}}, 6, 6}; }, "go 0"},
      {"a freeze that was lifted", [](Sight& s) { s.freeze = {FleetFreeze{{}, {"alice", {}, kStart}}, 6, 6}; }, "go 0"},
      {"paused and frozen", [](Sight& s) { s.freeze = {FleetFreeze{kStart + std::chrono::hours{1}, {"alice", {}, kStart}}, 6, 6}; s.rollout.record->state = RolloutState::Paused; }, "is paused"},
      {"unready", [](Sight& s) { s.unready = {"eu-1"}; }, "@/tykup/1/prod/ready/eu"},
  };
  for (auto const& one : cases) {
    auto sight = open_gate();
    one.change(sight);
    EXPECT_THAT(text_of(decide(sight, {"eu-0", kGateway, kStart}, kKeys)), HasSubstr(one.says)) << one.name;
  }
}

TEST(FleetRule, knows_a_wait_whose_end_opens_the_gate) {
  Blocker const own{{"01", "eu", "00.0", "eu-1"}, "pump"};
  Blocker const other{{"00", "cp-1", "00.0", "cp"}, "mdcb"};
  struct Row {
    char const* name;
    std::function<void(Sight&)> change;
    bool is_last;
  };
  for (auto const& [name, change, is_last] : std::vector<Row>{
           {"the component before in the own centre", [&](Sight& s) { s.earlier = {own}; s.latest = own; }, true},
           {"others before that one", [&](Sight& s) { s.earlier = {other, own}; s.latest = own; }, true},
           {"another centre, which may not be the only one", [&](Sight& s) { s.earlier = {other}; s.latest = other; }, false},
           {"packages are not there", [&](Sight& s) { s.earlier = {own}; s.latest = own; s.unready = {"eu-1"}; }, false}}) {
    auto sight = open_gate();
    change(sight);
    auto const shut = gate(sight, {"eu-0", kGateway, kStart}, kKeys);
    ASSERT_TRUE(shut && std::holds_alternative<decision::Wait>(*shut)) << name;
    EXPECT_EQ(std::get<decision::Wait>(*shut).is_last, is_last) << name;
  }
}

TEST(FleetRule, of_a_phase_that_has_to_be_proven_a_wait_for_the_one_before_is_not_the_last) {
  auto sight = open_gate();
  sight.rollout.record->policy.strategy = Strategy::Canary;
  Stage second = kGateway;
  second.phase = 1;
  sight.rollout.record->stages.push_back({kGateway, 1, 1});
  sight.earlier = {{{"01", "eu", "01.0", "eu-1"}, "gateway"}};
  sight.latest = sight.earlier.front();
  auto const shut = gate(sight, {"eu-0", second, kStart}, kKeys);
  ASSERT_TRUE(shut && std::holds_alternative<decision::Wait>(*shut));
  EXPECT_FALSE(std::get<decision::Wait>(*shut).is_last);
}

TEST(FleetRule, never_lets_more_slots_be_held_than_the_limit_whatever_their_numbers) {
  struct Row {
    std::vector<unsigned> held;
    unsigned limit;
    std::optional<unsigned> k;
  };
  for (auto const& [taken, limit, k] : std::vector<Row>{{{}, 1, 0U}, {{0}, 1, {}}, {{0}, 2, 1U}, {{1}, 2, 0U}, {{0, 2}, 3, 1U}, {{5}, 1, {}},
                                                        {{2, 5}, 3, 0U}, {{0, 5}, 2, {}}, {{5, 6, 7}, 3, {}}, {{0, 1, 2}, 3, {}}, {{}, 0, {}}})
    EXPECT_EQ(free_slot(taken, limit), k) << taken.size() << " of " << limit;
  for (unsigned mask = 0; mask < 256; ++mask) {
    for (unsigned limit = 1; limit <= 6; ++limit) {
      std::vector<unsigned> slots;
      for (unsigned k = 0; k < 8; ++k)
        if ((mask >> k & 1U) != 0) slots.push_back(k);
      while (auto const k = free_slot(slots, limit)) {
        slots.push_back(*k);
        ASSERT_LE(slots.size(), limit);
      }
    }
  }
}

TEST(FleetOrder, a_limit_is_a_number_or_a_percentage_rounded_down_and_at_least_one) {
  EXPECT_EQ(limit_of(Limit{2, false}, 100), 2U);
  EXPECT_EQ(limit_of(Limit{25, true}, 7), 1U);
  EXPECT_EQ(limit_of(Limit{25, true}, 8), 2U);
  EXPECT_EQ(limit_of(Limit{1, true}, 3), 1U);
  EXPECT_EQ(limit_of(Limit{100, true}, 5), 5U);
}

TEST(FleetOrder, phases_stand_inside_the_order_of_components) {
  auto policy = policy_of_three_centres();
  policy.strategy = Strategy::BlueGreen;
  policy.groups = {"blue", "green"};
  auto const step = [&](char const* component, char const* group, Direction direction) {
    return place_of(*stage_of(policy, "cp-1", component, group), direction, "h").step;
  };
  EXPECT_EQ(step("mdcb", "green", Direction::Forwards), "00.1");
  EXPECT_EQ(step("gateway", "blue", Direction::Forwards), "03.0");
  EXPECT_EQ(step("gateway", "unknown", Direction::Forwards), "03.1");
  EXPECT_LT(step("gateway", "green", Direction::Back), step("mdcb", "blue", Direction::Back));
  EXPECT_FALSE(stage_of(policy, "eu", "mdcb", ""));
  EXPECT_FALSE(stage_of(policy, "eu2", "gateway", ""));
}

TEST(FleetOrder, newer_on_the_pinned_line_is_ahead_and_beyond_it_is_no_way_back) {
  struct Row {
    char const* installed;
    Direction direction;
    Progress progress;
  };
  Pin const pin{"gateway", "5.8.15", {build("gateway", "5.8.15")}};
  for (auto const& [installed, direction, progress] : std::vector<Row>{{"5.8.14", Direction::Forwards, Progress::Behind}, {"5.8.15", Direction::Forwards, Progress::At},
        {"5.8.16", Direction::Forwards, Progress::Ahead}, {"5.9.0", Direction::Forwards, Progress::Beyond}, {"5.8.16", Direction::Back, Progress::Behind},
        {"5.9.0", Direction::Back, Progress::Behind}, {"5.8.14", Direction::Back, Progress::Ahead}})
    EXPECT_EQ(progress_of({"gateway", {build("gateway", installed)}, {}, {}}, pin, direction), progress) << installed;
  auto republished = build("gateway", "5.8.15");
  republished.sha256 = "other bytes";
  EXPECT_EQ(progress_of({"gateway", {republished}, {}, {}}, pin, Direction::Forwards), Progress::Behind);
}

TEST(FleetRollout, copies_the_numbers_of_its_moment) {
  auto const rollout = running();
  std::vector<std::string> stages;
  for (auto const& [stage, members, limit] : rollout.stages)
    stages.push_back(stage.datacenter + " " + stage.component + " " + std::to_string(members) + "/" + std::to_string(limit));
  EXPECT_THAT(stages, testing::ElementsAre("cp-1 mdcb 1/1", "cp-1 gateway 1/1", "eu pump 2/1", "eu gateway 2/1", "us gateway 1/1"));
}

/// A gateway that is behind and was offered the pin; its present record lacks what the row takes away.
struct Offer {
  char const* name;
  std::function<void(HostRecord& now, HostRecord& before, Rollout& rollout)> change;
  char const* says;
};

TEST(FleetWithdrawal, is_seen_by_current_metadata_of_a_host_that_was_offered_the_pin) {
  auto const gone = [](HostRecord& host) { host.carried.front().candidates.clear(); };
  char const* const kGone = "tyk-gateway 5.8.15 for debian 12 amd64 is not offered to eu-0 any more";
  std::vector<Offer> const cases{
      {"still offered", [](auto&, auto&, auto&) {}, ""},
      {"gone, fetched before", [&](auto& now, auto& before, auto&) { gone(now); gone(before); }, kGone},
      {"gone, never fetched", [&](auto& now, auto&, auto&) { gone(now); now.carried.front().kept.clear(); }, kGone},
      {"never offered", [&](auto& now, auto& before, auto&) { gone(now); gone(before); now.carried.front().kept.clear(); }, ""},
      {"a host that is new", [&](auto& now, auto& before, auto&) { gone(now); before = {}; now.carried.front().kept.clear(); }, ""},
      {"other bytes", [](auto& now, auto&, auto&) { now.carried.front().candidates.front().sha256 = "other"; },
       "tyk-gateway 5.8.15 for debian 12 amd64 is offered to eu-0 with other bytes than were pinned"},
      {"stale or unreadable metadata", [&](auto& now, auto&, auto&) { gone(now); now.carried.front().current = false; }, ""},
      {"finished", [&](auto& now, auto&, auto&) { gone(now); now.carried.front().installed = {build("gateway", "5.8.15")}; }, ""},
      {"ahead", [&](auto& now, auto&, auto&) { gone(now); now.carried.front().installed = {build("gateway", "5.8.16")}; }, ""},
      {"back", [&](auto& now, auto&, auto& rollout) { gone(now); rollout.direction = Direction::Back; }, ""},
      {"excluded", [&](auto& now, auto&, auto& rollout) { gone(now); rollout.excluded = {{"eu-0", word()}}; }, ""},
      {"of a class that is not pinned", [&](auto& now, auto&, auto&) { gone(now); now.carried.front().installed.front().of.architecture = "arm64"; }, ""},
      {"newer ones have pushed it from the list", [](auto& now, auto&, auto&) {
         auto& told = now.carried.front().candidates;
         told.clear();
         for (unsigned i = 0; i < kCandidatesTold; ++i) told.push_back(build("gateway", "5.9." + std::to_string(40 - i)));
       }, ""},
      {"gone, and the list is long", [](auto& now, auto&, auto&) {
         auto& told = now.carried.front().candidates;
         told.clear();
         for (unsigned i = 0; i < kCandidatesTold; ++i) told.push_back(build("gateway", "5.8." + std::to_string(14 - i % 14)));
       }, kGone},
  };
  for (auto const& one : cases) {
    auto now = host_record("eu-0", "eu", {"gateway"});
    now.carried.front().current = true;
    auto before = now;
    auto rollout = running();
    one.change(now, before, rollout);
    auto const seen = withdrawn_from(now, before, rollout, kStart);
    EXPECT_EQ(seen ? seen->text : "", one.says) << one.name;
    if (!seen) continue;
    EXPECT_EQ(seen->host + " " + seen->component + " " + seen->package + " " + seen->version, "eu-0 gateway tyk-gateway 5.8.15") << one.name;
  }
}

TEST(FleetSteering, is_refused_where_it_makes_no_sense) {
  auto const rollout = running();
  EXPECT_FALSE(resumed(rollout, word()));
  EXPECT_FALSE(retried(rollout, "eu-0", false, word()));
  EXPECT_FALSE(promoted(rollout, kGateway, {}, word()));
  Withdrawal const withdrawal{"eu-0", "pump", "tyk-pump", "5.8.15", "tyk-pump 5.8.15 is not offered to eu-0 any more", kStart};
  auto const stopped_for_it = pulled(rollout, withdrawal);
  EXPECT_EQ(stopped_for_it->halt, Halt::Pulled);
  EXPECT_EQ(stopped_for_it->last, (Word{"eu-0", withdrawal.text, kStart}));
  EXPECT_FALSE(pulled(*stopped_for_it, withdrawal));
  EXPECT_FALSE(excluded(rollout, host_record("cp", "cp-1", {"mdcb"}), false, word()));
  EXPECT_TRUE(excluded(rollout, host_record("cp", "cp-1", {"mdcb"}), true, word()));
  auto const failed = with_failure(rollout, {"eu-0", "pump", "ill", kStart});
  EXPECT_EQ(failed.state, RolloutState::Stopped);
  EXPECT_EQ(with_failure(failed, {"eu-0", "pump", "ill", kStart}).failures.size(), 1U);
  EXPECT_FALSE(resumed(failed, word()));
  EXPECT_EQ(retried(failed, "eu-0", true, word())->state, RolloutState::Running);
  auto const over = aborted(failed, word());
  EXPECT_FALSE(aborted(*over, word()));
  EXPECT_FALSE(paused(*over, word()));
}

TEST(FleetKeys, are_read_as_they_are_made_and_no_name_leaves_its_place) {
  auto const place = place_of(kGateway, Direction::Forwards, "gw-1.example");
  EXPECT_EQ(kKeys.pending(place), "/tykup/1/prod/pending/01/eu/01.0/gw-1.example");
  EXPECT_EQ(kKeys.read_pending(kKeys.pending(place)), place);
  EXPECT_EQ(kKeys.read_slot(kKeys.slot("eu", "gateway", 12)), (Keys::SlotPlace{"eu", "gateway", 12}));
  for (auto const* key : {"/tykup/1/prod/slot/eu/gateway/01", "/tykup/1/prod/slot/eu/gateway/x", "/tykup/1/prod/slot/eu/gateway", "/tykup/1/prod/slot/eu/a/b/0",
                          "/tykup/1/other/slot/eu/gateway/0", "/tykup/1/prod/slot/eu//0", ""})
    EXPECT_FALSE(kKeys.read_slot(key)) << key;
  for (auto const* key : {"/tykup/1/prod/pending/1/eu/01.0/h", "/tykup/1/prod/pending/01/eu/01/h", "/tykup/1/prod/pending/01/eu/01.x/h", "/tykup/1/prod/pending/01/eu/01.0/h/x"})
    EXPECT_FALSE(kKeys.read_pending(key)) << key;
  for (auto const* name : {"", "a/b", "..", ".a", "A", "a b", "a\n", "ü", "a\x01"}) EXPECT_FALSE(is_key_part(name)) << name;
  EXPECT_FALSE(is_key_part(std::string(254, 'a')));
  EXPECT_TRUE(is_key_part(std::string(253, 'a')));
}

TEST(FleetPolicy, is_checked_as_a_whole) {
  std::vector<std::pair<std::function<void(Policy&)>, char const*>> const cases{
      {[](Policy& p) { p.centres = {}; }, "no data centre"},
      {[](Policy& p) { p.centres[1].name = "eu/x"; }, "is no name"},
      {[](Policy& p) { p.centres[1].name = "us"; }, "named twice"},
      {[](Policy& p) { p.centres[1].rank = 100; }, "above 99"},
      {[](Policy& p) { p.centres[0].rank = 1; }, "no data centre has rank 0"},
      {[](Policy& p) { p.control_plane = ControlPlane::Elsewhere; }, "and a data centre has its rank 0"},
      {[](Policy& p) { p.centres[1].order = {"gateway"}; }, "only a custom topology"},
      {[](Policy& p) { p.centres[1].topology = Topology::Custom; }, "needs an order"},
      {[](Policy& p) { p.strategy = Strategy::Canary; }, "needs a group"},
      {[](Policy& p) { p.strategy = Strategy::BlueGreen; p.groups = {"blue"}; }, "two groups"},
      {[](Policy& p) { p.groups = {"a", "a"}; }, "named twice"},
      {[](Policy& p) { p.max_unavailable.number = 0; }, "max_unavailable is 0"},
      {[](Policy& p) { p.max_unavailable = {101, true}; }, "above 100 %"},
      {[](Policy& p) { p.max_failed = 0; }, "max_failed is 0"},
      {[](Policy& p) { p.canary_soak = Duration{-1}; }, "canary_soak"}};
  EXPECT_EQ(problem_of(policy_of_three_centres()), "");
  for (auto const& [change, says] : cases) {
    auto policy = policy_of_three_centres();
    change(policy);
    EXPECT_THAT(problem_of(policy), HasSubstr(says));
  }
}

template <typename Record>
void comes_back(Record const& record) {
  auto const read = wire::parse_fleet<Record>(wire::fleet_text(record));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, record);
}

TEST(FleetJson, every_record_comes_back_as_it_was) {
  comes_back(Meta{1, 7});
  comes_back(policy_of_three_centres());
  comes_back(host_record("eu-0", "eu", {"pump", "gateway"}));
  auto rollout = running();
  rollout.excluded = {{"eu-0", word()}};
  rollout.promoted = {{"eu", "gateway", 0, word()}};
  comes_back(with_failure(rollout, {"eu-1", "pump", "ill", kStart}));
  comes_back(Slot{"eu-0", {"m", "n"}, "r1", "gateway", SlotState::Failed, "ill", kStart});
  comes_back(Presence{{"m", "n"}, "r1", kStart});
  comes_back(Mark{"r1", "eu-0", kStart});
  comes_back(Teller{"eu-0", {"m", "n"}, kStart});
  comes_back(KnownNews{"r1", {"started", "paused.1"}, "paused.1", {{"gateway", "5.8.15"}}});
  comes_back(Pending{"r1", "eu-0", "gateway"});
}

TEST(FleetJson, what_is_not_exactly_a_record_is_refused_with_its_place) {
  auto const says = [](std::string const& text) { return wire::parse_fleet<Meta>(text).error().message; };
  EXPECT_THAT(says("{"), HasSubstr("no JSON object"));
  EXPECT_THAT(says("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(says(R"({"rule":1,"epoch":1})"), HasSubstr("names no schema"));
  EXPECT_THAT(says(R"({"schema":2,"rule":1,"epoch":1})"), HasSubstr("schema 2"));
  EXPECT_THAT(says(R"({"schema":1,"rule":1})"), HasSubstr("\"epoch\" is missing"));
  EXPECT_THAT(says(R"({"schema":1,"rule":1,"epoch":1,"more":0})"), HasSubstr("does not know"));
  EXPECT_THAT(says(R"({"schema":1,"rule":"1","epoch":1})"), HasSubstr("record.rule is not a whole number"));
  EXPECT_THAT(says(R"({"schema":1,"rule":1,"epoch":0})"), HasSubstr("epoch is below 1"));
  EXPECT_EQ(wire::parse_fleet<Meta>(R"({"schema":2})").error().kind, ErrorKind::OtherVersion);
  auto slot = Slot{"../x", {"m", "n"}, "r1", "gateway", SlotState::InWork, {}, kStart};
  EXPECT_THAT(wire::parse_fleet<Slot>(wire::fleet_text(slot)).error().message, HasSubstr("is no name"));
}

}  // namespace
}  // namespace tykup::fleet::test
