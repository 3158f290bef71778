#include "daemon/core/config.hpp"

#include <algorithm>

#include "daemon/core/config_parts.hpp"
#include "daemon/core/config_reader.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

bool is_array_of_tables(ConfigValue const& value) {
  auto const* list = std::get_if<ConfigValue::Array>(&value.value);
  auto const is_table = [](ConfigValue const& item) { return std::holds_alternative<ConfigValue::Table>(item.value); };
  return list != nullptr && !list->empty() && std::ranges::all_of(*list, is_table);
}

void merge_table(ConfigValue::Table& into, ConfigValue::Table&& from);

void merge_value(ConfigValue& into, ConfigValue&& from) {
  auto* table = std::get_if<ConfigValue::Table>(&into.value);
  auto* other = std::get_if<ConfigValue::Table>(&from.value);
  if (table != nullptr && other != nullptr) return merge_table(*table, std::move(*other));
  if (!is_array_of_tables(into) || !is_array_of_tables(from)) {
    into = std::move(from);
    return;
  }
  auto& list = std::get<ConfigValue::Array>(into.value);
  for (ConfigValue& item : std::get<ConfigValue::Array>(from.value)) list.push_back(std::move(item));
}

void merge_table(ConfigValue::Table& into, ConfigValue::Table&& from) {
  for (auto& [key, value] : from) {
    auto const found = std::ranges::find(into, key, &ConfigValue::Entry::first);
    if (found == into.end()) {
      into.push_back({key, std::move(value)});
    } else {
      merge_value(found->second, std::move(value));
    }
  }
}

/// Who says when it begins, and how exactly.
void read_pace(ConfigTable& table, PolicyConfig& policy) {
  if (auto const choice = table.one_of("approve", {"auto", "manual"}))
    policy.approve = *choice == 0 ? Approve::Auto : Approve::Manual;
  if (auto const choice = table.one_of("missed", {"skip", "run-if-open"}))
    policy.missed = *choice == 0 ? Missed::Skip : Missed::RunIfOpen;
  if (auto const choice = table.one_of("reboot_pending", {"wait", "go"}))
    policy.reboot_pending = *choice == 0 ? RebootPending::Wait : RebootPending::Go;
  if (auto const spread = table.duration("spread", Duration{0})) policy.spread = *spread;
  if (auto const wait = table.duration("clock_wait", Duration{0})) policy.clock_wait = *wait;
}

void read_policy(ConfigTable& root, Config& config) {
  auto policy = root.table("policy");
  if (!policy) return;
  if (auto const given = policy->text("track")) {
    auto const track = parse_track(given->text);
    if (track) {
      config.policy.track = *track;
    } else {
      policy->defect("track", track.error().message);
    }
  }
  if (auto const soak = policy->duration("soak", Duration{0})) config.policy.soak = *soak;
  config.policy.hold = read_component_names(*policy, "hold", config);
  if (auto const choice = policy->one_of("without_rollback", {"hold", "go"})) {
    config.policy.without_rollback = *choice == 0 ? WithoutRollback::Hold : WithoutRollback::Go;
  }
  if (auto const choice = policy->one_of("on_failure", {"stop", "rollback-run"}))
    config.policy.on_failure = *choice == 0 ? OnFailure::Stop : OnFailure::RollbackRun;
  if (auto const wait = policy->duration("lock_wait", Duration{0})) config.policy.lock_wait = *wait;
  read_pace(*policy, config.policy);
  policy->finish();
}

/// Packages come from below this URL, so that anything a proxy could read differently is refused.
std::string base_url_problem(std::string_view url) {
  if (auto problem = url_problem(url); !problem.empty()) return problem;
  if (url.find('@') != std::string_view::npos) {
    return "credentials do not belong here; put them into /etc/apt/auth.conf.d (or the .repo file's username and "
           "password)";
  }
  if (url.find_first_of("?#") != std::string_view::npos) return "a query or fragment does not belong into a base URL";
  return {};
}

void read_repository(ConfigTable& root, Config& config) {
  auto repository = root.table("repository");
  if (!repository) return;
  if (auto const given = repository->text("base_url")) {
    std::string url = given->text;
    while (url.ends_with('/')) url.pop_back();
    if (auto const problem = base_url_problem(url); !problem.empty()) {
      repository->defect("base_url", quoted(given->text) + ": " + problem);
    } else {
      config.repository.base_url = url;
    }
  }
  if (auto const refresh = repository->duration("refresh", std::chrono::minutes{1}))
    config.repository.refresh = *refresh;
  if (auto const choice = repository->one_of("metadata_signature", {"required", "waived"}))
    config.repository.metadata_signature = *choice == 0 ? MetadataSignature::Required : MetadataSignature::Waived;
  repository->finish();
}

void read_health(ConfigTable& root, Config& config) {
  auto health = root.table("health");
  if (!health) return;
  auto const timeout = health->duration("timeout", std::chrono::seconds{1});
  auto const settle = health->duration("settle", Duration{0});
  health->finish();
  if (timeout) config.health.timeout = *timeout;
  if (settle) config.health.settle = *settle;
  if (config.health.settle < config.health.timeout) return;
  health->defect(settle ? "settle" : "timeout",
                 "the time to settle (" + to_human(config.health.settle) + ") must be shorter than the timeout (" +
                     to_human(config.health.timeout) + "), else no component could ever pass");
}

void read_backup(ConfigTable& root, Config& config) {
  auto backup = root.table("backup");
  if (!backup) return;
  if (auto const keep = backup->integer("keep", 1, 1000)) config.backup.keep = static_cast<unsigned>(*keep);
  backup->finish();
}

void read_hooks(ConfigTable& root, Config& config) {
  auto hooks = root.table("hooks");
  if (!hooks) return;
  if (auto const limit = hooks->duration("limit", std::chrono::seconds{1})) config.hooks.limit = *limit;
  hooks->finish();
}

}  // namespace

Component const* Config::find(std::string const& component) const {
  auto const found = std::ranges::find(components, component, &Component::name);
  return found == components.end() ? nullptr : &*found;
}

ConfigValue merge_config(std::vector<ConfigValue> const& files) {
  ConfigValue merged;
  merged.value = ConfigValue::Table{};
  if (!files.empty()) merged.source = files.front().source;
  for (ConfigValue const& file : files) merge_value(merged, ConfigValue(file));
  return merged;
}

Result<Config> validate_config(ConfigValue const& merged, ZoneLookup const& zones) {
  Defects defects;
  Config config;
  ConfigTable root(merged, "", defects);
  read_components(root, config);
  read_policy(root, config);
  read_windows(root, config, zones);
  read_repository(root, config);
  read_health(root, config);
  read_backup(root, config);
  read_hooks(root, config);
  read_notify(root, config);
  read_fleet(root, config);
  root.finish();
  if (!defects.empty()) return fail(defects.to_error());
  return config;
}

}  // namespace tykup
