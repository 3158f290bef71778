#include "tests/unit/health/world.hpp"

namespace tykup {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Texts = std::map<std::string, std::string>;

std::vector<std::string> urls(std::string const& name, Texts const& settings, Texts const& environment = {}) {
  std::vector<std::string> out;
  for (auto const& endpoint : endpoints_of(test::component(name), settings, environment)) {
    out.push_back(endpoint.purpose + " " + endpoint.url);
  }
  return out;
}

TEST(Endpoints, AreTheDefaultsWhereNothingIsConfigured) {
  EXPECT_THAT(urls("gateway", {}),
              ElementsAre("hello http://127.0.0.1:8080/hello", "ready http://127.0.0.1:8080/ready"));
  EXPECT_THAT(urls("dashboard", {}),
              ElementsAre("hello http://127.0.0.1:3000/hello", "health http://127.0.0.1:3000/health"));
  EXPECT_THAT(urls("pump", {}), ElementsAre("health http://127.0.0.1:8083/health"));
  EXPECT_THAT(urls("mdcb", {}),
              ElementsAre("health http://127.0.0.1:8181/health", "liveness http://127.0.0.1:8181/liveness",
                          "readiness http://127.0.0.1:8181/readiness"));
  EXPECT_THAT(urls("identity-broker", {}), ElementsAre("health http://127.0.0.1:3010/health"));
  EXPECT_THAT(urls("portal", {}), ElementsAre("live http://127.0.0.1:3001/live", "ready http://127.0.0.1:3001/ready"));
  EXPECT_THAT(endpoints_of(Component{}, {}, {}), IsEmpty());
}

TEST(Endpoints, FollowTheGatewaysOwnSettings) {
  struct {
    Texts settings, environment;
    std::string hello;
  } const rows[] = {
      {{{"listen_port", "9090"}}, {}, "http://127.0.0.1:9090/hello"},
      {{{"listen_port", "9090"}}, {{"TYK_GW_LISTENPORT", "7070"}}, "http://127.0.0.1:7070/hello"},
      {{{"listen_port", "9090"}, {"control_api_port", "9191"}}, {}, "http://127.0.0.1:9191/hello"},
      {{{"listen_port", "9090"}, {"control_api_port", "0"}}, {}, "http://127.0.0.1:9090/hello"},
      {{}, {{"TYK_GW_CONTROLAPIPORT", "9696"}}, "http://127.0.0.1:9696/hello"},
      {{{"http_server_options.use_ssl", "true"}}, {}, "https://127.0.0.1:8080/hello"},
      {{{"http_server_options.use_ssl", "true"}},
       {{"TYK_GW_HTTPSERVEROPTIONS_USESSL", "false"}},
       "http://127.0.0.1:8080/hello"},
      {{}, {{"TYK_GW_HTTPSERVEROPTIONS_USESSL", "TRUE"}}, "https://127.0.0.1:8080/hello"},
      {{{"listen_address", "10.1.2.3"}}, {}, "http://10.1.2.3:8080/hello"},
      {{{"listen_address", "0.0.0.0"}}, {}, "http://127.0.0.1:8080/hello"},
      {{{"listen_address", ""}}, {}, "http://127.0.0.1:8080/hello"},
      {{{"listen_address", "::"}}, {}, "http://[::1]:8080/hello"},
      {{{"listen_address", "fd00::5"}}, {}, "http://[fd00::5]:8080/hello"},
      {{{"health_check_endpoint_name", "health"}}, {}, "http://127.0.0.1:8080/health"},
      {{{"health_check_endpoint_name", "/a/b"}}, {}, "http://127.0.0.1:8080/a/b"},
      {{{"health_check_endpoint_name", ""}}, {}, "http://127.0.0.1:8080/hello"},
      {{}, {{"TYK_GW_HEALTHCHECKENDPOINTNAME", "status"}}, "http://127.0.0.1:8080/status"},
      // What is no port is not believed.
      {{{"listen_port", "80a"}}, {}, "http://127.0.0.1:8080/hello"},
      {{{"listen_port", "-1"}}, {}, "http://127.0.0.1:8080/hello"},
      {{{"listen_port", "70000"}}, {}, "http://127.0.0.1:8080/hello"},
      // Another service's variables are not ours.
      {{}, {{"TYK_DB_LISTENPORT", "1"}, {"LISTENPORT", "2"}}, "http://127.0.0.1:8080/hello"},
  };
  for (auto const& row : rows)
    EXPECT_EQ(endpoints_of(test::component("gateway"), row.settings, row.environment).front().url, row.hello);
  EXPECT_EQ(urls("gateway", {{"readiness_check_endpoint_name", "go"}})[1], "ready http://127.0.0.1:8080/go");
}

TEST(Endpoints, FollowTheSettingsOfTheOthers) {
  EXPECT_EQ(urls("dashboard", {{"listen_port", "3333"}}, {{"TYK_DB_HTTPSERVEROPTIONS_USESSL", "true"}})[0],
            "hello https://127.0.0.1:3333/hello");
  EXPECT_EQ(urls("pump", {{"health_check_endpoint_port", "9083"}, {"health_check_endpoint_name", "ok"}})[0],
            "health http://127.0.0.1:9083/ok");
  EXPECT_EQ(urls("pump", {}, {{"TYK_PMP_HEALTHCHECKENDPOINTPORT", "9084"}})[0], "health http://127.0.0.1:9084/health");
  EXPECT_EQ(urls("mdcb", {{"listen_port", "9091"}, {"healthcheck_port", "8282"}})[0],
            "health http://127.0.0.1:8282/health");
  EXPECT_EQ(urls("mdcb", {{"http_port", "8383"}, {"healthcheck_port", "8282"}})[0],
            "health http://127.0.0.1:8383/health");
  EXPECT_EQ(urls("identity-broker", {{"Port", "3011"}, {"HttpServerOptions.UseSSL", "true"}})[0],
            "health https://127.0.0.1:3011/health");
  EXPECT_EQ(urls("identity-broker", {}, {{"TYK_IB_PORT", "3012"}})[0], "health http://127.0.0.1:3012/health");
  EXPECT_EQ(urls("portal", {{"HostPort", "4001"}, {"TLSConfig.Enable", "true"}})[0],
            "live https://127.0.0.1:4001/live");
  EXPECT_EQ(urls("portal", {}, {{"PORTAL_HOSTPORT", "4002"}, {"PORTAL_TLS_ENABLE", "true"}})[0],
            "live https://127.0.0.1:4002/live");
}

}  // namespace
}  // namespace tykup
