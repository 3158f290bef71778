#include "settings.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>

namespace standin {
namespace {

using nlohmann::json;

/// Whether this version writes RFC 3339 times and `message` (5.8.15, 5.13.1, 5.14.0 and later; Pump 1.16.0).
bool new_log_format(Self const& self) {
  if (self.component == "pump") return at_least(self.version, "1.16.0");
  if (self.component != "gateway" && self.component != "dashboard") return false;
  auto const n = numbers_of(self.version);
  if (n.size() < 2) return false;
  if (n[0] == 5 && n[1] == 8) return at_least(self.version, "5.8.15");
  if (n[0] == 5 && n[1] == 13) return at_least(self.version, "5.13.1");
  return at_least(self.version, "5.14.0");
}

std::string now_as(char const* format) {
  std::time_t const now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &utc)};
}

json default_config(Self const& self) {
  if (self.component == "gateway") return {{"listen_port", 8080}, {"storage", {{"type", "redis"}}}};
  return json::object();
}

[[noreturn]] void refuse_config(Self const& self, std::string const& why) {
  if (self.component == "gateway" && at_least(self.version, "5.3.0"))
    log(self, "error", "Error loading config, using defaults: couldn't unmarshal config: " + why);
  log(self, "fatal", "Error initialising system: couldn't unmarshal config: " + why);
  std::exit(1);
}

json read_config(Self const& self, std::string const& path) {
  std::ifstream file(path);
  if (!file) {
    log(self, "warning", "No config file found, writing default to " + path);
    auto const made = default_config(self);
    std::ofstream(path) << made.dump(2) << "\n";
    return made;
  }
  auto const parsed = json::parse(file, nullptr, false, true);
  if (!parsed.is_object()) refuse_config(self, "invalid character in " + path);
  return parsed;
}

char const* environment(std::string const& name) { return std::getenv(name.c_str()); }

void set(int& out, json const& where, char const* key, std::string const& variable) {
  out = where.value(key, out);
  if (auto const* text = environment(variable)) out = std::atoi(text);
}
void set(std::string& out, json const& where, char const* key, std::string const& variable) {
  out = where.value(key, out);
  if (auto const* text = environment(variable)) out = text;
}
void set(bool& out, json const& where, char const* key, std::string const& variable) {
  out = where.value(key, out);
  if (auto const* text = environment(variable)) out = std::string(text) == "true";
}

json section(json const& config, char const* name) {
  return config.contains(name) && config[name].is_object() ? config[name] : json::object();
}

/// "http_server_options" of Gateway, Dashboard and MDCB.
void read_tls(Settings& s, json const& config, std::string const& prefix) {
  auto const options = section(config, "http_server_options");
  set(s.tls, options, "use_ssl", prefix + "HTTPSERVEROPTIONS_USESSL");
  if (!options.contains("certificates") || options["certificates"].empty()) return;
  s.certificate = options["certificates"][0].value("cert_file", "");
  s.key = options["certificates"][0].value("key_file", "");
}

Settings gateway(json const& config) {
  Settings s;
  s.port = 8080;
  s.health_path = "hello";
  set(s.address, config, "listen_address", "TYK_GW_LISTENADDRESS");
  set(s.port, config, "listen_port", "TYK_GW_LISTENPORT");
  int control = 0;
  set(control, config, "control_api_port", "TYK_GW_CONTROLAPIPORT");
  if (control != 0) s.port = control;
  set(s.health_path, config, "health_check_endpoint_name", "TYK_GW_HEALTHCHECKENDPOINTNAME");
  set(s.ready_path, config, "readiness_check_endpoint_name", "TYK_GW_READINESSCHECKENDPOINTNAME");
  set(s.uses_dashboard, config, "use_db_app_configs", "TYK_GW_USEDBAPPCONFIGS");
  std::string source;
  set(source, section(config, "policies"), "policy_source", "TYK_GW_POLICIES_POLICYSOURCE");
  s.uses_rpc = source == "rpc";
  long long const tick = section(config, "liveness_check").value("check_duration", 0LL);  // a Go duration: nanoseconds
  if (tick > 0) s.tick = std::chrono::milliseconds(tick / 1000000);
  read_tls(s, config, "TYK_GW_");
  return s;
}

Settings dashboard(json const& config) {
  Settings s;
  s.port = 3000;
  s.health_path = "hello";
  set(s.port, config, "listen_port", "TYK_DB_LISTENPORT");
  set(s.health_path, config, "health_check_endpoint_name", "TYK_DB_HEALTHCHECKENDPOINTNAME");
  read_tls(s, config, "TYK_DB_");
  return s;
}

Settings pump(json const& config) {
  Settings s;
  s.port = 8083;
  s.health_path = "health";
  set(s.port, config, "health_check_endpoint_port", "TYK_PMP_HEALTHCHECKENDPOINTPORT");
  set(s.health_path, config, "health_check_endpoint_name", "TYK_PMP_HEALTHCHECKENDPOINTNAME");
  return s;
}

Settings mdcb(json const& config) {
  Settings s;
  s.port = 8181;
  s.health_path = "health";
  set(s.port, config, "healthcheck_port", "TYK_MDCB_HEALTHCHECKPORT");
  set(s.port, config, "http_port", "TYK_MDCB_HTTPPORT");
  read_tls(s, config, "TYK_MDCB_");
  return s;
}

Settings identity_broker(json const& config) {
  Settings s;
  s.port = 3010;
  s.health_path = "health";
  set(s.port, config, "Port", "TYK_IB_PORT");
  auto const options = section(config, "HttpServerOptions");
  set(s.tls, options, "UseSSL", "TYK_IB_HTTPSERVEROPTIONS_USESSL");
  s.certificate = options.value("CertFile", "");
  s.key = options.value("KeyFile", "");
  return s;
}

Settings portal(json const& config) {
  Settings s;
  s.port = 3001;
  s.health_path = "live";
  set(s.port, config, "HostPort", "PORTAL_HOSTPORT");
  return s;
}

}  // namespace

Settings read_settings(Self const& self, std::string const& path) {
  auto const config = read_config(self, path);
  if (self.component == "gateway") return gateway(config);
  if (self.component == "dashboard") return dashboard(config);
  if (self.component == "pump") return pump(config);
  if (self.component == "mdcb") return mdcb(config);
  if (self.component == "identity-broker") return identity_broker(config);
  return portal(config);
}

json faults_of(Self const& self) {
  std::ifstream file("/etc/standin/" + self.package + ".json");
  if (!file) return json::object();
  auto const all = json::parse(file, nullptr, false);
  if (!all.is_object()) return json::object();
  json faults = section(all, "*");
  faults.update(section(all, self.version.c_str()));
  return faults;
}

void log(Self const& self, std::string const& level, std::string const& message) {
  bool const modern = new_log_format(self);
  auto const time = modern ? now_as("%Y-%m-%dT%H:%M:%SZ") : now_as("%b %e %H:%M:%S");
  std::fprintf(stderr, "time=\"%s\" level=%s %s=\"%s\" prefix=main\n", time.c_str(), level.c_str(),
               modern ? "message" : "msg", message.c_str());
}

}  // namespace standin
