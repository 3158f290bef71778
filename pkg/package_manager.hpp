#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/job.hpp"
#include "daemon/core/result.hpp"

namespace tykup::pkg {

/// What the configuration allows for one component: these packages, from that repository, nothing else.
struct Scope {
  std::string component;
  std::vector<std::string> packages;  ///< names that may be touched
  bool together = false;              ///< true: all of them move together; false: alternatives, the installed one is kept
  std::string url_prefix = {};        ///< "https://packagecloud.io/tyk/tyk-gateway/": a source below it provides them
  std::string origin = {};            ///< or, for a custom component, the `Origin:` of the signed release file
  bool quiet = false;                 ///< package scripts bear SYSTEMD_OFFLINE=1
  /// rpm: the operator's word that a repository with `repo_gpgcheck=0` will do, its packages' own signatures being checked.
  bool unsigned_metadata = false;
};

/// Who is told how far it is, and who may say that enough was fetched. Nobody at all is fine.
class ProgressSink {
 public:
  using Say = std::function<void(job::Progress const&)>;
  ProgressSink() = default;
  template <typename F>
    requires std::is_invocable_v<F&, job::Progress const&>
  ProgressSink(F say) : say_(std::move(say)) {}
  ProgressSink(Say say, std::function<bool()> told_to_stop) : say_(std::move(say)), told_to_stop_(std::move(told_to_stop)) {}

  explicit operator bool() const { return static_cast<bool>(say_); }
  void operator()(job::Progress const& progress) const { say_(progress); }
  /// Asked while something is fetched, which ends then with Stopping. A change of packages never asks.
  [[nodiscard]] bool told_to_stop() const { return told_to_stop_ && told_to_stop_(); }

 private:
  Say say_ = {};
  std::function<bool()> told_to_stop_ = {};
};

/// What the package manager knows of one scope.
struct Inventory {
  std::vector<InstalledPackage> installed;
  std::vector<Candidate> candidates;  ///< trusted sources of the scope only, newest first
  std::vector<KeptPackage> kept;
  Subscription subscription;
  std::vector<Share> spread = {};  ///< where the files of the installed packages lie
  std::string database = {};       ///< the folder of the package manager's database
};

/// A file that a package shipped, as it is now.
struct PackagedFile {
  enum class State { Unchanged, Changed, Missing } state;
  std::string path;
  bool config = false;  ///< the package manager itself protects it (conffile, %config)
  /// The digest of what the package shipped, as its database records it ("md5:…"); empty: not recorded (a link, a folder).
  /// Only compared with another of the same path: did two versions ship the same bytes?
  std::string shipped = {};
};

struct ApplyRequest {
  Scope scope;
  job::Apply::Direction direction;
  std::vector<PackagePin> packages;
  Duration lock_wait;
};

/// A package manager of a host. Each function blocks; one operation a process. No function removes a package, asks a
/// question, or touches a service. Errors carry a kind of the closed list and a sentence for the operator.
class PackageManager {
 public:
  virtual ~PackageManager() = default;

  virtual PackageFormat format() const = 0;

  /// Reads database, indexes and archive; takes no lock, changes nothing.
  virtual Result<Inventory> inspect(Scope const& scope) = 0;

  /// Names of packages anywhere on the host that are not cleanly installed: "nginx (half-configured)". While somebody is at
  /// work on the database, those of `own` alone: what he has not finished yet was not cut short.
  virtual Result<std::vector<std::string>> broken(std::vector<std::string> const& own) = 0;

  /// Fetches metadata of the sources of these scopes, each atomically; other lists and stamps stay as they are.
  /// A source that fails keeps its old lists and carries the error.
  virtual Result<std::vector<job::RefreshedSource>> refresh(std::vector<Scope> const& scopes, ProgressSink const& progress) = 0;

  /// Fetches `packages` and keeps them, and the installed versions, verified, in the archive. `no_way_back` says why an
  /// installed version could not be kept; everything else that fails is an error.
  virtual Result<job::Downloaded> keep(Scope const& scope, std::vector<PackagePin> const& packages,
                                       ProgressSink const& progress) = 0;

  /// Installs exactly these files from the archive, digest checked on the open file. What stands in the database
  /// afterwards is returned. PlanRefused names every package that would change besides.
  virtual Result<std::vector<InstalledPackage>> apply(ApplyRequest const& request, ProgressSink const& progress) = 0;

  /// Finishes an interrupted change (`dpkg --configure -a`, rpm duplicates). Returns what was put right.
  virtual Result<std::vector<std::string>> recover(ProgressSink const& progress) = 0;

  /// Every file of an installed package with its state now.
  virtual Result<std::vector<PackagedFile>> files(std::string const& package) = 0;

  /// Why the packages of this host want it to be booted anew, in words, each with who says so.
  virtual Result<std::vector<std::string>> reboot_wanted() { return std::vector<std::string>{}; }

  /// Other programs that are set up to change packages of these scopes on their own.
  virtual Result<std::vector<OtherActor>> other_actors(std::vector<Scope> const&) { return std::vector<OtherActor>{}; }
};

/// The package manager of this host: an executor is linked with one backend, apt's or rpm's.
std::unique_ptr<PackageManager> host_package_manager();

}  // namespace tykup::pkg
