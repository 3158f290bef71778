#include "daemon/wire/job_json.hpp"

#include <gtest/gtest.h>

#include "daemon/wire/facts_json.hpp"

namespace tykup::wire {
namespace {

using namespace job;

PackagePin const kPin{"tyk-gateway", "5.8.15", "ab12"};
StepId const kStep{"r-1", "gateway"};
Instant const kAt{std::chrono::seconds{1795400000} + std::chrono::microseconds{250}};

HostFacts a_host() {
  ComponentFacts gateway;
  gateway.component = "gateway";
  gateway.installed = {{"tyk-gateway", "5.8.14", "amd64", "unpacked", true, "pin -1", true}};
  gateway.candidates = {{"tyk-gateway", "5.8.15", "ab12", "https://x/ bookworm", 42, 43}};
  gateway.kept = {{"tyk-gateway", "5.8.14", "cd34"}};
  gateway.unit = {"tyk-gateway.service", "loaded", "active", "running", "enabled", 77, 2, kAt};
  gateway.endpoints = {{"hello", "http://127.0.0.1:8080/hello"}};
  gateway.subscription = {"/etc/apt/x.sources", "https://x/", "bookworm", "F3", kAt, std::nullopt, "expires soon"};
  gateway.problem = "no configuration";
  gateway.spread = {{"/", 4096, 3}, {"/opt", std::uint64_t{1} << 40, 1}};
  gateway.own_bytes = 77;
  HostFacts host{PackageFormat::Rpm, "el 9", "x86_64", {gateway}, {"nginx (half-configured)"}};
  host.hooks = {"pre-step.d/10-drain"};
  host.hook_problems = {"pre-run.d/x is no program"};
  host.file_systems = {{"/", 1 << 20, 12}, {"/opt", 0, std::nullopt}};
  host.folders = {{"archive", "/"}, {"database", "/opt"}};
  host.reboots = {{"a kernel", std::nullopt}, {"root", kAt}};
  host.other_actors = {{"unattended-upgrades", "upgrades", "keep it off"}};
  return host;
}

class RequestsComeBack : public testing::TestWithParam<Operation> {};

TEST_P(RequestsComeBack, as_they_were_written) {
  Request const request{"job-1", GetParam()};
  auto const line = request_line(request);
  auto const back = read_request(line);
  ASSERT_TRUE(back) << back.error().message << "\n" << line;
  EXPECT_EQ(back->id, "job-1");
  EXPECT_EQ(back->operation.index(), GetParam().index());
  EXPECT_EQ(request_line(*back), line);
}

INSTANTIATE_TEST_SUITE_P(every_operation, RequestsComeBack,
                         testing::Values(Operation{Inspect{{"gateway", "pump"}}}, Operation{Refresh{}},
                                         Operation{Download{"gateway", {kPin}}}, Operation{Backup{kStep}}, Operation{Backup{kStep, "20261115T020000Z-abcdef"}},
                                         Operation{Apply{kStep, Apply::Direction::Rollback, {kPin}, std::chrono::seconds{7}}},
                                         Operation{Restart{kStep}}, Operation{Restore{kStep}}, Operation{Recover{}},
                                         Operation{Hook{kStep, Hook::Point::PostStep, "5.8.14", "1:5.8.15~rc1+b-1", "rolled-back"}},
                                         Operation{Hook{kStep, Hook::Point::Gate, "5.8.14", "5.8.15", "", Hook::OfFleet{"eu-1", "canary", "stage", "error_rate", std::chrono::seconds{9}}}},
                                         Operation{ResultOf{"job-0", std::chrono::seconds{30}}},
                                         Operation{CheckPlugin{{"gateway", kPin, {{"/mw/a.so", "ff", "A"}}}}}));

TEST(Request, apply_keeps_every_field) {
  auto const back = read_request(
      request_line({"j", Apply{kStep, Apply::Direction::Reinstall, {kPin}, std::chrono::microseconds{1500001}}}));
  ASSERT_TRUE(back);
  auto const& apply = std::get<Apply>(back->operation);
  EXPECT_EQ(apply.step, kStep);
  EXPECT_EQ(apply.direction, Apply::Direction::Reinstall);
  EXPECT_EQ(apply.packages, std::vector{kPin});
  EXPECT_EQ(apply.lock_wait, std::chrono::microseconds{1500001});
}

class OutcomesComeBack : public testing::TestWithParam<Outcome> {};

TEST_P(OutcomesComeBack, as_they_were_written) {
  auto const line = final_line(GetParam());
  auto const back = read_answer(line);
  ASSERT_TRUE(back) << back.error().message << "\n" << line;
  auto const& outcome = std::get<Result<Outcome>>(*back);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->index(), GetParam().index());
  EXPECT_EQ(final_line(outcome), line);
}

Outcome a_restart() {
  return Restarted{true, kAt, {"x.service", "loaded", "active", "running", "enabled", 7, 0, kAt}, {"note"}};
}

INSTANTIATE_TEST_SUITE_P(
    every_outcome, OutcomesComeBack,
    testing::Values(Outcome{Inspected{a_host()}},
                    Outcome{Refreshed{{{"https://x/", "bookworm", Error{ErrorKind::RepositoryExpired, "m", "d"}}, {"u", "s"}}}},
                    Outcome{Downloaded{{{"p", "1", "ff"}}, Error{ErrorKind::NoWayBack, "gone"}}},
                    Outcome{Downloaded{{}, {}}}, Outcome{BackedUp{"/b/r/gateway.tar.zst", true}},
                    Outcome{Applied{{{"p", "1", "amd64"}}, {"put back /x"}}}, a_restart(), Outcome{Restored{{"/x"}}},
                    Outcome{Recovered{{"p"}}}, Outcome{Hooked{{"pre-run.d/10-ask", "pre-run.d/20-drain"}}},
                    Outcome{PluginsChecked{{{"ff", "ee", "A", PluginVerdict::Fails, "plugin.Open: no", kAt}, {"ff", "dd", ""}}}}));

TEST(Answer, progress_of_unknown_percent_stays_unknown) {
  auto const back = read_answer(progress_line({"unpack", -1, "Unpacking"}));
  ASSERT_TRUE(back);
  auto const& progress = std::get<Progress>(*back);
  EXPECT_EQ(progress.phase, "unpack");
  EXPECT_LT(progress.percent, 0);
  EXPECT_EQ(progress.message, "Unpacking");
}

TEST(Answer, an_error_keeps_kind_and_words) {
  Error const error{ErrorKind::LockHeld, "held by 7 (apt)", "raw"};
  auto const back = read_answer(final_line(fail(error)));
  ASSERT_TRUE(back);
  EXPECT_EQ(std::get<Result<Outcome>>(*back).error(), error);
}

TEST(Answer, bytes_that_are_no_utf8_do_not_break_the_line) {
  auto const line = final_line(fail(ErrorKind::PackageFailed, "dpkg said \xff\xfe", "a\nb"));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_TRUE(read_answer(line));
}

struct Bad {
  char const* name;
  char const* line;
  char const* says;
};

class BadRequests : public testing::TestWithParam<Bad> {};

TEST_P(BadRequests, are_refused_with_their_place) {
  auto const result = read_request(GetParam().line);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::BadRequest);
  EXPECT_NE(result.error().message.find(GetParam().says), std::string::npos) << result.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    table, BadRequests,
    testing::Values(
        Bad{"empty", "", "request: is not JSON"},
        Bad{"no_json", "GET / HTTP/1.1", "is not JSON"},
        Bad{"cut_off", R"({"protocol":1,"job":"a")", "is not JSON"},
        Bad{"two_documents", R"({} {})", "is not JSON"},
        Bad{"list", "[]", "request: must be an object"},
        Bad{"nothing_in_it", "{}", "\"protocol\" is missing"},
        Bad{"no_plugin_to_check",
            R"({"protocol":1,"job":"a","operation":"check-plugin","arguments":{"component":"gateway","package":{"name":"p","version":"1","sha256":"f"},"plugins":[]}})",
            "must name at least one plugin"},
        Bad{"a_plugin_without_a_digest",
            R"({"protocol":1,"job":"a","operation":"check-plugin","arguments":{"component":"gateway","package":{"name":"p","version":"1","sha256":"f"},"plugins":[{"path":"/a.so","symbol":"A"}]}})",
            "\"sha256\" is missing"},
        Bad{"protocol_as_text", R"({"protocol":"1","job":"a","operation":"refresh","arguments":{}})", "request.protocol"},
        Bad{"unknown_field", R"({"protocol":1,"job":"a","operation":"refresh","argument":{}})", "did you mean \"arguments\"?"},
        Bad{"unknown_operation", R"({"protocol":1,"job":"a","operation":"remove","arguments":{}})", "unknown operation \"remove\""},
        Bad{"id_with_slash", R"({"protocol":1,"job":"../a","operation":"refresh","arguments":{}})", "request.job"},
        Bad{"id_begins_with_dot", R"({"protocol":1,"job":".a","operation":"refresh","arguments":{}})", "request.job"},
        Bad{"empty_id", R"({"protocol":1,"job":"","operation":"refresh","arguments":{}})", "request.job"},
        Bad{"argument_too_many", R"({"protocol":1,"job":"a","operation":"refresh","arguments":{"force":true}})", "request.arguments: unknown field \"force\""},
        Bad{"gate_of_no_fleet", R"({"protocol":1,"job":"a","operation":"hook","arguments":{"step":{"run":"a","component":"x"},"point":"gate","from":"","to":"","result":""}})", "are of a fleet"},
        Bad{"gate_with_a_path", R"({"protocol":1,"job":"a","operation":"hook","arguments":{"step":{"run":"a","component":"x"},"point":"gate","from":"","to":"","result":"","fleet":{"datacenter":"eu","group":"","after":"stage","gate":"../x","limit_us":1}}})", "arguments.fleet.gate"},
        Bad{"gate_of_no_file", R"({"protocol":1,"job":"a","operation":"hook","arguments":{"step":{"run":"a","component":"x"},"point":"gate","from":"","to":"","result":"","fleet":{"datacenter":"eu","group":"","after":"stage","gate":"","limit_us":1}}})", "names one file"},
        Bad{"undone_run_with_slash", R"({"protocol":1,"job":"a","operation":"backup","arguments":{"step":{"run":"a","component":"x"},"undoes":"../b"}})", "arguments.undoes"},
        Bad{"run_with_slash", R"({"protocol":1,"job":"a","operation":"backup","arguments":{"step":{"run":"a/b","component":"x"}}})", "arguments.step.run"},
        Bad{"no_packages", R"({"protocol":1,"job":"a","operation":"apply","arguments":{"step":{"run":"a","component":"x"},"direction":"upgrade","packages":[]}})", "at least one package"},
        Bad{"pin_without_digest", R"({"protocol":1,"job":"a","operation":"download","arguments":{"component":"x","packages":[{"name":"p","version":"1"}]}})", "packages[0]: field \"sha256\" is missing"},
        Bad{"other_direction", R"({"protocol":1,"job":"a","operation":"apply","arguments":{"step":{"run":"a","component":"x"},"direction":"purge","packages":[{"name":"p","version":"1","sha256":""}]}})", "direction: must be"},
        Bad{"negative_wait", R"({"protocol":1,"job":"a","operation":"result","arguments":{"job":"b","wait_us":-1}})", "wait_us"},
        Bad{"huge_wait", R"({"protocol":1,"job":"a","operation":"result","arguments":{"job":"b","wait_us":18446744073709551615}})", "wait_us"}),
    [](auto const& test) { return std::string(test.param.name); });

TEST(Requests, of_another_version_are_told_apart_from_bad_ones) {
  for (auto const* line : {R"({"protocol":2,"job":"a","operation":"refresh","arguments":{}})", R"({"protocol":0})",
                           R"({"protocol":2,"new":1})"}) {
    auto const request = read_request(line);
    ASSERT_FALSE(request) << line;
    EXPECT_EQ(request.error().kind, ErrorKind::OtherVersion) << line;
  }
  for (auto const* line : {R"({"protocol":"2"})", R"({"protocol":1.5})", R"({"protocol":null})", "[2]", "2"})
    EXPECT_EQ(read_request(line).error().kind, ErrorKind::BadRequest) << line;
}

TEST(BadAnswers, are_refused) {
  for (auto const* line : {"", "{}", R"({"ok":{}})", R"({"ok":{"done":{}}})", R"({"ok":{"restored":{"files":[]}},"error":{}})",
                           R"({"error":{"code":"internal"}})", R"({"ok":{"restored":{"files":[1]}}})"}) {
    EXPECT_FALSE(read_answer(line)) << line;
  }
}

TEST(Ids, become_file_names_safely) {
  EXPECT_TRUE(is_id("r-20261123T020000.1_a"));
  EXPECT_TRUE(is_id(std::string(120, 'a')));
  for (auto const* id : {"", ".", "..", ".a", "a/b", "a b", "a\n", "ä"}) EXPECT_FALSE(is_id(id)) << id;
  EXPECT_FALSE(is_id(std::string(121, 'a')));
}

}  // namespace
}  // namespace tykup::wire
