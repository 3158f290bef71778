#include "daemon/net/json_fields.hpp"

#include <gtest/gtest.h>

namespace tykup::net {
namespace {

struct Row {
  std::string body;
  Fields fields;
};

TEST(JsonFieldsTest, scalars_are_found_by_their_path) {
  Row const rows[] = {
      {R"({"status":"pass"})", {{"status", "pass"}}},
      {R"({"status":"pass","details":{}})", {{"status", "pass"}}},
      {R"({"details":{"redis":{"status":"fail","output":"down \"now\""}}})",
       {{"details.redis.status", "fail"}, {"details.redis.output", "down \"now\""}}},
      {R"({"components":[{"name":"rpc","status":"pass"},{"name":"redis"}]})",
       {{"components.0.name", "rpc"}, {"components.0.status", "pass"}, {"components.1.name", "redis"}}},
      {R"({"code":200,"ratio":0.5,"ok":true,"no":false,"none":null})",
       {{"code", "200"}, {"ratio", "0.5"}, {"ok", "true"}, {"no", "false"}, {"none", "null"}}},
      {R"( {"umlaut":"\u00e4"} )", {{"umlaut", "ä"}}},
  };
  for (auto const& row : rows) EXPECT_EQ(json_fields(row.body), row.fields) << row.body;
}

TEST(JsonFieldsTest, what_is_no_json_object_has_no_fields) {
  std::string const rows[] = {
      "",
      "OK",
      "Hello Tiki",
      "{",
      "{}",
      R"({"status":"pass"} trailing)",
      R"({"status":)",
      R"(["pass"])",
      R"("pass")",
      "null",
      "12",
      "{'status':'pass'}",
      "<html></html>",
      std::string("{\"status\":\"\xff\"}"),
      std::string("\0", 1),
  };
  for (auto const& body : rows) EXPECT_EQ(json_fields(body), Fields{}) << body;
}

TEST(JsonFieldsTest, a_body_that_is_nested_without_end_does_no_harm) {
  std::string deep = R"({"near":"yes","far":)";
  for (int i = 0; i < 100'000; ++i) deep += "[";
  deep += "1";
  for (int i = 0; i < 100'000; ++i) deep += "]";
  deep += "}";
  EXPECT_EQ(json_fields(deep), (Fields{{"near", "yes"}}));
}

}  // namespace
}  // namespace tykup::net
