#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/core/fleet/settings.hpp"
#include "daemon/core/notify.hpp"
#include "daemon/core/policy.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/topology.hpp"
#include "daemon/core/window.hpp"

namespace tykup {

/// Where a value was written, for messages: "file:line:column".
struct Source {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
};

/// A configuration file as data: what a TOML reader (an adapter) hands over. Tables keep the order of the file.
struct ConfigValue {
  struct Entry;
  using Array = std::vector<ConfigValue>;
  using Table = std::vector<Entry>;
  std::variant<bool, std::int64_t, double, std::string, Array, Table> value;
  Source source;      ///< of the value
  Source key_source;  ///< of its key, where it has one
  /// TOML dates and times arrive as strings in RFC 3339 spelling with this set.
  bool date_time = false;
};
/// A key and its value. A class of its own: a std::pair of an unfinished class does not compile everywhere.
struct ConfigValue::Entry {
  std::string first;
  ConfigValue second;
};

struct DeploymentConfig {
  Topology topology = Topology::SelfManaged;
  std::vector<std::string> components = {};  ///< empty: those of the topology that are installed
};

/// Waived: the operator's word that a source which does not check its metadata's signature will do, where each package
/// bears a signature of its own (rpm). It switches nothing off by itself.
enum class MetadataSignature { Required, Waived };

struct RepositoryConfig {
  std::string base_url = "https://packagecloud.io/tyk";  ///< no trailing slash; the folder of a repository is BASE/REPO
  Duration refresh = std::chrono::hours{1};
  MetadataSignature metadata_signature = MetadataSignature::Required;
};

struct HealthConfig {
  Duration timeout = std::chrono::minutes{2};
  Duration settle = std::chrono::seconds{15};
};

/// What `[[backup]]`-less hosts get: how many backups of a component are kept.
struct BackupConfig {
  unsigned keep = 5;
};

/// The operator's own checks, `/etc/tykup/hooks`.
struct HooksConfig {
  Duration limit = std::chrono::minutes{5};  ///< how long each may take
};

/// The validated configuration: everything in it makes sense and is resolved (zones are data, overrides applied).
struct Config {
  DeploymentConfig deployment;
  PolicyConfig policy;
  Windows windows;
  RepositoryConfig repository;
  HealthConfig health;
  BackupConfig backup;
  HooksConfig hooks;
  notify::NotifyConfig notify;
  fleet::Settings fleet;
  /// In order. Every component of the topology (or the operator's list), overrides applied.
  std::vector<Component> components;

  [[nodiscard]] Component const* find(std::string const& component) const;
};

/// Merges drop-ins over the main file, later ones win key by key; arrays of tables ([[window]]) are appended.
[[nodiscard]] ConfigValue merge_config(std::vector<ConfigValue> const& files);

/// The zone of that IANA name, the host's own for an empty one.
using ZoneLookup = std::function<Result<Zone>(std::string const& name)>;

/// Everything the tree says, checked. Error BadConfig: one line for each defect "file:line:column: what, nearest name",
/// the first in `message`, all in `detail`. Unknown tables, keys, values and units of time are defects.
[[nodiscard]] Result<Config> validate_config(ConfigValue const& merged, ZoneLookup const& zones);

/// "90s", "2m", "1h 30m", "3d", "2w"; the error names the units.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

/// The nearest of `known` within a small edit distance, for "did you mean".
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view given, std::vector<std::string> const& known);

}  // namespace tykup
