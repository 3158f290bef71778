#include "pkg/executor/api_definitions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tykup::executor {
namespace {

struct Defined {
  char const* name;
  char const* text;
  std::vector<std::string> named;  ///< "PATH SYMBOL", and "bundle NAME"
};
class Definition : public testing::TestWithParam<Defined> {};

std::vector<std::string> names_of(Result<ApiPlugins> const& found) {
  std::vector<std::string> out;
  if (!found) return {"error: " + found.error().message};
  for (auto const& plugin : found->plugins) out.push_back(plugin.path + " " + plugin.symbol);
  for (auto const& bundle : found->bundles) out.push_back("bundle " + bundle);
  return out;
}

TEST_P(Definition, names_its_plugins) { EXPECT_EQ(names_of(plugins_of_definition(GetParam().text)), GetParam().named); }

INSTANTIATE_TEST_SUITE_P(
    good, Definition,
    testing::Values(
        Defined{"classic_hooks", R"({"custom_middleware":{"driver":"goplugin","pre":[{"name":"A","path":"a.so"}],"post_key_auth":[{"name":"B","path":"b.so"}],
          "post":[{"name":"C","path":"c.so"}],"response":[{"name":"D","path":"d.so"}],"auth_check":{"name":"E","path":"e.so"}}})",
                {"a.so A", "b.so B", "c.so C", "d.so D", "e.so E"}},
        Defined{"classic_for_one_path", R"({"version_data":{"versions":{"Default":{"extended_paths":{"go_plugin":[{"plugin_path":"a.so","func_name":"A"},
          {"plugin_path":"b.so","func_name":"B","disabled":true}]}},"v2":{"extended_paths":{"go_plugin":[{"plugin_path":"c.so","func_name":"C"}]}}}}})",
                {"a.so A", "c.so C"}},
        Defined{"classic_analytics", R"({"analytics_plugin":{"enable":true,"plugin_path":"a.so","func_name":"A"}})", {"a.so A"}},
        Defined{"classic_bundles", R"({"custom_middleware_bundle":"one.zip, two.zip"})", {"bundle one.zip", "bundle two.zip"}},
        Defined{"the_same_twice", R"({"custom_middleware":{"driver":"goplugin","pre":[{"name":"A","path":"a.so"},{"name":"A","path":"a.so"}]}})", {"a.so A"}},
        Defined{"wrapped", R"({"api_definition":{"custom_middleware":{"driver":"goplugin","pre":[{"name":"A","path":"a.so"}]}}})", {"a.so A"}},
        Defined{"oas_hooks", R"({"openapi":"3.0.3","x-tyk-api-gateway":{"middleware":{"global":{"pluginConfig":{"driver":"goplugin"},
          "prePlugins":[{"enabled":true,"functionName":"A","path":"a.so"}],"postAuthenticationPlugins":[{"enabled":true,"functionName":"B","path":"b"}],
          "postPlugins":[{"enabled":false,"functionName":"X","path":"x.so"}],"responsePlugins":[{"functionName":"D","path":"d.so"}]}}}})",
                {"b B", "a.so A", "d.so D"}},
        Defined{"oas_old_hooks", R"({"x-tyk-api-gateway":{"middleware":{"global":{"pluginConfig":{"driver":"goplugin"},
          "prePlugin":{"plugins":[{"enabled":true,"functionName":"A","path":"a.so"}]}}}}})", {"a.so A"}},
        Defined{"oas_for_one_operation", R"({"x-tyk-api-gateway":{"middleware":{"operations":{"getOrders":{"postPlugins":[{"enabled":true,"functionName":"A",
          "path":"a.so"}]}}}}})", {"a.so A"}},
        Defined{"oas_authentication", R"({"x-tyk-api-gateway":{"middleware":{"global":{"pluginConfig":{"driver":"goplugin"}}},
          "server":{"authentication":{"custom":{"enabled":true,"config":{"enabled":true,"functionName":"A","path":"a.so"}}}}}})", {"a.so A"}},
        Defined{"oas_analytics", R"({"x-tyk-api-gateway":{"server":{"customAnalyticsPlugin":{"enabled":true,"functionName":"A","pluginPath":"a.so"}}}})", {"a.so A"}},
        Defined{"oas_bundle", R"({"x-tyk-api-gateway":{"middleware":{"global":{"pluginConfig":{"bundle":{"enabled":true,"path":"one.zip"}}}}}})", {"bundle one.zip"}}),
    [](auto const& given) { return std::string(given.param.name); });

INSTANTIATE_TEST_SUITE_P(
    nothing, Definition,
    testing::Values(
        Defined{"empty_object", "{}", {}}, Defined{"no_json", "plugin", {"error: it is no JSON object"}}, Defined{"empty", "", {"error: it is no JSON object"}},
        Defined{"cut_off", R"({"custom_middleware":{"driver":"gop)", {"error: it is no JSON object"}}, Defined{"list", "[]", {"error: it is no JSON object"}},
        Defined{"no_utf8", "{\"\xff\":1}", {"error: it is no JSON object"}},
        Defined{"another_driver", R"({"custom_middleware":{"driver":"otto","pre":[{"name":"A","path":"a.js"}]}})", {}},
        Defined{"no_driver", R"({"custom_middleware":{"pre":[{"name":"A","path":"a.so"}]}})", {}},
        Defined{"switched_off", R"({"custom_middleware":{"driver":"goplugin","pre":[{"name":"A","path":"a.so","disabled":true}]},
          "analytics_plugin":{"plugin_path":"a.so","func_name":"A"},"custom_middleware_bundle":"x.zip","custom_middleware_bundle_disabled":true})", {}},
        Defined{"wrong_types", R"({"custom_middleware":{"driver":"goplugin","pre":7,"post":[null,1,"x",[]],"auth_check":[]},"version_data":[],
          "analytics_plugin":"x","custom_middleware_bundle":{}})", {}},
        Defined{"wrong_types_below", R"({"version_data":{"versions":{"a":null,"b":{"extended_paths":7},"c":{"extended_paths":{"go_plugin":{"plugin_path":7}}}}}})", {}},
        Defined{"empty_path", R"({"custom_middleware":{"driver":"goplugin","pre":[{"name":"A","path":""}],"auth_check":{"name":"","path":""}}})", {}},
        Defined{"oas_script", R"({"x-tyk-api-gateway":{"middleware":{"global":{"pluginConfig":{"driver":"otto"},"prePlugins":[{"functionName":"A","path":"a.js"}]}}}})", {}},
        Defined{"oas_virtual_endpoint", R"({"x-tyk-api-gateway":{"middleware":{"global":{"pluginConfig":{"driver":"goplugin"}},
          "operations":{"x":{"virtualEndpoint":{"enabled":true,"functionName":"A","path":"a.js"}}}}}})", {}},
        Defined{"oas_switched_off_above", R"({"x-tyk-api-gateway":{"server":{"authentication":{"enabled":false,"custom":{"config":{"functionName":"A","path":"a.so"}}}}}})", {}},
        Defined{"oas_wrong_types", R"({"x-tyk-api-gateway":[{"middleware":7},null],"oas":"x"})", {}},
        Defined{"oas_wrong_types_below", R"({"x-tyk-api-gateway":{"middleware":{"global":[],"operations":[{"path":7,"functionName":[]}]}}})", {}}),
    [](auto const& given) { return std::string(given.param.name); });

TEST(DeepDefinition, is_read_only_so_far) {
  std::string text = R"({"x-tyk-api-gateway":)";
  for (int i = 0; i < 5000; ++i) text += R"({"a":)";
  text += R"({"functionName":"A","path":"a.so"})" + std::string(5001, '}');
  EXPECT_EQ(names_of(plugins_of_definition(text)), std::vector<std::string>{});
}

TEST(Manifest, names_the_plugins_of_its_bundle_and_no_scripts) {
  auto const go = plugins_of_manifest(R"({"file_list":["a.so"],"custom_middleware":{"driver":"goplugin","post":[{"name":"A","path":"a.so"}]}})");
  ASSERT_TRUE(go);
  EXPECT_THAT(*go, testing::ElementsAre(NamedPlugin{"a.so", "A"}));
  auto const python = plugins_of_manifest(R"({"custom_middleware":{"driver":"python","post":[{"name":"A","path":"a.py"}]}})");
  ASSERT_TRUE(python);
  EXPECT_TRUE(python->empty());
  for (auto const* bad : {"", "[]", "{", "manifest"}) EXPECT_FALSE(plugins_of_manifest(bad)) << bad;
}

}  // namespace
}  // namespace tykup::executor
