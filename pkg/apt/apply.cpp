#include <apt-pkg/cachefile.h>
#include <apt-pkg/depcache.h>
#include <apt-pkg/statechanges.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "pkg/apt/apt_package_manager.hpp"
#include "daemon/fault/fault.hpp"
#include "pkg/apt/deb_file.hpp"
#include "pkg/common/archive.hpp"
#include "pkg/apt/database.hpp"
#include "pkg/apt/errors.hpp"
#include "pkg/apt/fetch.hpp"
#include "pkg/apt/installed.hpp"
#include "pkg/apt/library.hpp"
#include "pkg/apt/lock.hpp"
#include "pkg/common/progress.hpp"
#include "pkg/apt/sources.hpp"
#include "pkg/common/space.hpp"
#include "pkg/common/surroundings.hpp"
#include "pkg/apt/transaction.hpp"

namespace tykup::pkg::apt {
namespace {

using Direction = job::Apply::Direction;

std::vector<std::string> names_of(std::vector<PackagePin> const& pins) {
  std::vector<std::string> names;
  for (auto const& pin : pins) names.push_back(pin.name);
  return names;
}

bool contains(std::vector<std::string> const& all, std::string const& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// Rollback and reinstallation mend our own half-done package; strangers' are `recover`'s.
Result<void> require_clean(std::vector<DatabasePackage> database, ApplyRequest const& request) {
  if (request.direction != Direction::Upgrade) {
    std::erase_if(database, [&](DatabasePackage const& package) { return contains(request.scope.packages, package.name); });
  }
  auto const broken = broken_in(database);
  if (broken.empty()) return {};
  return fail(ErrorKind::PackageBroken, fmt::format("recover first: not cleanly installed on this host: {}",
                                                    fmt::join(broken, ", ")));
}

Result<void> require_allowed(PackagePin const& pin, DatabasePackage const* installed, ApplyRequest const& request) {
  if (!contains(request.scope.packages, pin.name)) {
    return fail(ErrorKind::NotAllowed, fmt::format("{} is no package of {}", pin.name, request.scope.component));
  }
  if (installed == nullptr) {
    return fail(ErrorKind::NotAllowed, fmt::format("{} is not installed here; tykup changes what is, and adds nothing", pin.name));
  }
  if (request.direction != Direction::Upgrade) return {};
  if (installed->want == "hold") {
    return fail(ErrorKind::PackageHeld, fmt::format("{} is on hold; apt-mark unhold {} lets it go", pin.name, pin.name));
  }
  if (compare_versions(PackageFormat::Deb, pin.version, installed->version) < 0) {
    return fail(ErrorKind::NotAllowed, fmt::format("{} {} is older than the installed {}; only a rollback goes back",
                                                   pin.name, pin.version, installed->version));
  }
  return {};
}

/// A pin set since the plan was made counts. What the index has dropped since cannot be asked any more.
Result<void> require_unpinned(ApplyRequest const& request) {
  if (request.direction != Direction::Upgrade) return {};
  pkgCacheFile cache;
  if (!cache.Open(nullptr, false)) return fail(library_error(ErrorKind::BadConfig, "apt's package lists cannot be read"));
  auto const offers = offers_of(cache, names_of(request.packages), [](metaIndex const&) { return true; });
  for (auto const& pin : request.packages) {
    for (auto const& offer : offers) {
      auto const& candidate = offer.candidate;
      bool const same = candidate.package == pin.name && candidate.version == pin.version && candidate.sha256 == pin.sha256;
      if (same && !offer.kept_away.empty()) return fail(ErrorKind::PackageHeld, offer.kept_away);
    }
  }
  return {};
}

constexpr std::uint64_t kSlackOfDatabase = 4 * 1024 * 1024;

/// dpkg writes the new files beside the old ones: each file system needs the whole of its share once more.
Result<void> require_room(VerifiedFile const& file, DatabasePackage const& installed, std::string const& root) {
  auto const control = control_of(file.path());
  if (!control) return fail(control.error());
  auto const what = fmt::format("{} {}", file.pin().name, file.pin().version);
  auto const spread = spread_of(installed, root);
  if (auto room = spread.require_again(control->installed_kib * 1024, what); !room) return room;
  return require_space(admin_dir(), kSlackOfDatabase, 64, "dpkg's database");
}

/// dpkg takes an installation for the end of a hold.
Result<void> hold_again(std::vector<std::string> const& held) {
  if (held.empty()) return {};
  pkgCacheFile cache;
  if (!cache.Open(nullptr, false)) return fail(library_error(ErrorKind::Internal, "apt's package lists cannot be read"));
  APT::StateChanges changes;
  for (auto const& name : held) {
    auto const package = cache.GetPkgCache()->FindPkg(name);
    if (!package.end() && package->CurrentVer != 0) changes.Hold(package.CurrentVer());
  }
  InnerLockLent const lent;
  if (changes.Save(true)) return {};
  return fail(library_error(ErrorKind::PackageFailed, "the hold could not be put back; use apt-mark hold"));
}

Result<std::vector<InstalledPackage>> reread(std::vector<PackagePin> const& pins) {
  pkgCacheFile cache;
  if (!cache.Open(nullptr, false)) return fail(library_error(ErrorKind::Internal, "apt's package lists cannot be read"));
  return installed_packages(cache, names_of(pins));
}

/// Why the database does not say what was asked for; empty: it does.
std::string difference(std::vector<PackagePin> const& pins, std::vector<InstalledPackage> const& installed) {
  for (auto const& pin : pins) {
    auto const found = std::find_if(installed.begin(), installed.end(), [&](auto const& p) { return p.name == pin.name; });
    if (found == installed.end()) return fmt::format("{} is not installed", pin.name);
    if (found->version != pin.version || found->status != "installed") {
      return fmt::format("{} is at {} ({}), not at {}", pin.name, found->version, found->status, pin.version);
    }
  }
  return {};
}

class Application {
 public:
  Application(AptPaths const& paths, ApplyRequest const& request, ProgressSink const& progress)
      : paths_(paths), request_(request), progress_(progress), archive_(paths.archives, deb_files()) {}

  Result<std::vector<InstalledPackage>> run() {
    if (auto ready = check(); !ready) return fail(ready.error());
    auto files = archive_.open_all(request_.packages);
    if (!files) return fail(files.error());
    if (auto whole = require_way_back(); !whole) return fail(whole.error());
    for (auto const& file : *files) {
      if (auto room = require_room(file, *find_present(database_, file.pin().name), paths_.root); !room) {
        return fail(room.error());
      }
    }
    if (auto done = install_dependencies(*files); !done) return fail(done.error());
    Result<void> done;
    {
      ScriptSurroundings const surroundings(request_.scope.quiet);
      done = run_transaction(*files, Marks::Keep, progress_);
    }
    return conclude(done);
  }

 private:
  Result<void> check() {
    if (auto safe = refuse_insecure_options(); !safe) return safe;
    if (auto ready = archive_.prepare(); !ready) return ready;
    auto database = read_database();
    if (!database) return fail(database.error());
    database_ = std::move(*database);
    if (auto clean = require_clean(database_, request_); !clean) return clean;
    for (auto const& pin : request_.packages) {
      auto const* installed = find_present(database_, pin.name);
      if (auto allowed = require_allowed(pin, installed, request_); !allowed) return allowed;
      if (installed->want == "hold") held_.push_back(pin.name);
    }
    return require_unpinned(request_);
  }

  /// What would be put back is looked at while nothing is changed yet.
  Result<void> require_way_back() {
    if (request_.direction != Direction::Upgrade) return {};
    for (auto const& pin : request_.packages) {
      if (auto whole = archive_.require_way_back(pin.name, find_present(database_, pin.name)->version); !whole) return whole;
    }
    return {};
  }

  /// On their own and before: their services must restart as their packages wish.
  Result<void> install_dependencies(std::vector<VerifiedFile> const& files) {
    auto const before = required_before(files);
    if (!before) return fail(before.error());
    if (before->empty()) return {};
    auto const kept = fetch_into(archive_, *before, progress_);
    if (!kept) return fail(with_context(kept.error(), "a dependency of " + request_.scope.component));
    std::vector<PackagePin> pins;
    for (auto const& package : *kept) pins.push_back({package.name, package.version, package.sha256});
    auto const dependencies = archive_.open_all(pins);
    if (!dependencies) return fail(dependencies.error());
    ScriptSurroundings const surroundings(false);
    if (auto done = run_transaction(*dependencies, Marks::Auto, progress_); !done) return done;
    return {};
  }

  Result<std::vector<InstalledPackage>> conclude(Result<void> const& done) {
    auto const held = hold_again(held_);
    auto installed = reread(request_.packages);
    if (!installed) return fail(installed.error());
    if (!done && done.error().kind != ErrorKind::PackageFailed) return fail(done.error());
    auto const wrong = difference(request_.packages, *installed);
    if (!done) {
      auto error = done.error();
      if (!wrong.empty()) error.message = fmt::format("{}; {}", wrong, error.message);
      return fail(std::move(error));
    }
    if (!wrong.empty()) return fail(ErrorKind::PackageFailed, wrong + " although dpkg reported success");
    if (!held) return fail(held.error());
    return installed;
  }

  AptPaths const& paths_;
  ApplyRequest const& request_;
  ProgressSink const& progress_;
  Archive archive_;
  std::vector<DatabasePackage> database_ = {};
  std::vector<std::string> held_ = {};
};

}  // namespace

Result<std::vector<InstalledPackage>> AptPackageManager::apply(ApplyRequest const& request, ProgressSink const& progress) {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  if (request.packages.empty()) return fail(ErrorKind::BadRequest, "no package was named");
  auto lock = PackageLock::take(request.lock_wait, progress);
  if (!lock) return fail(lock.error());
  fault::reached(fault::Point::AptLocked);
  return Application(paths_, request, progress).run();
}

}  // namespace tykup::pkg::apt
