#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "pkg/common/archive.hpp"
#include "daemon/fault/fault.hpp"
#include "pkg/common/surroundings.hpp"
#include "pkg/common/words.hpp"
#include "pkg/rpm/configuration.hpp"
#include "pkg/rpm/database.hpp"
#include "pkg/rpm/holds.hpp"
#include "pkg/rpm/installed_build.hpp"
#include "pkg/rpm/interrupted.hpp"
#include "pkg/rpm/library.hpp"
#include "pkg/rpm/lock.hpp"
#include "pkg/rpm/mend.hpp"
#include "pkg/rpm/repositories.hpp"
#include "pkg/rpm/room.hpp"
#include "pkg/rpm/rpm_file.hpp"
#include "pkg/rpm/rpm_package_manager.hpp"
#include "pkg/rpm/transaction.hpp"

namespace tykup::pkg::rpm {
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

InstalledPackage const* find(std::vector<InstalledPackage> const& installed, std::string const& name) {
  auto const found =
      std::find_if(installed.begin(), installed.end(), [&](auto const& package) { return package.name == name; });
  return found == installed.end() ? nullptr : &*found;
}

Result<void> require_allowed(PackagePin const& pin, InstalledPackage const* installed, ApplyRequest const& request) {
  if (!contains(request.scope.packages, pin.name)) {
    return fail(ErrorKind::NotAllowed, fmt::format("{} is no package of {}", pin.name, request.scope.component));
  }
  if (installed == nullptr) {
    return fail(ErrorKind::NotAllowed,
                fmt::format("{} is not installed here; tykup changes what is, and adds nothing", pin.name));
  }
  if (request.direction == Direction::Upgrade &&
      compare_versions(PackageFormat::Rpm, pin.version, installed->version) < 0) {
    return fail(ErrorKind::NotAllowed, fmt::format("{} {} is older than the installed {}; only a rollback goes back",
                                                   pin.name, pin.version, installed->version));
  }
  return {};
}

/// Excludes and locks set since the plan was made count; each repository of the component may have its own.
Result<void> require_not_held(PackagePin const& pin, std::string const& architecture, Holds const& holds,
                              std::vector<RepositoryEntry const*> sources) {
  sources.push_back(nullptr);
  for (auto const* source : sources) {
    auto const reason = holds.kept_away({pin.name, pin.version, architecture}, source);
    if (!reason.empty()) return fail(ErrorKind::PackageHeld, reason);
  }
  return {};
}

/// Why the database does not say what was asked for; empty: it does.
std::string difference(std::vector<PackagePin> const& pins, std::vector<InstalledPackage> const& installed) {
  for (auto const& pin : pins) {
    auto const* found = find(installed, pin.name);
    if (found == nullptr) return fmt::format("{} is not installed", pin.name);
    if (found->version != pin.version || found->status != "installed") {
      return fmt::format("{} is at {} ({}), not at {}", pin.name, found->version, found->status, pin.version);
    }
  }
  return {};
}

class Application {
 public:
  Application(RpmPaths const& paths, Configuration const& configuration, ApplyRequest const& request,
              ProgressSink const& progress)
      : paths_(paths),
        configuration_(configuration),
        request_(request),
        progress_(progress),
        archive_(paths.archives, rpm_files()),
        note_(paths) {}

  Result<std::vector<InstalledPackage>> run() {
    if (auto ready = check(); !ready) return fail(ready.error());
    auto const files = archive_.open_all(request_.packages);
    if (!files) return fail(files.error());
    if (auto trusted = require_trusted(*files); !trusted) return fail(trusted.error());
    if (auto whole = require_way_back(); !whole) return fail(whole.error());
    for (auto const& file : *files) {
      if (auto room = require_room(paths_, file); !room) return fail(room.error());
    }
    if (auto done = install_dependencies(*files); !done) return fail(done.error());
    if (auto mended = mend_own(); !mended) return fail(mended.error());
    if (auto noted = note_.write(names_of(request_.packages)); !noted) return fail(noted.error());
    fault::reached(fault::Point::RpmNoted);
    Said said;
    return conclude(change(*files, said), said);
  }

 private:
  Result<void> change(std::vector<VerifiedFile> const& files, Said& said) {
    if (files.size() == 1 && is_another_build_of_the_installed(files.front())) {
      return install_over(paths_, files.front(), request_.scope.quiet, ErrorKind::PackageFailed, progress_);
    }
    ScriptSurroundings const surroundings(request_.scope.quiet);
    return run_transaction(paths_, configuration_, files, progress_, said);
  }

  bool is_another_build_of_the_installed(VerifiedFile const& file) const {
    auto const headers = headers_of(paths_, file.pin().name);
    return headers && !headers->empty() && headers->back().version == file.pin().version &&
           !is_installed_build(paths_, file.pin().name, file.path());
  }

  bool is_own(std::string const& name) const { return contains(request_.scope.packages, name); }

  Result<void> check() {
    if (auto safe = refuse_insecure_options(configuration_); !safe) return safe;
    if (auto ready = archive_.prepare(); !ready) return ready;
    if (auto clean = require_clean(); !clean) return clean;
    auto const installed = installed_packages(paths_, names_of(request_.packages));
    if (!installed) return fail(installed.error());
    auto const holds = Holds::read(paths_, configuration_);
    for (auto const& pin : request_.packages) {
      auto const* here = find(*installed, pin.name);
      if (auto allowed = require_allowed(pin, here, request_); !allowed) return allowed;
      if (request_.direction != Direction::Upgrade) continue;
      auto free = require_not_held(pin, here->architecture, holds, sources_of(configuration_, request_.scope));
      if (!free) return free;
    }
    return {};
  }

  /// Rollback and reinstallation mend our own half-done package; strangers' are `recover`'s.
  Result<void> require_clean() {
    auto found = leftovers_on(paths_);
    if (!found) return fail(found.error());
    leftovers_ = std::move(*found);
    auto strange = leftovers_;
    if (request_.direction != Direction::Upgrade) {
      std::erase_if(strange.duplicates, [&](Duplicates const& one) { return is_own(one.headers.front().name); });
      std::erase_if(strange.interrupted, [&](std::string const& name) { return is_own(name); });
    }
    if (strange.empty()) return {};
    return fail(ErrorKind::PackageBroken, fmt::format("recover first: not cleanly installed on this host: {}",
                                                      fmt::join(described(strange), ", ")));
  }

  Result<void> mend_own() {
    for (auto const& one : leftovers_.duplicates) {
      if (!is_own(one.headers.front().name)) continue;
      if (auto mended = mend_duplicates(paths_, archive_, one, progress_); !mended) return fail(mended.error());
    }
    return {};
  }

  /// What was kept as the way back was checked when it was kept; its key may have been exchanged since.
  Result<void> require_trusted(std::vector<VerifiedFile> const& files) {
    if (request_.direction != Direction::Upgrade) return {};
    std::vector<std::string> keys;
    for (auto const* source : sources_of(configuration_, request_.scope)) {
      auto const trusted = trust(paths_, configuration_, *source, request_.scope.unsigned_metadata);
      if (!trusted) return fail(trusted.error());
      for (auto const& key : trusted->keys) keys.push_back(key.file);
    }
    if (keys.empty()) {
      return fail(ErrorKind::RepositoryUnsigned,
                  fmt::format("no enabled repository of this host provides {}, so no key is known to check "
                              "its packages with; run tykup subscribe {}",
                              request_.scope.component, request_.scope.component));
    }
    for (auto const& file : files) {
      if (auto good = check_signature(file.path(), keys); !good) return good;
    }
    return {};
  }

  /// What would be put back is looked at while nothing is changed yet.
  Result<void> require_way_back() {
    if (request_.direction != Direction::Upgrade) return {};
    auto const installed = installed_packages(paths_, names_of(request_.packages));
    if (!installed) return fail(installed.error());
    for (auto const& package : *installed) {
      if (auto whole = archive_.require_way_back(package.name, package.version); !whole) return whole;
    }
    return {};
  }

  /// Kept files that a dependency may be found among.
  Result<std::vector<VerifiedFile>> others(Holds const& holds) {
    std::vector<PackagePin> pins;
    for (auto const& kept : archive_.list()) {
      if (is_own(kept.name) || !holds.kept_away({kept.name, kept.version, configuration_.base_arch}, nullptr).empty())
        continue;
      pins.push_back({kept.name, kept.version, kept.sha256});
    }
    return archive_.open_all(pins);
  }

  /// On their own and before: their services must restart as their packages wish.
  Result<void> install_dependencies(std::vector<VerifiedFile> const& files) {
    if (required_of(paths_, configuration_, files, {})) return {};
    auto const candidates = others(Holds::read(paths_, configuration_));
    if (!candidates) return fail(candidates.error());
    auto const pins = required_of(paths_, configuration_, files, *candidates);
    if (!pins) return fail(pins.error());
    auto const dependencies = archive_.open_all(*pins);
    if (!dependencies) return fail(dependencies.error());
    if (auto noted = note_.write(names_of(*pins)); !noted) return noted;
    Said said;
    ScriptSurroundings const surroundings(false);
    auto done = run_transaction(paths_, configuration_, *dependencies, progress_, said);
    auto const now = installed_packages(paths_, names_of(*pins));
    if (!now) return fail(now.error());
    note_.drop();
    auto const wrong = difference(*pins, *now);
    if (done && !wrong.empty()) done = fail(ErrorKind::PackageFailed, wrong, said.warnings + said.output);
    if (!done) return fail(with_context(done.error(), "a dependency of " + request_.scope.component));
    return {};
  }

  Result<std::vector<InstalledPackage>> conclude(Result<void> const& done, Said const& said) {
    auto installed = installed_packages(paths_, names_of(request_.packages));
    if (!installed) return fail(installed.error());
    note_.drop();
    fault::reached(fault::Point::RpmNoteDropped);
    if (!done && done.error().kind != ErrorKind::PackageFailed) return fail(done.error());
    auto const wrong = difference(request_.packages, *installed);
    if (done && wrong.empty()) return installed;
    auto const words = said.warnings.empty() ? (done ? std::string("rpm gives no reason") : done.error().message)
                                             : "rpm says: " + first_line(said.warnings);
    auto detail = (done ? std::string{} : done.error().detail + "\n") + said.warnings + said.output;
    return fail(ErrorKind::PackageFailed, wrong.empty() ? words : fmt::format("{}; {}", wrong, words),
                std::move(detail));
  }

  RpmPaths const& paths_;
  Configuration const& configuration_;
  ApplyRequest const& request_;
  ProgressSink const& progress_;
  Archive archive_;
  ChangeNote note_;
  Leftovers leftovers_ = {};
};

}  // namespace

Result<std::vector<InstalledPackage>> RpmPackageManager::apply(ApplyRequest const& request,
                                                               ProgressSink const& progress) {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  if (request.packages.empty()) return fail(ErrorKind::BadRequest, "no package was named");
  auto const lock = TransactionLock::take(paths_, request.lock_wait, progress);
  if (!lock) return fail(lock.error());
  fault::reached(fault::Point::RpmLocked);
  auto const configuration = read_configuration(paths_);
  if (!configuration) return fail(configuration.error());
  return Application(paths_, *configuration, request, progress).run();
}

}  // namespace tykup::pkg::rpm
