#include <charconv>

#include "daemon/core/config_parts.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

bool is_port(std::string_view text) {
  unsigned port = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

bool is_host(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return host.find_first_not_of("0123456789abcdefABCDEF:.%", 1) == host.size() - 1;
  }
  return !host.empty() && host.find_first_of(" \t\r\n/\\?#@[]:\"'<>") == std::string_view::npos;
}

/// "host:port" or "host", as a URL has it between "//" and the path.
bool is_authority(std::string_view text, bool port_needed) {
  if (is_host(text)) return !port_needed;
  auto const colon = text.rfind(':');
  return colon != std::string_view::npos && is_host(text.substr(0, colon)) && is_port(text.substr(colon + 1));
}

std::optional<Probe> read_tcp(ConfigTable& table) {
  auto const target = table.text("tcp");
  if (!target) return std::nullopt;
  if (!is_authority(target->text, true)) {
    table.defect("tcp", quoted(target->text) + " is no address; expected host:port, such as \"127.0.0.1:6379\"");
  }
  for (char const* key : {"status", "body"}) {
    if (!table.has(key)) continue;
    table.take(key);
    table.defect(key, "goes with http only; a TCP probe just connects");
  }
  return Probe{Probe::Kind::Tcp, target->text};
}

std::optional<Probe> read_http(ConfigTable& table) {
  auto const target = table.text("http");
  auto const status = table.integer("status", 100, 599);
  auto const body = table.text("body");
  if (!target) return std::nullopt;
  if (auto const problem = url_problem(target->text); !problem.empty()) {
    table.defect("http", quoted(target->text) + ": " + problem);
  }
  Probe probe{Probe::Kind::Http, target->text};
  if (status) probe.status = static_cast<int>(*status);
  if (body) probe.body = body->text;
  return probe;
}

std::optional<Probe> read_probe(ConfigTable& table) {
  bool const tcp = table.has("tcp");
  bool const http = table.has("http");
  if (tcp == http) {
    table.defect("tcp", tcp ? "a probe is either tcp or http; write two"
                            : "a probe needs tcp = \"host:port\" or http = \"URL\"");
    for (char const* key : {"tcp", "http", "status", "body"}) table.take(key);
    table.finish();
    return std::nullopt;
  }
  table.take("tcp");
  table.take("http");
  auto probe = tcp ? read_tcp(table) : read_http(table);
  table.finish();
  return probe;
}

}  // namespace

std::string url_problem(std::string_view url) {
  constexpr std::string_view kSeparator = "://";
  auto const scheme_end = url.find(kSeparator);
  std::string const scheme = lowered(url.substr(0, scheme_end));
  if (scheme_end == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return "expected a URL that begins with https:// or http://";
  }
  if (url.find_first_of(" \t\r\n\"<>\\") != std::string_view::npos)
    return "a URL holds no spaces, quotes or backslashes";
  std::string_view const rest = url.substr(scheme_end + kSeparator.size());
  std::string_view const authority = rest.substr(0, rest.find_first_of("/?#"));
  std::string_view const host = authority.substr(authority.rfind('@') + 1);
  if (!is_authority(host, false)) return "the host or port is missing or malformed";
  return {};
}

std::vector<Probe> read_probes(ConfigTable& table) {
  std::vector<Probe> probes;
  for (ConfigTable& entry : table.tables("probe")) {
    if (auto probe = read_probe(entry)) probes.push_back(std::move(*probe));
  }
  return probes;
}

}  // namespace tykup
