#include "daemon/core/fleet/inquiry.hpp"

#include <gtest/gtest.h>

#include "daemon/wire/prometheus_json.hpp"

namespace tykup::fleet::test {
namespace {

std::vector<OperatorGate> const kGates{{"centre", After::Datacenter, "c", {}, {}}, {"stage", After::Stage, "s", {}, {}}, {"first", After::First, "f", {}, {}}, {"other", After::First, "o", {}, {}}};

std::string names_of(std::vector<OperatorGate> const& gates) {
  std::string text;
  for (auto const& gate : gates) text += (text.empty() ? "" : " ") + gate.name;
  return text;
}

struct Reviewed {
  char const* name;
  bool begun;
  char const* other_of_stage;
  char const* other_of_centre;
  std::vector<std::string> asked;
  char const* due;
};

TEST(FleetInquiry, is_due_of_the_host_that_completes_a_first_step_a_stage_or_a_data_centre) {
  std::vector<Reviewed> const cases{
      {"the only step of its centre", false, "", "", {}, "first other stage centre"},
      {"the first of several", false, "pending/b", "pending/b", {}, "first other"},
      {"one in the middle", true, "pending/b", "pending/b", {}, ""},
      {"the last of its stage", true, "", "pending/next", {}, "stage"},
      {"the last of its centre", true, "", "", {}, "stage centre"},
      {"what has let it go on is not asked again", false, "", "", {"other", "stage"}, "first centre"},
      {"nothing is left", true, "", "", {"stage", "centre"}, ""},
  };
  for (auto const& one : cases) {
    Sight sight;
    sight.begun = one.begun;
    sight.other_of_stage = one.other_of_stage;
    sight.other_of_centre = one.other_of_centre;
    EXPECT_EQ(names_of(due_gates(kGates, sight, one.asked)), one.due) << one.name;
  }
}

TEST(FleetInquiry, holds_a_host_to_those_who_make_it_not_the_last) {
  Sight sight;
  sight.other_of_stage = "a";
  sight.other_of_centre = "b";
  EXPECT_EQ(others_of(kGates, sight), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(others_of({kGates[0]}, sight), std::vector<std::string>{"b"});
  EXPECT_TRUE(others_of({kGates[2]}, sight).empty());
}

struct Answered {
  char const* name;
  int status;
  char const* body;
  char const* problem;
  char const* closed;
};

TEST(FleetInquiry, of_prometheus_is_open_where_all_values_are_something) {
  std::vector<Answered> const cases{
      {"one", 200, R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1435781451.781,"1"]}]}})", "", ""},
      {"two", 200, R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]},{"metric":{},"value":[1,"-0.5"]}]}})", "", ""},
      {"scalar", 200, R"({"status":"success","data":{"resultType":"scalar","result":[1,"2"]}})", "", ""},
      {"infinite", 200, R"({"status":"success","data":{"resultType":"scalar","result":[1,"+Inf"]}})", "", ""},
      {"zero", 200, R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0"]}]}})", "", "1 of 1 values of the query are 0 or no number"},
      {"one of two", 200, R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]},{"metric":{},"value":[1,"0"]}]}})", "", "1 of 2 values of the query are 0 or no number"},
      {"no number", 200, R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]}]}})", "", "1 of 1 values of the query are 0 or no number"},
      {"text", 200, R"({"status":"success","data":{"resultType":"scalar","result":[1,"1x"]}})", "", "1 of 1 values of the query are 0 or no number"},
      {"a value of another shape", 200, R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{}},7]}})", "", "2 of 2 values of the query are 0 or no number"},
      {"nothing", 200, R"({"status":"success","data":{"resultType":"vector","result":[]}})", "", "the query results in nothing"},
      {"matrix", 200, R"({"status":"success","data":{"resultType":"matrix","result":[]}})", "", "the query results in no vector and no scalar"},
      {"no data", 200, R"({"status":"success"})", "", "the query results in no vector and no scalar"},
      {"no JSON", 200, "<html>", "", "the query results in no vector and no scalar"},
      {"a list", 200, "[1]", "", "the query results in no vector and no scalar"},
      {"bad query", 400, R"({"status":"error","errorType":"bad_data","error":"parse error: unexpected <eof>"})", "", "Prometheus refuses the query: parse error: unexpected <eof>"},
      {"not found", 404, "no such page", "", "Prometheus answers with HTTP status 404"},
      {"redirected", 302, "", "", "Prometheus answers with HTTP status 302"},
      {"away", 0, "", "connection refused", "Prometheus does not answer: connection refused"},
  };
  for (auto const& one : cases) EXPECT_EQ(closed_by(wire::prometheus_answer(one.status, one.body, one.problem)), one.closed) << one.name;
}

TEST(FleetInquiry, of_prometheus_goes_to_its_query_interface) {
  EXPECT_EQ(query_url({"g", After::Stage, {}, "https://prometheus:9090", "up == bool 1"}), "https://prometheus:9090/api/v1/query?query=up%20%3D%3D%20bool%201");
  EXPECT_EQ(query_url({"g", After::Stage, {}, "http://host/prom/", "a{b=\"c\"}+1"}), "http://host/prom/api/v1/query?query=a%7Bb%3D%22c%22%7D%2B1");
}

TEST(FleetInquiry, is_called_by_what_it_comes_after) {
  Rollout rollout;
  rollout.id = "r1";
  rollout.policy.strategy = Strategy::BlueGreen;
  rollout.policy.groups = {"blue", "green"};
  rollout.pins = {{"gateway", "5.8.15", {}}};
  rollout.before = {{"gateway", "5.8.14"}};
  Stage const stage{"eu-1", 1, "gateway", 0, 0};
  auto const promote = inquiry_about(rollout, stage, {});
  EXPECT_EQ(text_of(promote), "the promote hooks of gateway in eu-1 (blue)");
  EXPECT_EQ(promote.from + " " + promote.to + " " + promote.group, "5.8.14 5.8.15 blue");
  EXPECT_EQ(text_of(inquiry_about(rollout, stage, kGates[0])), "gate centre after eu-1");
  EXPECT_EQ(text_of(inquiry_about(rollout, stage, kGates[1])), "gate stage after gateway in eu-1 (blue)");
  EXPECT_EQ(text_of(inquiry_about(rollout, stage, kGates[2])), "gate first after the first host of gateway in eu-1 (blue)");
}

}  // namespace
}  // namespace tykup::fleet::test
