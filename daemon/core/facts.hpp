#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/time.hpp"
#include "daemon/core/version.hpp"

namespace tykup {

/// One exact package: what is installed is what was shown, byte for byte.
struct PackagePin {
  std::string name;
  std::string version;  ///< full version, "5.8.15" or "1:2.3-1"
  std::string sha256;   ///< of the package file, lower-case hex
  friend bool operator==(PackagePin const&, PackagePin const&) = default;
};

struct InstalledPackage {
  std::string name;
  std::string version;
  std::string architecture;
  std::string status = "installed";  ///< "installed", "unpacked", "half-configured", "half-installed", "triggers-pending", "duplicate"
  bool held = false;                 ///< apt-mark hold, versionlock, exclude
  std::string pinned = {};           ///< why the package manager's own pinning keeps the candidate away; empty: it does not
  bool automatic = false;
};

/// A version that a trusted, subscribed repository offers.
struct Candidate {
  std::string package;
  std::string version;
  std::string sha256;
  std::string repository;  ///< URL and suite, for people
  std::uint64_t size = 0;            ///< of the package file
  std::uint64_t installed_size = 0;  ///< what it says it takes on disk; 0: it does not say
  friend bool operator==(Candidate const&, Candidate const&) = default;
};

/// A verified package file in our archive.
struct KeptPackage {
  std::string name;
  std::string version;
  std::string sha256;
  friend bool operator==(KeptPackage const&, KeptPackage const&) = default;
};

/// A unit as systemd sees it. Empty strings where systemd does not know the unit.
struct UnitFacts {
  std::string name;
  std::string load_state;       ///< "loaded", "not-found", "masked"
  std::string active_state;     ///< "active", "inactive", "failed", "activating"
  std::string sub_state;
  std::string unit_file_state;  ///< "enabled", "disabled", "masked", …
  std::uint32_t main_pid = 0;
  std::uint32_t restarts = 0;          ///< NRestarts
  std::optional<Instant> started = {};  ///< ExecMainStartTimestamp
  [[nodiscard]] bool running() const { return active_state == "active" || active_state == "activating" || active_state == "reloading"; }
};

/// Where a service answers, derived from its own configuration and environment files. No secrets.
struct Endpoint {
  std::string purpose;  ///< "hello", "ready", "health", "liveness", "readiness", "live"
  std::string url;      ///< "http://127.0.0.1:8080/hello"; TLS of a local endpoint is not checked against a name
};

/// One subscription of a component's repository on this host.
struct Subscription {
  std::string file;                        ///< the source entry's file; empty: not subscribed
  std::string url;
  std::string suite;
  std::string key_fingerprint = {};
  std::optional<Instant> key_expires = {};
  std::optional<Instant> refreshed = {};   ///< last success
  std::string problem = {};                ///< why it cannot be trusted or used; empty: fine
  /// A check that the operator waived, in words ("the signature of its metadata is not checked, …"); empty: none.
  std::string weakness = {};
};

/// What is free on a file system.
struct FileSystem {
  std::string mount;  ///< where it is mounted: "/var"
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> inodes = {};  ///< absent: it makes them as it goes
};

/// How much of something lies on one file system.
struct Share {
  std::string mount;
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
};

/// Somebody else wants this host down.
struct PendingReboot {
  std::string text;                ///< who, and where that is said
  std::optional<Instant> at = {};  ///< when; absent: asked for, no time is set
};

/// Another program that may change our packages on its own.
struct OtherActor {
  std::string name;   ///< "unattended-upgrades"
  std::string does;   ///< what it would do, and where that is configured
  std::string advice;
};

/// A file that a Gateway may open as a Go plugin.
struct PluginFile {
  std::string path;
  std::string sha256;
  std::string problem = {};  ///< why it cannot be read; empty: it can
  friend bool operator==(PluginFile const&, PluginFile const&) = default;
};

/// A Go plugin that the Gateway is told to load.
struct PluginReference {
  std::string path;    ///< as it is told, absolute: which file that is depends on the Gateway's version
  std::string symbol;  ///< empty: not known
  std::string where;   ///< the file that names it, or the process that has it mapped
  std::vector<PluginFile> files = {};  ///< those that are there, of the names that a newer Gateway on offer would look for
};

/// One file that a Gateway is to load, with the function that it looks for in it; an empty symbol: any.
struct PluginBuild {
  std::string path;
  std::string sha256;
  std::string symbol;
  friend bool operator==(PluginBuild const&, PluginBuild const&) = default;
};

/// What the program in a package is asked before it is installed: whether it loads these.
struct PluginCheck {
  std::string component;
  PackagePin package;
  std::vector<PluginBuild> plugins;
};

enum class PluginVerdict { Loads, Fails, Unchecked };
/// What that program answered once, in its own words; Unchecked: why it could not be asked.
struct CheckedPlugin {
  std::string package;  ///< digest of the package that the program is from
  std::string plugin;   ///< digest of the plugin's file
  std::string symbol;
  PluginVerdict verdict = PluginVerdict::Unchecked;
  std::string words = {};
  Instant at = {};
};

struct ComponentFacts {
  std::string component;
  std::vector<InstalledPackage> installed = {};  ///< empty: not installed on this host
  std::vector<Candidate> candidates = {};        ///< any version offered for the installed edition, newest first
  std::vector<KeptPackage> kept = {};
  UnitFacts unit = {};
  std::vector<Endpoint> endpoints = {};
  Subscription subscription = {};
  std::vector<Share> spread = {};                ///< where the files of the installed packages lie
  std::uint64_t own_bytes = 0;                   ///< the operator's files beside them, which a backup holds
  std::string problem = {};                      ///< why the component could not be read completely; empty: it could
  std::vector<PluginReference> plugins = {};     ///< the Gateway's
  std::string plugins_unknown = {};              ///< why not all of them may be known; empty: they are
};

/// The host as `inspect` found it.
struct HostFacts {
  PackageFormat format = PackageFormat::Deb;
  std::string distribution;  ///< "debian 12"
  std::string architecture;  ///< "amd64"
  std::vector<ComponentFacts> components = {};
  std::vector<std::string> broken_packages = {};  ///< "nginx (half-configured)": anything on the host
  std::vector<std::string> hooks = {};          ///< "pre-step.d/10-drain": what would be run, in order
  std::vector<std::string> hook_problems = {};  ///< what in the hooks' folders is refused, and why
  std::vector<FileSystem> file_systems = {};    ///< every one that a run needs room on
  /// Where a run needs room besides the packages' own files: "archive", "backups", "database", "records", "state",
  /// "temporary" → the mount of its file system.
  std::map<std::string, std::string> folders = {};
  std::vector<PendingReboot> reboots = {};
  std::vector<OtherActor> other_actors = {};
  [[nodiscard]] ComponentFacts const* find(std::string const& component) const;
};

}  // namespace tykup
