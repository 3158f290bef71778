#include "pkg/executor/settings.hpp"

#include <gtest/gtest.h>

namespace tykup::executor {
namespace {

struct Row {
  char const* text;
  Settings wanted;
};

class EnvironmentFiles : public testing::TestWithParam<Row> {};

TEST_P(EnvironmentFiles, are_read_as_systemd_reads_them) { EXPECT_EQ(read_environment(GetParam().text), GetParam().wanted); }

INSTANTIATE_TEST_SUITE_P(table, EnvironmentFiles,
                         testing::Values(Row{"", {}}, Row{"A=1\nB=2\n", {{"A", "1"}, {"B", "2"}}},
                                         Row{"# A=1\n; B=2\nC=3", {{"C", "3"}}},
                                         Row{"A=\"x y\" \nB='it is'\n", {{"A", "x y"}, {"B", "it is"}}},
                                         Row{"A=x y  \n", {{"A", "x y"}}}, Row{"A=\n", {{"A", ""}}},
                                         Row{"A=one\\\ntwo\nB=1", {{"A", "onetwo"}, {"B", "1"}}},
                                         Row{"A=\"a\\\"b\\$c\"\n", {{"A", "a\"b$c"}}}, Row{"no assignment\nA=1", {{"A", "1"}}},
                                         Row{"A=a=b", {{"A", "a=b"}}}, Row{"A=\"unfinished", {{"A", "unfinished"}}},
                                         Row{"A=1\nA=2", {{"A", "2"}}}));

TEST(Flatten, gives_every_scalar_its_path) {
  auto const flat = flatten(R"({"listen_port":8080,"http_server_options":{"use_ssl":true},"hosts":["a","b"],"none":null})");
  EXPECT_EQ(flat, (Settings{{"listen_port", "8080"}, {"http_server_options.use_ssl", "true"}, {"hosts.0", "a"}, {"hosts.1", "b"}}));
}

TEST(Flatten, a_text_that_is_no_object_has_none) {
  for (auto const* text : {"", "[1]", "{", "8080", "\"x\""}) EXPECT_TRUE(flatten(text).empty()) << text;
}

}  // namespace
}  // namespace tykup::executor
