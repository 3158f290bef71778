#include <charconv>

#include "daemon/core/health.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

using Texts = std::map<std::string, std::string>;

/// The settings of one service as it reads them: its environment over its file.
class Settings {
 public:
  Settings(Component const& component, Texts const& file, Texts const& environment)
      : prefix_(component.environment_prefix), file_(file), environment_(environment) {}

  [[nodiscard]] std::string text(std::string const& path, std::string const& fallback = {}) const {
    if (auto const found = environment_.find(variable_of(path)); found != environment_.end()) return found->second;
    if (auto const found = file_.find(path); found != file_.end() && !found->second.empty()) return found->second;
    return fallback;
  }
  /// The port there, or `fallback` where there is none; 0 counts as none.
  [[nodiscard]] unsigned port(std::string const& path, unsigned fallback) const {
    std::string const given = text(path);
    unsigned port = 0;
    auto const [end, error] = std::from_chars(given.data(), given.data() + given.size(), port);
    bool const is_port = error == std::errc{} && end == given.data() + given.size() && port > 0 && port <= 65535;
    return is_port ? port : fallback;
  }
  [[nodiscard]] bool is_true(std::string const& path) const {
    std::string const given = lowered(text(path));
    return given == "true" || given == "1" || given == "t";
  }

 private:
  /// "http_server_options.use_ssl" → "TYK_GW_HTTPSERVEROPTIONS_USESSL".
  [[nodiscard]] std::string variable_of(std::string_view path) const {
    std::string name = prefix_;
    for (char const c : uppered(path)) {
      if (c == '.') name += '_';
      if (c != '.' && c != '_') name += c;
    }
    return name;
  }

  std::string prefix_;
  Texts const& file_;
  Texts const& environment_;
};

struct Base {
  bool tls = false;
  std::string address;  ///< as the service is told to listen; empty: everywhere
  unsigned port = 0;
};

std::string host_of(std::string const& address) {
  if (address.empty() || address == "0.0.0.0" || address == "*") return "127.0.0.1";
  if (address == "::" || address == "[::]") return "[::1]";
  bool const is_bare_v6 = address.find(':') != std::string::npos && !address.starts_with('[');
  return is_bare_v6 ? "[" + address + "]" : address;
}

Endpoint endpoint(std::string purpose, Base const& base, std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  std::string const scheme = base.tls ? "https://" : "http://";
  return {std::move(purpose),
          scheme + host_of(base.address) + ":" + std::to_string(base.port) + "/" + std::string(path)};
}

std::vector<Endpoint> gateway(Settings const& settings) {
  // With a control port the health check is there, and only there.
  unsigned const listen = settings.port("listen_port", 8080);
  Base const base{settings.is_true("http_server_options.use_ssl"), settings.text("listen_address"),
                  settings.port("control_api_port", listen)};
  return {endpoint("hello", base, settings.text("health_check_endpoint_name", "hello")),
          endpoint("ready", base, settings.text("readiness_check_endpoint_name", "ready"))};
}

std::vector<Endpoint> dashboard(Settings const& settings) {
  Base const base{settings.is_true("http_server_options.use_ssl"), settings.text("listen_address"),
                  settings.port("listen_port", 3000)};
  return {endpoint("hello", base, settings.text("health_check_endpoint_name", "hello")),
          endpoint("health", base, "health")};
}

std::vector<Endpoint> pump(Settings const& settings) {
  Base const base{false, {}, settings.port("health_check_endpoint_port", 8083)};
  return {endpoint("health", base, settings.text("health_check_endpoint_name", "health"))};
}

std::vector<Endpoint> mdcb(Settings const& settings) {
  unsigned const old_name = settings.port("healthcheck_port", 8181);
  Base const base{settings.is_true("http_server_options.use_ssl"), {}, settings.port("http_port", old_name)};
  return {endpoint("health", base, "health"), endpoint("liveness", base, "liveness"),
          endpoint("readiness", base, "readiness")};
}

std::vector<Endpoint> identity_broker(Settings const& settings) {
  Base const base{settings.is_true("HttpServerOptions.UseSSL"), {}, settings.port("Port", 3010)};
  return {endpoint("health", base, "health")};
}

std::vector<Endpoint> portal(Settings const& settings) {
  // The variable is PORTAL_TLS_ENABLE, unlike the key of the file.
  bool const tls = settings.is_true("TLSConfig.Enable") || settings.is_true("TLS.Enable");
  Base const base{tls, {}, settings.port("HostPort", 3001)};
  return {endpoint("live", base, "live"), endpoint("ready", base, "ready")};
}

}  // namespace

std::vector<Endpoint> endpoints_of(Component const& component, Texts const& settings, Texts const& environment) {
  Settings const read(component, settings, environment);
  switch (component.kind) {
    case ServiceKind::Gateway:
      return gateway(read);
    case ServiceKind::Dashboard:
      return dashboard(read);
    case ServiceKind::Pump:
      return pump(read);
    case ServiceKind::Mdcb:
      return mdcb(read);
    case ServiceKind::IdentityBroker:
      return identity_broker(read);
    case ServiceKind::Portal:
      return portal(read);
    case ServiceKind::Generic:
      break;
  }
  return {};
}

}  // namespace tykup
