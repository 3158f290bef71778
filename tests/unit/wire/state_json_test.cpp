#include "daemon/wire/state_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "daemon/wire/state_fields.hpp"
#include "tests/fakes/filled_states.hpp"

namespace tykup::wire {
namespace {

using fakes::filled;
using fakes::same;
using nlohmann::json;
using testing::HasSubstr;

TEST(StateJsonTest, every_state_comes_back_as_it_was) {
  auto const states = fakes::filled_states();
  ASSERT_EQ(states.size(), std::variant_size_v<rollout::Phase>);
  for (auto const& state : states) {
    auto const read = parse_state(state_text(state));
    ASSERT_TRUE(read) << rollout::name_of(state.phase) << ": " << read.error().message;
    EXPECT_TRUE(same(*read, state)) << state_text(state) << "\n" << state_text(*read);
  }
}

TEST(StateJsonTest, every_empty_state_comes_back_as_it_was) {
  for (auto const& filled_state : fakes::filled_states()) {
    rollout::State empty;
    std::visit([&](auto const& phase) { empty.phase = std::decay_t<decltype(phase)>{}; }, filled_state.phase);
    auto const read = parse_state(state_text(empty));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(same(*read, empty)) << state_text(empty);
    EXPECT_FALSE(same(*read, filled_state));
  }
}

TEST(StateJsonTest, every_run_comes_back_as_it_was) {
  for (auto const& run : {filled<rollout::RunRecord>(), rollout::RunRecord{}}) {
    auto const read = parse_run(run_text(run));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(same(*read, run)) << run_text(run);
  }
}

TEST(StateJsonTest, the_ends_of_time_come_back) {
  rollout::State state;
  for (auto const at : {Instant::min(), Instant::max(), Instant{Duration{-1}}}) {
    state.phase = rollout::phase::Idle{{}, at};
    auto const read = parse_state(state_text(state));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(std::get<rollout::phase::Idle>(read->phase).wake, at);
  }
}

TEST(StateJsonTest, bytes_that_are_no_text_do_no_harm) {
  rollout::RunRecord run;
  run.reason = "log: \xff\xfe";
  auto const read = parse_run(run_text(run));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->reason, "log: \xef\xbf\xbd\xef\xbf\xbd");
}

TEST(StateJsonTest, every_error_kind_keeps_its_name) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::Internal); ++kind) {
    rollout::phase::RollingBack phase;
    phase.cause.kind = static_cast<ErrorKind>(kind);
    rollout::State state;
    state.phase = phase;
    auto const read = parse_state(state_text(state));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(std::get<rollout::phase::RollingBack>(read->phase).cause.kind, phase.cause.kind);
  }
}

template <typename Enum>
std::string word(Enum value) {
  return FieldWriter::write(value).template get<std::string>();
}

TEST(StateJsonTest, stored_words_stay_what_they_are) {
  for (int gate = 0; gate <= static_cast<int>(Gate::Lock); ++gate) {
    EXPECT_EQ(word(static_cast<Gate>(gate)), to_string(static_cast<Gate>(gate)));
  }
  EXPECT_EQ(word(ServiceKind::Gateway), "gateway");
  EXPECT_EQ(word(ServiceKind::Dashboard), "dashboard");
  EXPECT_EQ(word(ServiceKind::Pump), "pump");
  EXPECT_EQ(word(ServiceKind::Mdcb), "mdcb");
  EXPECT_EQ(word(ServiceKind::IdentityBroker), "identity_broker");
  EXPECT_EQ(word(ServiceKind::Portal), "portal");
  EXPECT_EQ(word(ServiceKind::Generic), "generic");
  EXPECT_EQ(word(Probe::Kind::Tcp), "tcp");
  EXPECT_EQ(word(Probe::Kind::Http), "http");
  EXPECT_EQ(word(rollout::Trigger::Window), "window");
  EXPECT_EQ(word(rollout::Trigger::Operator), "operator");
  EXPECT_EQ(word(rollout::StepResult::Pending), "pending");
  EXPECT_EQ(word(rollout::StepResult::Done), "done");
  EXPECT_EQ(word(rollout::StepResult::NotDone), "not_done");
  EXPECT_EQ(word(rollout::StepResult::RolledBack), "rolled_back");
  EXPECT_EQ(word(rollout::StepResult::NeedsAdmin), "needs_admin");
  EXPECT_EQ(word(rollout::RunResult::Running), "running");
  EXPECT_EQ(word(rollout::RunResult::Done), "done");
  EXPECT_EQ(word(rollout::RunResult::Partial), "partial");
  EXPECT_EQ(word(rollout::RunResult::Stopped), "stopped");
  EXPECT_EQ(word(rollout::RunResult::NeedsAdmin), "needs_admin");
}

struct Bad {
  char const* name;
  std::string text;
  char const* message;
};

json sample() {
  for (auto const& state : fakes::filled_states()) {
    if (std::holds_alternative<rollout::phase::Applying>(state.phase)) return json::parse(state_text(state));
  }
  return {};
}

/// The sample after a change at one place.
std::string changed(char const* place, json const& value) {
  auto document = sample();
  document[json::json_pointer(place)] = value;
  return document.dump();
}

std::string without(char const* place, char const* key) {
  auto document = sample();
  document[json::json_pointer(place)].erase(key);
  return document.dump();
}

TEST(StateJsonTest, what_is_not_exactly_a_state_is_refused_with_its_place) {
  ASSERT_TRUE(parse_state(sample().dump()));
  Bad const rows[] = {
      {"nothing", "", "it is no JSON"},
      {"half", state_text({}).substr(0, 20), "it is no JSON"},
      {"a list", "[]", "state is not an object"},
      {"empty", "{}", "state: \"phase\" is missing"},
      {"a phase of tomorrow", changed("/phase", "dreaming"), "phase is \"dreaming\", which this version does not know"},
      {"another phase's fields", changed("/phase", "idle"), "idle: \"plan\" is missing"},
      {"a field too many", changed("/fields/later", 1), "applying holds a field that this version does not know"},
      {"a field too many above", changed("/later", 1), "state holds a field that this version does not know"},
      {"a field too few", without("/fields/run/record/steps/1/step", "from"),
       "applying.run.record.steps[1].step: \"from\" is missing"},
      {"a word of tomorrow", changed("/fields/run/record/steps/0/result", "vanished"),
       "applying.run.record.steps[0].result is \"vanished\", which this version does not know"},
      {"a number as text", changed("/fields/attempt", "1"), "applying.attempt is not a whole number"},
      {"a fraction", changed("/fields/attempt", 1.5), "applying.attempt is not a whole number"},
      {"a negative count", changed("/fields/attempt", -1), "applying.attempt is out of range"},
      {"a count beyond its type", changed("/fields/attempt", 4294967296), "applying.attempt is out of range"},
      {"a text as number", changed("/fields/run/record/id", 1), "applying.run.record.id is not a text"},
      {"a flag as text", changed("/fields/run/stop_requested", "yes"),
       "applying.run.stop_requested is not true or false"},
      {"a list as object", changed("/fields/endpoints", json::object()), "applying.endpoints is not a list"},
      {"a null that is none", changed("/standing/hindrance", nullptr), "state.standing.hindrance is not a text"},
      {"a map as list", changed("/standing/source_problems", json::array()),
       "state.standing.source_problems is not an object"},
  };
  for (auto const& row : rows) {
    SCOPED_TRACE(row.name);
    auto const read = parse_state(row.text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, ErrorKind::StateUnusable);
    EXPECT_EQ(read.error().message, row.message);
  }
}

TEST(StateJsonTest, a_run_is_read_as_strictly) {
  auto document = json::parse(run_text(filled<rollout::RunRecord>()));
  document["trigger"] = "moon";
  auto const read = parse_run(document.dump());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "run.trigger is \"moon\", which this version does not know");
}

}  // namespace
}  // namespace tykup::wire
