#include "daemon/core/plugins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/plan.hpp"
#include "daemon/core/said_version.hpp"

namespace tykup {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string const kAuth = "/mw/auth.so";
std::string const kNamed = "/mw/auth_v5.8.15_linux_amd64.so";

struct Looked {
  char const* name;
  char const* release;
  char const* path;
  std::vector<std::string> places;
};
class Lookup : public testing::TestWithParam<Looked> {};

TEST_P(Lookup, is_in_the_order_of_that_gateway) {
  EXPECT_EQ(plugin_lookup(GetParam().path, *release_of(GetParam().release), "amd64"), GetParam().places);
}

INSTANTIATE_TEST_SUITE_P(
    table, Lookup,
    testing::Values(
        Looked{"today_the_version_comes_first", "5.8.15", "/mw/auth.so", {kNamed, "/mw/auth_5.8.15_linux_amd64.so", kAuth}},
        Looked{"the_first_that_does_so", "4.3.2", "/mw/auth.so", {"/mw/auth_v4.3.2_linux_amd64.so", "/mw/auth_4.3.2_linux_amd64.so", kAuth}},
        Looked{"the_last_that_takes_the_path_first", "4.3.1", "/mw/auth.so", {kAuth, "/mw/auth_v4.3.1_linux_amd64.so", "/mw/auth_4.3.1_linux_amd64.so"}},
        Looked{"the_first_that_knows_of_versions", "4.1.0", "/mw/auth.so", {kAuth, "/mw/auth_v4.1.0_linux_amd64.so", "/mw/auth_4.1.0_linux_amd64.so"}},
        Looked{"before_that_only_the_path", "4.0.12", "/mw/auth.so", {kAuth}},
        Looked{"a_candidate_uses_plugins_of_the_release", "5.8.3~rc1", "/mw/auth.so", {"/mw/auth_v5.8.3_linux_amd64.so", "/mw/auth_5.8.3_linux_amd64.so", kAuth}},
        Looked{"a_revision_of_rpm_says_nothing", "5.8.15-1", "/mw/auth.so", {kNamed, "/mw/auth_5.8.15_linux_amd64.so", kAuth}},
        Looked{"without_so", "5.8.15", "/mw/auth", {kNamed, "/mw/auth_5.8.15_linux_amd64.so", "/mw/auth"}},
        Looked{"a_versioned_path_gets_one_more", "5.8.15", "/mw/auth_v5.8.14_linux_amd64.so",
               {"/mw/auth_v5.8.14_linux_amd64_v5.8.15_linux_amd64.so", "/mw/auth_v5.8.14_linux_amd64_5.8.15_linux_amd64.so",
                "/mw/auth_v5.8.14_linux_amd64.so"}}),
    [](auto const& given) { return std::string(given.param.name); });

TEST(PluginName, says_the_release_that_it_was_built_for) {
  struct Row {
    char const* path;
    char const* release;
  };
  for (auto const& [path, release] : {Row{"/mw/auth_v5.8.15_linux_amd64.so", "5.8.15"}, Row{"/mw/auth_5.8.15_linux_arm64.so", "5.8.15"},
                                      Row{"/mw/my_auth_v10.0.0_linux_s390x.so", "10.0.0"}, Row{"auth_v5.8.15_linux_amd64", "5.8.15"}}) {
    auto const found = built_for(path);
    ASSERT_TRUE(found) << path;
    EXPECT_EQ(std::to_string(found->major) + "." + std::to_string(found->minor) + "." + std::to_string(found->patch), release);
  }
  for (auto const* path : {"", "/", ".so", "/mw/auth.so", "/mw/auth_linux_amd64.so", "/mw/_v5.8.15_linux_amd64.so", "/mw/auth_v5.8_linux_amd64.so",
                           "/mw/auth_v5.8.15.1_linux_amd64.so", "/mw/auth_vX.Y.Z_linux_amd64.so", "/mw/auth_v5.8.15_darwin_amd64.so",
                           "/mw_v5.8.15_linux_amd64/auth.so", "/mw/auth_v5.8.15-rc1_linux_amd64.so", "/mw/v5.8.15_linux_amd64.so", "_linux_", "__linux_.so"})
    EXPECT_FALSE(built_for(path)) << path;
  EXPECT_EQ(unversioned("/mw/my_auth_v5.8.15_linux_amd64.so"), "/mw/my_auth.so");
  EXPECT_EQ(unversioned("/mw/auth.so"), "/mw/auth.so");
}

TEST(PluginCompiler, is_that_of_the_edition) {
  auto const release = *release_of("5.8.15-1");
  EXPECT_EQ(plugin_compiler("tyk-gateway", release), "tykio/tyk-plugin-compiler:v5.8.15");
  EXPECT_EQ(plugin_compiler("tyk-gateway-ee", release), "tykio/tyk-plugin-compiler-ee:v5.8.15");
  EXPECT_EQ(plugin_compiler("tyk-gateway-fips", release), "tykio/tyk-plugin-compiler-fips:v5.8.15");
}

/// A Gateway whose API names auth.so, and a newer version of it.
struct Gateway {
  Config config;
  HostFacts facts;
  Memory memory;
  Instant now{1000h};
  std::string version = "5.8.15";

  Gateway() {
    for (auto const& known : tyk_components())
      if (known.name == "gateway" || known.name == "pump") config.components.push_back(known);
    config.policy.track = {Track::Kind::Latest};
    facts.components = {at("gateway", "tyk-gateway", "5.8.14", "5.8.15"), at("pump", "tyk-pump", "1.15.0", "1.16.0")};
    name(kAuth);
  }
  static ComponentFacts at(std::string const& component, std::string const& package, std::string const& from, std::string const& to) {
    ComponentFacts found{component};
    found.installed = {{package, from, "amd64"}};
    found.candidates = {{package, to, "sha-" + to, "", 0}};
    found.kept = {{package, from, "sha-" + from}};
    found.subscription.file = "x.sources";
    return found;
  }
  ComponentFacts& gateway() { return facts.components.front(); }
  PluginReference& name(std::string const& path) { return gateway().plugins.emplace_back(PluginReference{path, "Auth", "/apps/orders.json", {}}); }
  Gateway& has(std::string const& path, std::string const& digest = "sha-of-it") {
    gateway().plugins.front().files.push_back({path, digest});
    return *this;
  }
  Gateway& offers(std::string const& from, std::string const& to) {
    gateway().installed.front().version = from;
    gateway().kept.front().version = from;
    gateway().candidates.front() = {"tyk-gateway", to, "sha-5.8.15", "", 0};
    return *this;
  }
  Gateway& said(PluginVerdict verdict, std::string const& words = {}, Duration ago = 1h) {
    memory.plugins.push_back({"sha-5.8.15", "sha-of-it", "Auth", verdict, words, now - ago});
    return *this;
  }
  [[nodiscard]] Plan plan() const {
    return make_plan(config, facts, memory, now, [](std::string_view text) { return std::string(text); });
  }
  /// Why the Gateway stays; empty: it goes.
  [[nodiscard]] std::string closed() const {
    for (auto const& choice : plan().staying) {
      if (choice.component != "gateway") continue;
      std::string text;
      for (auto const& reason : choice.reasons) text += std::string(to_string(reason.gate)) + ": " + reason.text + " | " + reason.remedy + "\n";
      return text;
    }
    return {};
  }
};

TEST(PluginGate, holds_a_gateway_whose_plugin_has_no_build_and_names_the_file) {
  auto const closed = Gateway().closed();
  EXPECT_EQ(closed,
            "plugin: the Go plugin /mw/auth.so (named in /apps/orders.json) has no build for Gateway 5.8.15: /mw/auth_v5.8.15_linux_amd64.so is missing"
            " | build it with tykio/tyk-plugin-compiler:v5.8.15 as /mw/auth_v5.8.15_linux_amd64.so; tykup sees it within the hour, or: tykup check\n");
}

TEST(PluginGate, keeps_what_comes_after_the_gateway_behind_it) {
  auto const plan = Gateway().plan();
  EXPECT_THAT(plan.steps, IsEmpty());
  ASSERT_THAT(plan.staying, SizeIs(2));
  EXPECT_EQ(plan.staying[1].reasons.front().gate, Gate::Order);
}

struct Closed {
  char const* name;
  std::function<void(Gateway&)> given;
  char const* says;
};
class ClosedGate : public testing::TestWithParam<Closed> {};

TEST_P(ClosedGate, says_why) {
  Gateway gateway;
  GetParam().given(gateway);
  EXPECT_THAT(gateway.closed(), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    table, ClosedGate,
    testing::Values(
        Closed{"build_of_the_installed_version", [](Gateway& g) { g.gateway().plugins.front().path = "/mw/auth_v5.8.14_linux_amd64.so"; g.has("/mw/auth_v5.8.14_linux_amd64.so"); },
               "it would load /mw/auth_v5.8.14_linux_amd64.so, which is one for 5.8.14"},
        Closed{"build_for_another_machine", [](Gateway& g) { g.has("/mw/auth_v5.8.15_linux_arm64.so"); }, "/mw/auth_v5.8.15_linux_amd64.so is missing"},
        Closed{"build_of_a_neighbouring_version", [](Gateway& g) { g.has("/mw/auth_v5.8.16_linux_amd64.so"); }, "/mw/auth_v5.8.15_linux_amd64.so is missing"},
        Closed{"does_not_load", [](Gateway& g) { g.has(kNamed).said(PluginVerdict::Fails, "plugin.Open: other tyk"); },
               "does not load in Gateway 5.8.15, from /mw/auth_v5.8.15_linux_amd64.so: plugin.Open: other tyk"},
        Closed{"cannot_be_read", [](Gateway& g) { g.gateway().plugins.front().files = {{kNamed, "", "it is no plain file"}}; }, "and it is no plain file"},
        Closed{"nameless_and_not_to_be_checked", [](Gateway& g) { g.has(kAuth).said(PluginVerdict::Unchecked, "no sandbox"); },
               "whose name says no version: whether Gateway 5.8.15 loads it could not be checked: no sandbox"},
        Closed{"nameless_before_5_0", [](Gateway& g) { g.offers("4.3.1", "4.3.3").has(kAuth); }, "it serves the installed Gateway and is no build for 4.3.3"},
        Closed{"nameless_hides_the_named_one_before_4_3_2", [](Gateway& g) { g.offers("4.2.0", "4.3.1").has(kAuth).has("/mw/auth_v4.3.1_linux_amd64.so"); },
               "give /mw/auth.so the version that it was built for in its name"},
        Closed{"one_file_for_all_before_4_1", [](Gateway& g) { g.offers("4.0.1", "4.0.2").has(kAuth); }, "upgrade the Gateway by hand together with it"},
        Closed{"a_second_plugin", [](Gateway& g) { g.has(kNamed); g.name("/mw/log.so"); }, "/mw/log_v5.8.15_linux_amd64.so is missing"},
        Closed{"not_all_are_known", [](Gateway& g) { g.gateway().plugins.clear(); g.gateway().plugins_unknown = "cannot read /apps/x.json: it is no JSON object"; },
               "its Go plugins are not all known: cannot read /apps/x.json: it is no JSON object | put it right, then: tykup check"},
        Closed{"an_edition_has_its_own_compiler", [](Gateway& g) { g.gateway().installed.front().name = "tyk-gateway-ee"; g.gateway().candidates.front().package = "tyk-gateway-ee"; },
               "tykio/tyk-plugin-compiler-ee:v5.8.15"}),
    [](auto const& given) { return std::string(given.param.name); });

TEST(PluginGate, is_open_for_a_gateway_without_plugins) {
  Gateway gateway;
  gateway.gateway().plugins.clear();
  EXPECT_EQ(gateway.closed(), "");
  EXPECT_THAT(gateway.plan().plugin_checks, IsEmpty());
}

TEST(PluginGate, says_nothing_where_there_is_no_newer_gateway) {
  Gateway gateway;
  gateway.gateway().candidates.clear();
  EXPECT_EQ(gateway.closed(), "");
}

TEST(PluginGate, is_open_for_a_named_build_that_is_still_to_be_asked_about) {
  Gateway gateway;
  gateway.has(kNamed).has(kAuth, "old");
  EXPECT_EQ(gateway.closed(), "");
  auto const plan = gateway.plan();
  ASSERT_THAT(plan.plugin_checks, SizeIs(1));
  EXPECT_EQ(plan.plugin_checks.front().package, (PackagePin{"tyk-gateway", "5.8.15", "sha-5.8.15"}));
  EXPECT_THAT(plan.plugin_checks.front().plugins, ElementsAre(PluginBuild{kNamed, "sha-of-it", "Auth"}));
}

TEST(PluginGate, is_open_for_a_nameless_file_until_the_new_program_was_asked) {
  Gateway gateway;
  gateway.has(kAuth);
  EXPECT_EQ(gateway.closed(), "");
  EXPECT_THAT(gateway.plan().plugin_checks, SizeIs(1));
  gateway.said(PluginVerdict::Loads);
  EXPECT_EQ(gateway.closed(), "");
  EXPECT_THAT(gateway.plan().plugin_checks, IsEmpty());
}

TEST(PluginGate, asks_once_for_each_file_and_symbol) {
  Gateway gateway;
  gateway.has(kNamed);
  gateway.gateway().plugins.push_back(gateway.gateway().plugins.front());
  EXPECT_THAT(gateway.plan().plugin_checks.front().plugins, SizeIs(1));
  gateway.gateway().plugins.back().symbol = "Other";
  EXPECT_THAT(gateway.plan().plugin_checks.front().plugins, SizeIs(2));
}

TEST(PluginGate, asks_again_when_the_file_or_the_package_is_another_one) {
  Gateway gateway;
  gateway.has(kNamed).said(PluginVerdict::Fails, "no");
  gateway.gateway().plugins.front().files.front().sha256 = "built-anew";
  EXPECT_THAT(gateway.plan().plugin_checks, SizeIs(1));
  gateway.gateway().plugins.front().files.front().sha256 = "sha-of-it";
  gateway.gateway().candidates.front().sha256 = "published-again";
  EXPECT_THAT(gateway.plan().plugin_checks, SizeIs(1));
}

TEST(PluginGate, goes_by_the_name_where_the_program_could_not_be_asked_and_asks_again_later) {
  Gateway gateway;
  gateway.has(kNamed).said(PluginVerdict::Unchecked, "no sandbox", 1h);
  EXPECT_EQ(gateway.closed(), "");
  EXPECT_THAT(gateway.plan().plugin_checks, IsEmpty());
  gateway.now += 6h;
  EXPECT_THAT(gateway.plan().plugin_checks, SizeIs(1));
}

TEST(PluginGate, lets_a_nameless_file_be_asked_about_again_later) {
  Gateway gateway;
  gateway.has(kAuth).said(PluginVerdict::Unchecked, "no sandbox", 7h);
  EXPECT_EQ(gateway.closed(), "");
  EXPECT_THAT(gateway.plan().plugin_checks, SizeIs(1));
}

TEST(PluginGate, asks_nothing_of_a_gateway_before_5_0) {
  Gateway gateway;
  gateway.offers("4.3.2", "4.3.3").has("/mw/auth_v4.3.3_linux_amd64.so");
  EXPECT_EQ(gateway.closed(), "");
  EXPECT_THAT(gateway.plan().plugin_checks, IsEmpty());
}

struct Said {
  char const* name;
  char const* output;
  char const* release;  ///< empty: it says none
};
class SaidVersion : public testing::TestWithParam<Said> {};

TEST_P(SaidVersion, is_read) {
  auto const found = said_version(GetParam().output);
  std::string const text = found ? std::to_string(found->major) + "." + std::to_string(found->minor) + "." + std::to_string(found->patch) : "";
  EXPECT_EQ(text, GetParam().release);
}

INSTANTIATE_TEST_SUITE_P(
    table, SaidVersion,
    testing::Values(Said{"json", R"({"Version":"v5.8.15","BuiltBy":"x","Go":{"Version":"1.25.1"}})", "5.8.15"},
                    Said{"json_after_a_log_line", "time=\"1.2.3\" msg=x\n{\"BuiltBy\":\"y\", \"Version\": \"5.8.15-rc1\"}", "5.8.15"},
                    Said{"a_word", "v1.16.0\n", "1.16.0"}, Said{"a_sentence", "tyk-pump, version 1.16.0 (go1.23)", "1.16.0"}, Said{"nothing", "", ""},
                    Said{"an_address", "listening on 10.0.0.1", ""}, Said{"two_numbers", "5.8", ""}, Said{"a_go_version", "go1.25.1", ""},
                    Said{"dots", "1..2 .1.2 1.2.", ""}, Said{"a_crash", "panic: runtime error", ""}, Said{"huge", "99999999999999.1.1", ""}),
    [](auto const& given) { return std::string(given.param.name); });

TEST(VersionArguments, are_known_only_where_a_fact_names_them) {
  auto const known = [](ServiceKind kind, char const* version) { return version_arguments(kind, *release_of(version)).has_value(); };
  for (auto const* version : {"5.0.8", "5.0.15", "5.2.3", "5.3.0", "5.8.15", "6.0.0"}) EXPECT_TRUE(known(ServiceKind::Gateway, version)) << version;
  for (auto const* version : {"2.5.0", "4.3.9", "5.0.7", "5.1.2", "5.2.2"}) EXPECT_FALSE(known(ServiceKind::Gateway, version)) << version;
  EXPECT_TRUE(known(ServiceKind::Pump, "1.16.0"));
  EXPECT_FALSE(known(ServiceKind::Pump, "1.5.1"));
  for (auto const kind : {ServiceKind::Dashboard, ServiceKind::Mdcb, ServiceKind::IdentityBroker, ServiceKind::Portal, ServiceKind::Generic})
    EXPECT_FALSE(known(kind, "5.8.15"));
}

}  // namespace
}  // namespace tykup
