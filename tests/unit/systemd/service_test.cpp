#include "systemd/service.hpp"

#include <gmock/gmock.h>

#include <boost/asio/post.hpp>

#include "tests/unit/systemd/service_world.hpp"

namespace tykup::systemd {
namespace {

using bus::Message;
using fakes::run_until;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string const kHash(64, 'a');

class BusService : public fakes::ServiceWorld, public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(start()); }
  Result<Message> ask_to_run(std::string const& sender, std::string const& hash = kHash) {
    Message call = peer.call_as(sender, "Run");
    call.write(hash).write(true);
    return peer.ask(std::move(call));
  }
  Result<Message> ask_history(std::uint32_t limit, std::string const& run) {
    Message call = peer.call_as(":1.9", "GetHistory");
    call.write(limit).write(run);
    return peer.ask(std::move(call));
  }
};

TEST_F(BusService, everybody_may_read) {
  EXPECT_EQ(peer.ask(peer.call_as(":1.9", "GetStatus")).value().read_string().value(), controls.status_json());
  EXPECT_EQ(peer.ask(peer.call_as(":1.9", "GetPlan")).value().read_string().value(), controls.plan_json());
  EXPECT_TRUE(ask_history(1, ""));
  EXPECT_TRUE(ask_history(1000, "20261123T020000-ab_1.x"));
  EXPECT_THAT(controls.asked, ElementsAre("history 1 ", "history 1000 20261123T020000-ab_1.x"));
  EXPECT_THAT(questions, IsEmpty());
}

TEST_F(BusService, root_is_let_in_without_polkit) {
  EXPECT_TRUE(peer.ask(peer.call_as(":1.0", "Check")));
  EXPECT_EQ(ask_to_run(":1.0").value().read_string().value(), "run-7");
  EXPECT_TRUE(peer.ask(peer.call_as(":1.0", "Stop")));
  EXPECT_THAT(controls.asked, ElementsAre("check by root", "run " + kHash + " anyway by root", "stop by root"));
  EXPECT_THAT(questions, IsEmpty());
}

TEST_F(BusService, others_are_polkits_decision_by_their_name_on_the_bus) {
  polkit_says_yes = true;
  EXPECT_TRUE(peer.ask(peer.call_as(":1.9", "Check")));
  EXPECT_TRUE(ask_to_run(":1.9"));
  EXPECT_TRUE(peer.ask(peer.call_as(":1.9", "Stop")));
  ASSERT_EQ(questions.size(), 3U);
  EXPECT_EQ(questions[0].subject, "system-bus-name :1.9");
  EXPECT_EQ(questions[0].action, "org.tykup1.check");
  EXPECT_EQ(questions[1].action, "org.tykup1.run-outside-window");
  EXPECT_EQ(questions[2].action, "org.tykup1.stop");
  EXPECT_THAT(controls.asked, ElementsAre("check by nobody", "run " + kHash + " anyway by nobody", "stop by nobody"));
}

struct Saying {
  char const* name;
  char const* member;
  std::vector<std::string> texts;
  std::string action;
  std::string heard;
};
std::vector<Saying> const kSayings{
    {"hold", "Hold", {"gateway", "", "the audit"}, "org.tykup1.hold", "hold gateway: the audit by nobody"},
    {"hold_until", "Hold", {"", "2026-12-18T18:00:00+01:00", ""}, "org.tykup1.hold", "hold  until 2026-12-18T17:00:00Z:  by nobody"},
    {"release", "Release", {"gateway"}, "org.tykup1.hold", "release gateway by nobody"},
    {"release_all", "Release", {""}, "org.tykup1.hold", "release  by nobody"},
    {"approve", "Approve", {"abcdef01", ""}, "org.tykup1.approve", "approve abcdef01 by nobody"},
    {"approve_until", "Approve", {kHash, "2026-12-18T18:00:00Z"}, "org.tykup1.approve",
     "approve " + kHash + " until 2026-12-18T18:00:00Z by nobody"},
    {"forget_bad", "ForgetBad", {"pump"}, "org.tykup1.forget-bad", "forget pump by nobody"},
    {"roll_back", "RollBack", {"pump", "1.15.0"}, "org.tykup1.roll-back", "roll back pump to 1.15.0 by nobody"},
    {"roll_back_whatever", "RollBack", {"pump", ""}, "org.tykup1.roll-back", "roll back pump to  by nobody"},
};
class Sayings : public BusService, public testing::WithParamInterface<Saying> {
 protected:
  Result<Message> say() {
    Message call = peer.call_as(":1.9", GetParam().member);
    for (auto const& text : GetParam().texts) call.write(text);
    return peer.ask(std::move(call));
  }
};
TEST_P(Sayings, reach_the_agent_where_polkit_lets_them) {
  polkit_says_yes = true;
  auto answer = say();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(controls.asked, ElementsAre(GetParam().heard));
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(questions[0].action, GetParam().action);
  if (std::string{GetParam().member} == "Approve") {
    EXPECT_EQ(answer->read_string().value(), "the-whole-hash");
  }
}
TEST_P(Sayings, do_not_where_it_does_not) {
  EXPECT_FALSE(say());
  EXPECT_THAT(controls.asked, IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Words, Sayings, testing::ValuesIn(kSayings),
                         [](auto const& row) { return std::string{row.param.name}; });

std::vector<Saying> const kNonsense{
    {"no_instant", "Hold", {"gateway", "tomorrow", ""}, "", "until"},
    {"civil_time", "Hold", {"gateway", "2026-12-18 18:00", ""}, "", "until"},
    {"long_reason", "Hold", {"gateway", "", std::string(1001, 'a')}, "", "longer than 1000"},
    {"long_component", "Release", {std::string(1U << 20U, 'a')}, "", "longer than 1000"},
    {"no_hash", "Approve", {"the plan", ""}, "", "plan_hash"},
    {"empty_hash", "Approve", {"", ""}, "", "plan_hash"},
    {"roll_back_nothing", "RollBack", {"", "1"}, "", "component is empty"},
    {"roll_back_long", "RollBack", {std::string(121, 'a'), "1"}, "", "component"},
    {"roll_back_long_version", "RollBack", {"pump", std::string(1001, '1')}, "", "longer than 1000"},
    {"end_of_approval", "Approve", {kHash, "never"}, "", "until"},
};
class Nonsense : public Sayings {};
TEST_P(Nonsense, is_refused_before_anybody_is_asked) {
  auto const answer = say();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::BadRequest);
  EXPECT_THAT(answer.error().message, HasSubstr(GetParam().heard));
  EXPECT_THAT(questions, IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Words, Nonsense, testing::ValuesIn(kNonsense),
                         [](auto const& row) { return std::string{row.param.name}; });

class NamedSteps : public BusService {
 protected:
  std::vector<std::string> actions() {
    std::vector<std::string> asked;
    for (auto const& question : questions) asked.push_back(question.action);
    return asked;
  }
  Result<Message> approve(std::vector<std::string> const& steps, std::string const& until = "") {
    Message call = peer.call_as(":1.9", "ApproveWithoutWayBack");
    call.write(kHash).write(until).write(steps);
    return peer.ask(std::move(call));
  }
  Result<Message> run(std::vector<std::string> const& steps, bool in_freeze) {
    Message call = peer.call_as(":1.9", "RunWithoutWayBack");
    call.write(kHash).write(true).write(in_freeze).write(steps);
    return peer.ask(std::move(call));
  }
};
TEST_F(NamedSteps, are_approved_like_a_plan) {
  polkit_says_yes = true;
  auto answer = approve({"dashboard=5.3.0", "portal=1.14.0-1"}, "2026-12-18T18:00:00Z");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->read_string().value(), "the-whole-hash");
  EXPECT_THAT(actions(), ElementsAre("org.tykup1.approve"));
  EXPECT_THAT(controls.asked, ElementsAre("approve " + kHash + " until 2026-12-18T18:00:00Z without a way back: dashboard=5.3.0, "
                                          "portal=1.14.0-1 by nobody"));
}
TEST_F(NamedSteps, of_a_run_want_both_words) {
  polkit_says_yes = true;
  EXPECT_EQ(run({"dashboard=5.3.0"}, false).value().read_string().value(), "run-7");
  EXPECT_THAT(actions(), ElementsAre("org.tykup1.run-outside-window", "org.tykup1.approve"));
  questions.clear();
  EXPECT_TRUE(run({"dashboard=5.3.0"}, true));
  EXPECT_THAT(actions(), ElementsAre("org.tykup1.override-freeze", "org.tykup1.approve"));
  EXPECT_THAT(controls.asked,
              ElementsAre("run " + kHash + " anyway without a way back: dashboard=5.3.0 by nobody",
                          "run " + kHash + " anyway in freeze without a way back: dashboard=5.3.0 by nobody"));
}
class OutsideFleet : public NamedSteps {
 protected:
  Result<Message> ask(std::string const& reason, std::vector<std::string> const& steps = {}, bool in_freeze = false) {
    Message call = peer.call_as(":1.9", "RunOutsideFleet");
    call.write(kHash).write(false).write(in_freeze).write(reason).write(steps);
    return peer.ask(std::move(call));
  }
};
TEST_F(OutsideFleet, wants_the_word_for_the_host_and_that_for_the_fleet) {
  polkit_says_yes = true;
  EXPECT_EQ(ask("a CVE").value().read_string().value(), "run-7");
  EXPECT_THAT(actions(), ElementsAre("org.tykup1.run-outside-window", "org.tykup1.fleet"));
  questions.clear();
  EXPECT_TRUE(ask("a CVE", {"dashboard=5.3.0"}, true));
  EXPECT_THAT(actions(), ElementsAre("org.tykup1.override-freeze", "org.tykup1.fleet", "org.tykup1.approve"));
  EXPECT_THAT(controls.asked, ElementsAre("run " + kHash + " outside: a CVE by nobody",
                                          "run " + kHash + " in freeze without a way back: dashboard=5.3.0 outside: a CVE by nobody"));
}
TEST_F(OutsideFleet, without_a_reason_or_with_one_without_end_is_refused_before_anybody_is_asked) {
  for (auto const& reason : {std::string{}, std::string(401, 'x')}) {
    auto const answer = ask(reason);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::BadRequest);
  }
  EXPECT_FALSE(ask("a CVE", {"dashboard"}));
  EXPECT_THAT(questions, IsEmpty());
  EXPECT_THAT(controls.asked, IsEmpty());
}
TEST_F(NamedSteps, are_not_passed_on_where_polkit_lets_only_run) {
  peer.on("CheckAuthorization", [this](Message& call) {
    questions.push_back({});
    Message reply = call.reply();
    reply.open(SD_BUS_TYPE_STRUCT, "bba{ss}").write(questions.size() == 1).write(false).open(SD_BUS_TYPE_ARRAY, "{ss}").close().close();
    return reply;
  });
  auto const answer = run({"dashboard=5.3.0"}, false);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::NotAllowed);
  EXPECT_EQ(questions.size(), 2U);
  EXPECT_THAT(controls.asked, IsEmpty());
}
TEST_F(NamedSteps, that_name_nothing_are_refused_before_anybody_is_asked) {
  std::vector<std::vector<std::string>> const bad{{}, {""}, {"dashboard"}, {"=5.3.0"}, {"dashboard=5.3.0", "portal"},
                                                  {"dashboard=5.3.0\n"}, std::vector<std::string>(101, "dashboard=5.3.0")};
  for (auto const& steps : bad) {
    for (auto const& answer : {approve(steps), run(steps, false)}) {
      ASSERT_FALSE(answer);
      EXPECT_EQ(answer.error().kind, ErrorKind::BadRequest);
      EXPECT_THAT(answer.error().message, HasSubstr("steps"));
    }
  }
  EXPECT_THAT(questions, IsEmpty());
}

class FleetCalls : public BusService {
 protected:
  Message with_word(std::string const& sender, std::string const& member, std::string const& word) {
    Message call = peer.call_as(sender, member);
    call.write(word);
    return call;
  }
};

TEST_F(FleetCalls, that_read_are_open_to_everybody) {
  EXPECT_EQ(peer.ask(with_word(":1.9", "PlanFleet", "{}")).value().read_string().value(), "planned");
  EXPECT_THAT(controls.asked, ElementsAre("plan {}"));
  EXPECT_THAT(questions, IsEmpty());
}
TEST_F(FleetCalls, are_answered_when_etcd_has_answered) {
  controls.later = [this] {
    EXPECT_TRUE(controls.asked.empty());
    boost::asio::post(loop, [this] { controls.fleet_answers.front()(std::string{"the fleet"}); });
  };
  EXPECT_EQ(peer.ask(peer.call_as(":1.9", "GetFleet")).value().read_string().value(), "the fleet");
}
TEST_F(FleetCalls, that_change_are_polkits_decision) {
  auto const answer = peer.ask(with_word(":1.9", "SteerFleet", "{}"));
  ASSERT_FALSE(answer);
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(questions[0].action, "org.tykup1.fleet");
  EXPECT_THAT(controls.asked, IsEmpty());
}
TEST_F(FleetCalls, name_who_asked) {
  polkit_says_yes = true;
  controls.defective = true;  // the agent throws: that is an answer too
  auto const answer = peer.ask(with_word(":1.9", "SteerFleet", "{}"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::Internal);
  EXPECT_THAT(controls.asked, ElementsAre("steer {} by nobody"));
}
TEST_F(FleetCalls, without_a_word_or_with_one_that_is_too_long_are_refused_before_anybody_is_asked) {
  for (auto const& word : {std::string{}, std::string(300 * 1024, 'x')}) {
    for (auto const* member : {"PlanFleet", "SteerFleet"}) {
      auto const answer = peer.ask(with_word(":1.9", member, word));
      ASSERT_FALSE(answer) << member;
      EXPECT_EQ(answer.error().detail, "org.tykup1.Error.BadRequest");
    }
  }
  EXPECT_FALSE(peer.ask(peer.call_as(":1.9", "SteerFleet")));
  EXPECT_THAT(questions, IsEmpty());
  EXPECT_THAT(controls.asked, IsEmpty());
}

TEST_F(BusService, a_run_in_a_freeze_is_an_action_of_its_own) {
  polkit_says_yes = true;
  Message call = peer.call_as(":1.9", "RunInFreeze");
  call.write(kHash).write(false);
  EXPECT_EQ(peer.ask(std::move(call)).value().read_string().value(), "run-7");
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(questions[0].action, "org.tykup1.override-freeze");
  EXPECT_THAT(controls.asked, ElementsAre("run " + kHash + " in freeze by nobody"));
}

TEST_F(BusService, a_refusal_names_the_user_and_the_action_and_changes_nothing) {
  for (char const* member : {"Check", "Stop"}) {
    auto const answer = peer.ask(peer.call_as(":1.9", member));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().detail, "org.tykup1.Error.NotAllowed");
    EXPECT_THAT(answer.error().message, AllOf(HasSubstr("nobody may not"), HasSubstr("org.tykup1."), HasSubstr("sudo")));
  }
  EXPECT_FALSE(ask_to_run(":1.9"));
  EXPECT_THAT(controls.asked, IsEmpty());
}

TEST_F(BusService, the_user_is_asked_only_where_the_call_allows_it) {
  Message call = peer.call_as(":1.9", "Check");
  sd_bus_message_set_allow_interactive_authorization(call.get(), 1);
  (void)peer.ask(std::move(call));
  (void)peer.ask(peer.call_as(":1.9", "Check"));
  ASSERT_EQ(questions.size(), 2U);
  EXPECT_EQ(questions[0].flags, 1U);
  EXPECT_EQ(questions[1].flags, 0U);
}

TEST_F(BusService, without_polkit_only_root_may) {
  peer.on("CheckAuthorization", [](Message& call) { return call.error_reply(SD_BUS_ERROR_SERVICE_UNKNOWN, "no such name"); });
  auto const answer = peer.ask(peer.call_as(":1.9", "Stop"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::NotAllowed);
  EXPECT_THAT(answer.error().message, AllOf(HasSubstr("polkit"), HasSubstr("not running"), HasSubstr("org.tykup1.stop")));
  EXPECT_TRUE(peer.ask(peer.call_as(":1.0", "Stop")));
}

TEST_F(BusService, a_polkit_that_answers_nonsense_lets_nobody_in) {
  peer.on("CheckAuthorization", [](Message& call) { return call.reply().write("yes"); });
  auto const answer = peer.ask(peer.call_as(":1.9", "Stop"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::NotAllowed);
  EXPECT_THAT(controls.asked, IsEmpty());
}

TEST_F(BusService, a_caller_whom_the_bus_does_not_know_is_not_let_in) {
  peer.on("GetConnectionUnixUser", [](Message& call) { return call.error_reply(SD_BUS_ERROR_NAME_HAS_NO_OWNER, "gone"); });
  auto const answer = peer.ask(peer.call_as(":1.0", "Check"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::NotAllowed);
  EXPECT_THAT(controls.asked, IsEmpty());
}

TEST_F(BusService, a_call_without_a_sender_is_not_let_in) {
  peer.on("GetConnectionUnixUser", [](Message& call) {
    if (call.read_string().value().empty()) return call.error_reply(SD_BUS_ERROR_NAME_HAS_NO_OWNER, "who?");
    return call.reply().write(std::uint32_t{0});
  });
  EXPECT_FALSE(peer.ask(peer.call_as("", "Check")));
  EXPECT_THAT(controls.asked, IsEmpty());
}

TEST_F(BusService, many_open_questions_turn_others_away_but_never_root) {
  peer.on("CheckAuthorization", [this](Message& call) {
    (void)call;
    questions.push_back({});
    return Message{};
  });
  for (unsigned i = 0; i < Gatekeeper::kMostQuestions; ++i) {
    ASSERT_TRUE(peer.connection()->send(peer.call_as(":1.9", "Check")));
  }
  run_until(loop, [&] { return questions.size() == Gatekeeper::kMostQuestions; });
  auto const answer = peer.ask(peer.call_as(":1.10", "Check"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::Busy);
  EXPECT_TRUE(peer.ask(peer.call_as(":1.0", "Check")));
}

TEST_F(BusService, an_error_of_the_agent_arrives_with_its_name) {
  controls.outcome = fail(ErrorKind::NotFound, "the plan is another one by now; look at `tykup plan`");
  auto const answer = ask_to_run(":1.0");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().detail, "org.tykup1.Error.NotFound");
  EXPECT_EQ(answer.error().message, "the plan is another one by now; look at `tykup plan`");
}

TEST_F(BusService, a_defect_of_the_agent_is_an_answer_too) {
  controls.defective = true;
  auto const answer = peer.ask(peer.call_as(":1.9", "GetStatus"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::Internal);
  EXPECT_THAT(answer.error().message, HasSubstr("boom"));
}

struct BadRun {
  char const* name;
  std::string hash;
};
class BadHashes : public BusService, public testing::WithParamInterface<BadRun> {};
TEST_P(BadHashes, are_refused_before_anybody_is_asked) {
  auto const answer = ask_to_run(":1.9", GetParam().hash);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::BadRequest);
  EXPECT_THAT(answer.error().message, HasSubstr("plan_hash"));
  EXPECT_THAT(questions, IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Hashes, BadHashes,
                         testing::Values(BadRun{"empty", ""}, BadRun{"upper", "ABCD"}, BadRun{"path", "../../etc"},
                                         BadRun{"line_end", "abc\n"}, BadRun{"huge", std::string(1U << 20U, 'a')},
                                         BadRun{"just_too_long", std::string(129, 'a')}),
                         [](auto const& row) { return std::string{row.param.name}; });

struct BadHistory {
  char const* name;
  std::uint32_t limit;
  std::string run;
  char const* said;
};
class BadHistories : public BusService, public testing::WithParamInterface<BadHistory> {};
TEST_P(BadHistories, are_refused) {
  auto const answer = ask_history(GetParam().limit, GetParam().run);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::BadRequest);
  EXPECT_THAT(answer.error().message, HasSubstr(GetParam().said));
  EXPECT_THAT(controls.asked, IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Arguments, BadHistories,
                         testing::Values(BadHistory{"none", 0, "", "1 to 1000"}, BadHistory{"too_many", 1001, "", "1 to 1000"},
                                         BadHistory{"all", UINT32_MAX, "", "1 to 1000"},
                                         BadHistory{"quote", 1, "x' OR '1'='1", "tykup history"},
                                         BadHistory{"slash", 1, "a/b", "tykup history"},
                                         BadHistory{"huge", 1, std::string(1U << 20U, 'a'), "tykup history"}),
                         [](auto const& row) { return std::string{row.param.name}; });

TEST_F(BusService, arguments_of_another_type_are_an_error) {
  Message call = peer.call_as(":1.0", "Run");
  call.write(std::uint32_t{1});
  auto const answer = peer.ask(std::move(call));
  ASSERT_FALSE(answer);
  EXPECT_THAT(controls.asked, IsEmpty());
}

TEST_F(BusService, an_unknown_method_or_object_is_an_error) {
  EXPECT_FALSE(peer.ask(peer.call_as(":1.0", "Reboot")));
  EXPECT_FALSE(peer.ask(peer.connection()->method_call("org.tykup1", "/org/other", "org.tykup1.Manager", "GetStatus")));
}

TEST_F(BusService, a_new_status_is_a_signal_with_what_differs) {
  service.status_changed("idle, next refresh 10:00");
  controls.state_now = "running";
  service.status_changed("step 1 of 3: dashboard");
  service.status_changed("step 1 of 3: dashboard");
  service.status_changed("step 2 of 3: gateway");
  controls.state_now = "idle";
  service.status_changed("step 2 of 3: gateway");
  run_until(loop, [&] { return peer.changes.size() == 4; });
  using Change = std::map<std::string, std::string>;
  EXPECT_THAT(peer.changes, ElementsAre(Change{{"State", "idle"}, {"StatusText", "idle, next refresh 10:00"}},
                                        Change{{"State", "running"}, {"StatusText", "step 1 of 3: dashboard"}},
                                        Change{{"StatusText", "step 2 of 3: gateway"}}, Change{{"State", "idle"}}));
}

TEST_F(BusService, progress_is_told_at_once_then_after_a_pause_and_its_last_always) {
  for (char const* const step : {"unpack 1 %", "unpack 2 %", "unpack 3 %"}) {
    controls.progress_now = step;
    service.status_changed("at work");
  }
  run_until(loop, [&] { return peer.changes.size() == 3; });
  using Change = std::map<std::string, std::string>;
  EXPECT_THAT(peer.changes, ElementsAre(testing::_, Change{{"Progress", "unpack 1 %"}}, Change{{"Progress", "unpack 3 %"}}));
}

TEST_F(BusService, progress_that_stays_is_not_told_again) {
  controls.progress_now = "unpack 1 %";
  service.status_changed("at work");
  service.status_changed("at work still");
  controls.progress_now = "unpack 2 %";
  service.status_changed("at work still");
  run_until(loop, [&] { return peer.changes.size() == 4; });
  EXPECT_EQ(peer.changes[2].count("Progress") + peer.changes[1].count("Progress") + peer.changes[3].count("Progress"), 2U);
}

TEST_F(BusService, properties_can_be_read) {
  service.status_changed("all is well \xE9");
  Message call = peer.call_as(":1.9", "GetAll", "org.freedesktop.DBus.Properties");
  call.write("org.tykup1.Manager");
  auto properties = peer.ask(std::move(call)).value().read_properties().value();
  EXPECT_EQ(std::get<std::string>(properties.at("Version")), "9.9.9");
  EXPECT_EQ(std::get<std::string>(properties.at("State")), "idle");
  EXPECT_EQ(std::get<std::string>(properties.at("StatusText")), "all is well \xEF\xBF\xBD");
  EXPECT_EQ(std::get<std::string>(properties.at("Progress")), R"({"schema":1,"run":null})");
  EXPECT_EQ(properties.size(), 4U);
}

TEST_F(BusService, is_there_again_after_the_bus_was_restarted) {
  peer.hang_up();
  run_until(loop, [&] { return bus.connection() != nullptr && peer.connected(); });
  EXPECT_TRUE(peer.ask(peer.call_as(":1.9", "GetStatus")));
}

class SecondDaemon : public fakes::ServiceWorld, public testing::Test {};

TEST_F(SecondDaemon, is_told_that_and_where_the_first_is) {
  peer.on("RequestName", [](Message& call) { return call.reply().write(std::uint32_t{3}); });
  peer.on("GetConnectionUnixProcessID", [](Message& call) { return call.reply().write(std::uint32_t{4711}); });
  auto const started = start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::Busy);
  EXPECT_THAT(started.error().message, AllOf(HasSubstr("another tykupd"), HasSubstr("4711"), HasSubstr("org.tykup1")));
}

TEST_F(SecondDaemon, is_told_so_even_if_the_first_is_gone_again) {
  peer.on("RequestName", [](Message& call) { return call.reply().write(std::uint32_t{3}); });
  auto const started = start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::Busy);
}

TEST_F(SecondDaemon, a_name_that_the_bus_policy_denies_is_tried_again_not_fatal) {
  int tried = 0;
  peer.on("RequestName", [&tried](Message& call) {
    if (++tried < 3) return call.error_reply(SD_BUS_ERROR_ACCESS_DENIED, "not allowed to own the service");
    return call.reply().write(std::uint32_t{1});
  });
  EXPECT_TRUE(start());
  run_until(loop, [&] { return bus.connection() != nullptr; });
  EXPECT_EQ(tried, 3);
}

}  // namespace
}  // namespace tykup::systemd
