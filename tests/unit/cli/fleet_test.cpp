#include <gmock/gmock.h>

#include <fstream>

#include "daemon/cli/render_fleet.hpp"
#include "tests/unit/cli/fake_daemon.hpp"

namespace tykup::cli {
namespace {

using test::Host;
using testing::ElementsAre;
using testing::HasSubstr;

std::string const kStart = R"({"schema":1,"verb":"start","possible":true,"text":"rollout r1 has begun","more":["tykup fleet status --watch shows it"],"schedule":
  {"direction":"forwards","hash":"abc","nothing_to_do":false,"refusals":[],"notes":["gateway 5.8.16 is not offered to eu-b"],
   "blocked":[{"host":"eu-a","component":"gateway","text":"held by bob","remedy":"tykup release gateway"}],
   "pins":[{"component":"gateway","version":"5.8.15","files":[{"package":"tyk-gateway","format":"deb","distribution":"debian 12","architecture":"amd64","version":"5.8.15","sha256":"0123456789abcdef"}]}],
   "stages":[{"datacenter":"eu-1","rank":1,"component":"gateway","phase":0,"members":1,"limit":1,"hosts":[{"host":"eu-a","from":"5.8.14","to":"5.8.15","settled":false,"next_opening":null}]}]}})";
std::string const kRefused = R"({"schema":1,"verb":"start","possible":false,"text":"no","more":[],"schedule":{"hash":"","nothing_to_do":false,"pins":[],"stages":[],"notes":[],"blocked":[],
   "refusals":[{"host":"eu-a","component":"","text":"its tykupd has rule 2","remedy":"install the same tykup there"}]}})";
std::string const kNothing = R"({"schema":1,"verb":"start","possible":false,"text":"no","more":[],"schedule":{"hash":"","nothing_to_do":true,"pins":[],"stages":[],"notes":[],"blocked":[],
   "refusals":[{"host":"","component":"","text":"every host is at the newest version","remedy":""}]}})";
std::string const kStalled = R"({"schema":1,"cluster":"prod","now":"2026-11-23T02:00:00Z","condition":"stalled","text":"rollout r1 is stalled: none of the hosts that are left can start","remedy":"tykup release gateway",
   "rollout":{"id":"r1","direction":"forwards","state":"running","pins":[{"component":"gateway","version":"5.8.15"}],"began":{"by":"alice","why":"monthly","at":"2026-11-23T01:00:00Z"}},
   "progress":{"done":1,"all":2,"earliest_end":null,"end_unknown":"eu-a has to be helped first: held by bob"},
   "stalled":[{"host":"eu-a","component":"gateway","text":"held by bob","remedy":"tykup release gateway"}],"troubles":[],
   "datacenters":[{"name":"eu-1","rank":1,"unready":["eu-c"],"stages":[{"component":"gateway","group":"canary","state":"open","limit":2,"steps":[
     {"host":"eu-a","state":"waiting","from":"5.8.14","to":"5.8.15","text":"held by bob","stuck":true,"late":true},
     {"host":"eu-b","state":"done","from":"5.8.15","to":"5.8.15","text":"","stuck":false,"late":false}]}]}],
   "policy":null,"past":{"rollouts":[],"policies":[]}})";

verb::Fleet word(std::string name) { return {.word = std::move(name)}; }

TEST(FleetCommand, status_shows_stages_and_hosts_and_needs_attention_where_it_is_stalled) {
  Host host;
  host.daemon.fleets = {kStalled};
  auto const outcome = host.perform(word("status"));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("fleet prod: stalled\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Nobody who is left can start:\n  eu-a: held by bob\n    → tykup release gateway\n"));
  EXPECT_THAT(outcome.out, HasSubstr("eu-1 (rank 1)\n  packages are on their way to eu-c\n  gateway (canary): open, 1 done, 1 waiting; at most 2 at once\n"));
  EXPECT_THAT(outcome.out, HasSubstr("    eu-a  5.8.14 → 5.8.15  waiting  held by bob; came late\n    eu-b  5.8.15           done\n"));
  EXPECT_THAT(outcome.out, HasSubstr("1 of 2 steps are done; its end is not known: eu-a has to be helped first: held by bob"));
}

TEST(FleetCommand, a_host_of_no_fleet_says_so) {
  Host host;
  host.daemon.fleets = {test::refusal(Refusal::Kind::Failed, ErrorKind::NotFound, "this host belongs to no fleet: [fleet] in /etc/tykup/tykup.toml says where it is")};
  for (auto const* name : {"status", "history", "policy"}) {
    auto const outcome = host.perform(word(name));
    EXPECT_EQ(outcome.code, 1) << name;
    EXPECT_THAT(outcome.err, HasSubstr("this host belongs to no fleet"));
  }
}

TEST(FleetCommand, start_shows_asks_and_begins_what_was_shown) {
  Host host;
  host.asks = true;
  host.typed = "yes\n";
  host.daemon.fleet_plans = {kStart};
  auto const outcome = host.perform(word("start"));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("tyk-gateway  5.8.15  debian 12 amd64  0123456789ab"));
  EXPECT_THAT(outcome.out, HasSubstr("eu-1 gateway  eu-a  5.8.14  5.8.15  never  1"));
  EXPECT_THAT(outcome.out, HasSubstr("These hosts would not go:\n  eu-a: held by bob"));
  ASSERT_EQ(host.daemon.calls.size(), 2U);
  EXPECT_THAT(host.daemon.calls[1], HasSubstr(R"("shown":"abc")"));
}

TEST(FleetCommand, start_begins_nothing_that_nobody_confirmed) {
  Host host;
  host.asks = true;
  host.typed = "no\n";
  host.daemon.fleet_plans = {kStart};
  EXPECT_EQ(host.perform(word("start")).code, 6);
  host.asks = false;
  EXPECT_EQ(host.perform(word("start")).code, 6);
  for (auto const& call : host.daemon.calls) EXPECT_THAT(call, testing::Not(testing::StartsWith("steer")));
}

TEST(FleetCommand, start_that_is_refused_or_has_nothing_to_do_asks_nobody) {
  Host host;
  host.daemon.fleet_plans = {kRefused};
  auto outcome = host.perform(word("start"));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("It does not begin:\n  eu-a: its tykupd has rule 2\n    → install the same tykup there\n"));
  host.daemon.fleet_plans = {kNothing};
  EXPECT_EQ(host.perform(word("start")).code, 5);
  EXPECT_EQ(host.perform(word("plan")).code, 5);
}

TEST(FleetCommand, start_of_something_else_than_was_shown_is_7) {
  Host host;
  host.daemon.fleet_plans = {kStart};
  host.daemon.steered = test::refusal(Refusal::Kind::Failed, ErrorKind::NotFound, "what would begin is not what was shown any more");
  auto asked = word("start");
  asked.yes = true;
  auto const outcome = host.perform(asked);
  EXPECT_EQ(outcome.code, 7);
  EXPECT_THAT(outcome.err, HasSubstr("look at it with tykup fleet plan"));
}

TEST(FleetCommand, abort_and_release_slot_are_asked_for_the_others_are_not) {
  for (auto const* name : {"abort", "release-slot", "rollback"}) {
    Host host;
    auto asked = word(name);
    asked.host = "eu-a";
    EXPECT_EQ(host.perform(asked).code, 6) << name;
    asked.yes = true;
    EXPECT_EQ(host.perform(asked).code, 0) << name;
  }
  for (auto const* name : {"pause", "resume", "promote", "exclude", "retry", "forget"}) {
    Host host;
    auto asked = word(name);
    asked.host = "eu-a";
    asked.reason = "because";
    auto const outcome = host.perform(asked);
    EXPECT_EQ(outcome.code, 0) << name;
    EXPECT_EQ(outcome.out, "rollout r1 is paused.\n");
    ASSERT_EQ(host.daemon.calls.size(), 1U);
    EXPECT_THAT(host.daemon.calls[0], HasSubstr(std::string("\"verb\":\"") + name + "\",\"what\":"));
    EXPECT_THAT(host.daemon.calls[0], HasSubstr("\"why\":\"because\""));
  }
}

TEST(FleetCommand, a_freeze_says_its_end_and_why_and_asks_nobody) {
  Host host;
  auto asked = word("freeze");
  asked.until = "2h";
  asked.reason = "year end";
  EXPECT_EQ(host.perform(asked).code, 0);
  ASSERT_EQ(host.daemon.calls.size(), 1U);
  EXPECT_THAT(host.daemon.calls[0], HasSubstr("\"verb\":\"freeze\",\"what\":{\"until\":"));
  EXPECT_THAT(host.daemon.calls[0], HasSubstr("\"why\":\"year end\""));
  EXPECT_EQ(host.perform(word("unfreeze")).code, 0);
  EXPECT_THAT(host.daemon.calls[1], HasSubstr("\"verb\":\"unfreeze\",\"what\":{}"));
}

TEST(FleetCommand, a_freeze_without_an_end_is_mistyped) {
  for (auto const* until : {"", "soon", "2001-01-01"}) {
    Host host;
    auto asked = word("freeze");
    asked.until = until;
    EXPECT_EQ(host.perform(asked).code, 2) << until;
    EXPECT_TRUE(host.daemon.calls.empty()) << until;
  }
}

TEST(FleetCommand, history_tells_who_froze_it_until_when_and_why) {
  Host host;
  host.daemon.fleets = {R"({"schema":1,"rollout":null,"past":{"rollouts":[],"policies":[],"freezes":[{"until":null,"said":{"by":"bob","why":"","at":"2026-11-23T03:00:00Z"}},
    {"until":"2026-12-24T00:00:00Z","said":{"by":"alice","why":"year end","at":"2026-11-23T02:00:00Z"}}]}})"};
  auto const out = host.perform(word("history")).out;
  EXPECT_THAT(out, HasSubstr("FREEZE"));
  EXPECT_THAT(out, testing::ContainsRegex("ended .*by bob"));
  EXPECT_THAT(out, testing::ContainsRegex("until Thu 2026-12-24 .*by alice: year end"));
}

TEST(FleetCommand, history_tells_who_went_outside_the_order_and_why) {
  Host host;
  host.daemon.fleets = {R"({"schema":1,"rollout":null,"past":{"rollouts":[],"policies":[],"freezes":[],"outside":[
    {"host":"eu-a","component":"gateway","version":"5.8.15","rollout":"","said":{"by":"bob@eu-a","why":"a CVE","at":"2026-11-23T03:00:00Z"}}]}})"};
  EXPECT_THAT(host.perform(word("history")).out, testing::ContainsRegex("eu-a +gateway 5.8.15 .*by bob@eu-a: a CVE"));
}

std::string const kPlan = R"({"schema":1,"hash":"abc","steps":[{"component":"gateway","from":"5.8.14","to":"5.8.15"}],"staying":[]})";

TEST(RunOutsideFleet, shows_its_own_plan_asks_and_says_why) {
  Host host;
  host.asks = true;
  host.typed = "yes\n";
  host.daemon.outside_plan = kPlan;
  host.daemon.started = std::string{};
  host.daemon.statuses = {std::string(R"({"schema":1,"state":"idle"})")};
  auto const outcome = host.perform(verb::Run{.outside_fleet = true, .reason = "a CVE"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("whatever the rest of its fleet does. Type yes to go on"));
  EXPECT_THAT(outcome.out, HasSubstr("tykup stop takes it back"));
  EXPECT_THAT(host.daemon.calls, ElementsAre("plan outside", "run outside abc: a CVE"));
}

TEST(RunOutsideFleet, begins_nothing_that_nobody_confirmed_or_that_is_another_plan) {
  Host host;
  host.daemon.outside_plan = kPlan;
  host.daemon.statuses = {std::string(R"({"schema":1,"state":"idle"})")};
  verb::Run asked{.outside_fleet = true, .reason = "a CVE"};
  EXPECT_EQ(host.perform(asked).code, 6);
  EXPECT_THAT(host.daemon.calls, ElementsAre("plan outside"));
  asked.yes = true;
  host.daemon.started = test::refusal(Refusal::Kind::Failed, ErrorKind::NotFound, "The plan is another one by now");
  auto const outcome = host.perform(asked);
  EXPECT_EQ(outcome.code, 7);
  EXPECT_THAT(outcome.err, HasSubstr("look at it with tykup run --outside-fleet"));
  host.daemon.started = test::refusal(Refusal::Kind::Denied, ErrorKind::NotAllowed, "polkit says no");
  EXPECT_EQ(host.perform(asked).code, 4);
}

TEST(RunInFleet, that_waits_for_its_slot_says_so) {
  Host host;
  host.daemon.plan_text = kPlan;
  host.daemon.started = std::string{};
  host.daemon.statuses = {std::string(R"({"schema":1,"state":"waiting"})")};
  auto const outcome = host.perform(verb::Run{.yes = true});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("It begins when its slot of the fleet comes, within an hour or not at all."));
}

TEST(FleetCommand, who_may_not_steer_is_4) {
  Host host;
  host.daemon.steered = test::refusal(Refusal::Kind::Denied, ErrorKind::NotAllowed, "polkit says no");
  EXPECT_EQ(host.perform(word("pause")).code, 4);
}

TEST(FleetCommand, a_policy_with_defects_is_told_to_nobody) {
  Host host;
  auto asked = word("policy");
  asked.file = TYKUP_SOURCE_DIR "/tests/golden/fleet-policy/unknown-values.toml";
  auto const outcome = host.perform(asked);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("unknown-values.toml:1:12: strategy: unknown value \"bluegreen\"; did you mean \"blue-green\"?\n"));
  asked.file = "/nowhere/policy.toml";
  EXPECT_THAT(host.perform(asked).err, HasSubstr("/nowhere/policy.toml cannot be read"));
  EXPECT_TRUE(host.daemon.calls.empty());
}

TEST(FleetCommand, history_tells_of_the_rollout_at_work_too) {
  Host host;
  host.daemon.fleets = {kStalled};
  EXPECT_THAT(host.perform(word("history")).out, HasSubstr("r1       running  gateway 5.8.15"));
}

TEST(FleetCommand, json_is_the_daemons_own) {
  Host host;
  host.daemon.fleets = {kStalled};
  auto asked = word("status");
  asked.json = true;
  EXPECT_EQ(host.perform(asked).out, kStalled + "\n");
}

TEST(FleetCommand, a_policy_is_printed_as_its_file) {
  auto const text = render_fleet_policy(nlohmann::json::parse(R"({"strategy":"canary","groups":["canary"],"max_unavailable":"25%","max_failed":2,"canary_soak_seconds":3600,
    "hooks":{"promote_seconds":60,"gate_seconds":30},
    "gates":[{"name":"errors","after":"first","command":"error-rate","prometheus":"","query":""},{"name":"up","after":"stage","command":"","prometheus":"http://p:9090","query":"up{job=\"tyk\"} == bool 1"}],"control_plane":"here","datacenters":[{"name":"core","rank":0,"topology":"custom","order":["cache","web"]}]})"));
  EXPECT_EQ(text, "strategy = \"canary\"\ngroups = [\"canary\"]\nmax_unavailable = \"25%\"\nmax_failed = 2\ncanary_soak = \"3600s\"\ncontrol_plane = \"here\"\n"
                  "\n[hooks]\npromote = \"60s\"\ngate = \"30s\"\n"
                  "\n[[gate]]\nname = \"errors\"\nafter = \"first\"\ncommand = \"error-rate\"\n"
                  "\n[[gate]]\nname = \"up\"\nafter = \"stage\"\nprometheus = \"http://p:9090\"\nquery = \"up{job=\\\"tyk\\\"} == bool 1\"\n"
                  "\n[[datacenter]]\nname = \"core\"\nrank = 0\ntopology = \"custom\"\norder = [\"cache\", \"web\"]\n");
}

TEST(FleetCommand, watching_tells_what_changes) {
  auto before = nlohmann::json::parse(kStalled);
  auto after = before;
  after["datacenters"][0]["stages"][0]["steps"][0]["state"] = "in_work";
  after["datacenters"][0]["stages"][0]["steps"][0]["stuck"] = false;
  after["text"] = "rollout r1 is running";
  auto const lines = fleet_lines(View{}, before, after);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], HasSubstr("rollout r1 is running"));
  EXPECT_THAT(lines[1], HasSubstr("eu-a gateway: in work"));
  EXPECT_TRUE(fleet_lines(View{}, after, after).empty());
}

struct Line {
  std::vector<std::string> words;
  std::string said;
};
class MistypedFleet : public testing::TestWithParam<Line> {};
TEST_P(MistypedFleet, is_answered_with_the_nearest) {
  auto const parsed = parse_arguments(GetParam().words);
  ASSERT_TRUE(std::holds_alternative<Notice>(parsed));
  EXPECT_EQ(std::get<Notice>(parsed).code, ExitCode::Usage);
  EXPECT_THAT(std::get<Notice>(parsed).text, HasSubstr(GetParam().said));
}
INSTANTIATE_TEST_SUITE_P(Lines, MistypedFleet, testing::Values(
    Line{{"fleet"}, "subcommand is required"}, Line{{"fleet", "statsu"}, "There is no \"statsu\" for a fleet. Did you mean \"status\"? See tykup fleet --help."},
    Line{{"flet", "status"}, "There is no verb \"flet\". Did you mean \"fleet\"?"}, Line{{"fleet", "exclude"}, "host is required"},
    Line{{"fleet", "exclude", "a", "b"}, "tykup fleet exclude does not know \"b\""}, Line{{"fleet", "pause", "--raeson", "x"}, "Did you mean \"--reason\"? See tykup fleet pause --help."},
    Line{{"run", "--outside-fleet"}, "add --reason"}, Line{{"run", "--reason", "x"}, "only with --outside-fleet"}, Line{{"run", "--outside-fleet", "--reason", "x", "--json"}, "add --yes"},
    Line{{"fleet", "init"}, "file is required"}, Line{{"fleet", "freeze"}, "--until is required"}, Line{{"fleet", "frieze"}, "Did you mean \"freeze\"?"}, Line{{"fleet", "start", "--component", "gateway="}, "--component:"},
    Line{{"fleet", "start", "--json"}, "tykup fleet start --json cannot ask for a confirmation: add --yes."},
    Line{{"fleet", "abort", "--json"}, "add --yes"}, Line{{"fleet", "release-slot", "a", "--json"}, "add --yes"}));

TEST(FleetArguments, are_read) {
  auto const parsed = parse_arguments({"fleet", "start", "--component", "gateway=5.8.15", "--component", "pump", "--exclude", "a", "--exclude", "b", "--stopped", "--yes", "--reason", "monthly"});
  ASSERT_TRUE(std::holds_alternative<Verb>(parsed)) << std::get<Notice>(parsed).text;
  auto const& asked = std::get<verb::Fleet>(std::get<Verb>(parsed));
  EXPECT_EQ(asked.word, "start");
  EXPECT_THAT(asked.components, ElementsAre("gateway", "pump"));
  ASSERT_EQ(asked.versions.size(), 1U);
  EXPECT_EQ(asked.versions[0].version, "5.8.15");
  EXPECT_THAT(asked.exclude, ElementsAre("a", "b"));
  EXPECT_TRUE(asked.stopped && asked.yes);
  EXPECT_EQ(asked.reason, "monthly");
}

}  // namespace
}  // namespace tykup::cli
