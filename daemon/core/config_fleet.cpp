#include <algorithm>

#include "daemon/core/config_parts.hpp"
#include "daemon/core/fleet/planted.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

void read_endpoints(ConfigTable& table, fleet::Settings& settings) {
  for (auto const& given : table.texts("endpoints")) {
    if (auto const problem = url_problem(given.text); !problem.empty()) {
      table.defect_at(given.at, "endpoints", quoted(given.text) + ": " + problem);
      continue;
    }
    if (std::ranges::count(given.text, '/') > 2)
      table.defect_at(given.at, "endpoints", quoted(given.text) + " has a path; expected one such as \"https://etcd-1:2379\"");
    settings.endpoints.push_back(given.text);
  }
  if (settings.endpoints.empty() && !table.has("endpoints"))
    table.defect("endpoints", "a fleet needs endpoints = [\"https://etcd-1:2379\"], the addresses of its etcd");
}

std::string read_name(ConfigTable& table, std::string const& key, std::string const& needed) {
  auto const name = table.text(key);
  if (!name) {
    if (!needed.empty() && !table.has(key)) table.defect(key, needed);
    return {};
  }
  if (auto const problem = fleet::name_problem(name->text); !problem.empty())
    table.defect(key, quoted(name->text) + " is no name for a " + (key == "datacenter" ? "data centre" : key) + ": " + problem);
  return name->text;
}

std::string read_file(ConfigTable& table, std::string const& key, std::string const& example) {
  auto const file = table.text(key);
  if (!file) return {};
  if (!file->text.starts_with('/')) table.defect(key, quoted(file->text) + " is no whole path; expected one such as \"" + example + "\"");
  return file->text;
}

/// Half of a pair says nothing.
void need_both(ConfigTable& table, std::string const& one, std::string const& other) {
  if (table.has(one) && !table.has(other)) table.defect(one, "it needs " + other + " beside it");
}

void read_credentials(ConfigTable& table, fleet::Settings& settings) {
  settings.ca_file = read_file(table, "ca_file", "/etc/tykup/etcd-ca.pem");
  settings.cert_file = read_file(table, "cert_file", "/etc/tykup/etcd-client.pem");
  settings.key_file = read_file(table, "key_file", "/etc/tykup/etcd-client.key");
  settings.password_file = read_file(table, "password_file", "/etc/tykup/etcd-password");
  if (auto const user = table.text("user")) settings.user = user->text;
  need_both(table, "cert_file", "key_file");
  need_both(table, "key_file", "cert_file");
  need_both(table, "user", "password_file");
  need_both(table, "password_file", "user");
  bool const plain = std::ranges::any_of(settings.endpoints, [](auto const& url) { return url.starts_with("http://"); });
  for (auto const* key : {"ca_file", "cert_file"})
    if (plain && table.has(key)) table.defect(key, "an endpoint is http://, where no certificate is looked at; make it https://");
}

}  // namespace

void read_fleet(ConfigTable& root, Config& config) {
  auto table = root.table("fleet");
  if (!table) return;
  read_endpoints(*table, config.fleet);
  config.fleet.cluster = read_name(*table, "cluster", "a fleet needs cluster = \"prod\", the name it was made with by `tykup fleet init`");
  config.fleet.datacenter = read_name(*table, "datacenter", "a host of a fleet needs datacenter = \"eu-1\", as the fleet's policy names it");
  config.fleet.group = read_name(*table, "group", {});
  config.fleet.host = read_name(*table, "host", {});
  read_credentials(*table, config.fleet);
  // A failing step of a fleet takes only its own component back: what came before it was a stage, and others build on it.
  if (config.policy.on_failure == OnFailure::RollbackRun && !fleet::planted(fleet::Bug::RunBackInFleet))
    table->defect("cluster", "on_failure = \"rollback-run\" in [policy] is not for hosts of a fleet: a failing step takes only its own component back; `tykup fleet rollback` takes all of them back");
  table->finish();
}

}  // namespace tykup
