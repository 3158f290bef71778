#include "pkg/apt/transaction.hpp"

#include <apt-pkg/cachefile.h>
#include <apt-pkg/configuration.h>
#include <apt-pkg/depcache.h>
#include <apt-pkg/dpkgpm.h>
#include <apt-pkg/sourcelist.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <set>

#include "daemon/fault/fault.hpp"
#include "pkg/common/child.hpp"
#include "pkg/apt/dpkg_progress.hpp"
#include "pkg/apt/errors.hpp"
#include "pkg/apt/library.hpp"
#include "pkg/apt/lock.hpp"
#include "pkg/apt/sources.hpp"

namespace tykup::pkg::apt {
namespace {

using Package = pkgCache::PkgIterator;
using Version = pkgCache::VerIterator;

/// What the marks on a dependency cache would do.
struct Changes {
  std::vector<Package> installs = {};
  std::vector<std::string> refused = {};  ///< removals and breakage, in words
};

/// libapt-pkg's order with our verified files: no acquire step comes between the check and dpkg.
class Installer final : public pkgDPkgPM {
 public:
  explicit Installer(pkgDepCache* cache) : pkgDPkgPM(cache) {}
  void provide(pkgCache::PkgIterator const& package, std::string const& file) { FileNames[package->ID] = file; }
};

class Transaction {
 public:
  explicit Transaction(std::vector<VerifiedFile> const& files) : files_(files) {}

  Result<void> open() {
    if (!cache_.BuildSourceList()) return fail(library_error(ErrorKind::BadConfig, "apt's source list cannot be read"));
    for (auto const& file : files_) {
      if (!cache_.GetSourceList()->AddVolatileFile(file.path())) {
        return fail(library_error(ErrorKind::HashMismatch, file.path() + " is not usable as a package"));
      }
    }
    if (!cache_.Open(nullptr, false)) return fail(library_error(ErrorKind::BadConfig, "apt's package lists cannot be read"));
    for (auto const& file : files_) {
      auto const version = version_of(file);
      if (version.end()) {
        return fail(ErrorKind::HashMismatch, fmt::format("{} does not hold {} {} for this host's architecture", file.path(),
                                                         file.pin().name, file.pin().version));
      }
      targets_.push_back(version);
    }
    return {};
  }

  /// Holds are asked before; here the auto flags must survive the marking, which `from_user` would clear.
  void mark(bool with_dependencies, Marks marks) {
    pkgDepCache::ActionGroup const group(cache_);
    for (auto const& version : targets_) cache_->SetCandidateVersion(version);
    for (auto const& version : targets_) {
      auto const package = version.ParentPkg();
      bool const was_auto = (cache_[package].Flags & pkgCache::Flag::Auto) != 0;
      bool const is_new = package->CurrentVer == 0;
      if (package.CurrentVer() == version) cache_->SetReInstall(package, true);
      cache_->MarkInstall(package, with_dependencies, 0, true);
      cache_->MarkAuto(package, is_new ? marks == Marks::Auto : was_auto);
      cache_->MarkProtected(package);
    }
  }

  Changes changes() {
    Changes changes;
    for (auto package = cache_.GetPkgCache()->PkgBegin(); !package.end(); ++package) {
      auto& state = cache_[package];
      if (state.Delete()) changes.refused.push_back("remove " + package.FullName(true));
      if (state.Install() || state.ReInstall()) changes.installs.push_back(package);
      if (state.InstBroken() && !state.NowBroken()) changes.refused.push_back("break " + package.FullName(true) + unmet(package));
    }
    return changes;
  }

  /// Why a target was not even marked: libapt-pkg drops what it cannot satisfy. Empty: all were.
  std::vector<std::string> impossible() {
    std::vector<std::string> reasons;
    for (auto const& version : targets_) {
      auto const& state = cache_[version.ParentPkg()];
      if (state.Install() || state.ReInstall()) continue;
      auto const missing = unoffered(version);
      reasons.push_back(missing.empty() ? "need what cannot be installed here" : "need " + missing + ", which nobody offers");
    }
    return reasons;
  }

  bool is_target(Package const& package) const {
    return std::any_of(targets_.begin(), targets_.end(), [&](Version const& v) { return v.ParentPkg() == package; });
  }

  std::string described(Package const& package) {
    auto const now = package.CurrentVer();
    auto const then = cache_[package].InstVerIter(cache_);
    return fmt::format("change {} from {} to {}", package.FullName(true), now.end() ? "nothing" : now.VerStr(),
                       then.end() ? "nothing" : then.VerStr());
  }

  /// Packages that the targets' own (pre-)dependencies lead to, through packages that change.
  std::set<unsigned long> required(std::vector<Package> const& installs) {
    std::set<unsigned long> reached;
    std::vector<Version> open(targets_);
    while (!open.empty()) {
      auto const version = open.back();
      open.pop_back();
      for (auto const& package : installs) {
        if (is_target(package) || reached.count(package->ID) != 0) continue;
        auto const chosen = cache_[package].InstVerIter(cache_);
        if (chosen.end() || !depends_on(version, chosen)) continue;
        reached.insert(package->ID);
        open.push_back(chosen);
      }
    }
    return reached;
  }

  Result<void> install(ProgressSink const& progress) {
    Installer installer(cache_);
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (!files_[i].unchanged()) {
        return fail(ErrorKind::HashMismatch, files_[i].path() + " was exchanged after it was checked; nothing was installed");
      }
      installer.provide(targets_[i].ParentPkg(), files_[i].path());
    }
    auto const report = dpkg_progress(progress);
    InnerLockLent const lent;
    fault::reached(fault::Point::AptBegins);
    auto const result = installer.DoInstall(&report->listener());
    fault::reached(fault::Point::AptDone);
    if (result == pkgPackageManager::Completed) return {};
    auto error = library_error(ErrorKind::PackageFailed, "dpkg failed");
    if (!report->failures().empty()) error.message = "dpkg failed: " + first_line(report->failures());
    return fail(std::move(error));
  }

  pkgCacheFile& cache() { return cache_; }
  Version chosen(Package const& package) { return cache_[package].InstVerIter(cache_); }

 private:
  Version version_of(VerifiedFile const& file) {
    auto const package = cache_.GetPkgCache()->FindPkg(file.pin().name);
    if (package.end()) return Version();
    for (auto version = package.VersionList(); !version.end(); ++version) {
      for (auto where = version.FileList(); !where.end(); ++where) {
        if (where.File().FileName() != nullptr && where.File().FileName() == file.path()) return version;
      }
    }
    return Version();
  }

  bool depends_on(Version const& version, Version const& other) {
    for (auto dependency = version.DependsList(); !dependency.end(); ++dependency) {
      if (dependency->Type != pkgCache::Dep::Depends && dependency->Type != pkgCache::Dep::PreDepends) continue;
      if (dependency.IsSatisfied(other)) return true;
      for (auto provided = other.ProvidesList(); !provided.end(); ++provided) {
        if (dependency.IsSatisfied(provided)) return true;
      }
    }
    return false;
  }

  static std::string bound_of(pkgCache::DepIterator const& dependency) {
    auto const name = dependency.TargetPkg().FullName(true);
    if (dependency.TargetVer() == nullptr) return name;
    return fmt::format("{} ({} {})", name, dependency.CompType(), dependency.TargetVer());
  }

  /// The first dependency that no known version satisfies.
  static std::string unoffered(Version const& version) {
    for (auto dependency = version.DependsList(); !dependency.end();) {
      pkgCache::DepIterator start;
      pkgCache::DepIterator end;
      dependency.GlobOr(start, end);
      if (end->Type != pkgCache::Dep::Depends && end->Type != pkgCache::Dep::PreDepends) continue;
      bool offered = false;
      for (auto one = start;; ++one) {
        std::unique_ptr<pkgCache::Version*[]> const targets(one.AllTargets());
        offered = offered || targets[0] != nullptr;
        if (one == end) break;
      }
      if (!offered) return bound_of(start);
    }
    return {};
  }

  /// " (needs libfoo (>= 2))"
  std::string unmet(Package const& package) {
    auto const version = cache_[package].InstVerIter(cache_);
    if (version.end()) return {};
    for (auto dependency = version.DependsList(); !dependency.end();) {
      pkgCache::DepIterator start;
      pkgCache::DepIterator end;
      dependency.GlobOr(start, end);
      if (!cache_->IsImportantDep(end) || (cache_[end] & pkgDepCache::DepGInstall) == pkgDepCache::DepGInstall) continue;
      return fmt::format(" ({}: {})", start.DepType(), bound_of(start));
    }
    return {};
  }

  std::vector<VerifiedFile> const& files_;
  std::vector<Version> targets_ = {};
  pkgCacheFile cache_;
};

Error refusal(std::vector<VerifiedFile> const& files, std::vector<std::string> const& what) {
  std::vector<std::string> names;
  for (auto const& file : files) names.push_back(file.pin().name + " " + file.pin().version);
  return {ErrorKind::PlanRefused,
          fmt::format("installing {} would also {}; nothing was changed: do that by hand with apt, or wait for a version "
                      "that does not need it",
                      fmt::join(names, ", "), fmt::join(what, ", "))};
}

/// Where dpkg's words will be appended; its end is what the operator reads after a failure.
class TermLog {
 public:
  TermLog() : path_(apt_file("Dir::Log::Terminal")) {
    std::ifstream file(path_, std::ios::ate | std::ios::binary);
    if (file) begin_ = file.tellg();
  }
  [[nodiscard]] std::string tail() const {
    std::ifstream file(path_, std::ios::binary);
    file.seekg(begin_);
    constexpr std::size_t kLines = 30;
    return tail_of({std::istreambuf_iterator<char>(file), {}}, kLines);
  }

 private:
  std::string path_;
  std::streamoff begin_ = 0;
};

void set_history(std::vector<VerifiedFile> const& files) {
  std::string line = "tykup";
  for (auto const& file : files) line += " " + file.pin().name + "=" + file.pin().version;
  _config->Set("CommandLine::AsString", line);
}

}  // namespace

Result<std::vector<Offer>> required_before(std::vector<VerifiedFile> const& files) {
  Transaction transaction(files);
  if (auto opened = transaction.open(); !opened) return fail(opened.error());
  transaction.mark(true, Marks::Keep);
  auto changes = transaction.changes();
  auto const required = transaction.required(changes.installs);
  std::map<std::string, std::string> wanted;
  for (auto const& package : changes.installs) {
    if (transaction.is_target(package)) continue;
    if (required.count(package->ID) == 0) changes.refused.push_back(transaction.described(package));
    wanted[package.Name()] = transaction.chosen(package).VerStr();
  }
  auto const impossible = transaction.impossible();
  changes.refused.insert(changes.refused.end(), impossible.begin(), impossible.end());
  if (!changes.refused.empty()) return fail(refusal(files, changes.refused));
  std::vector<Offer> offers;
  for (auto const& [name, version] : wanted) {
    auto const all = offers_of(transaction.cache(), {name}, [](metaIndex const& source) { return !switched_off(source); });
    auto const found = std::find_if(all.begin(), all.end(), [&](Offer const& o) { return o.candidate.version == version; });
    if (found == all.end()) return fail(refusal(files, {fmt::format("need {} {}, which no trusted source offers", name, version)}));
    offers.push_back(*found);
  }
  return offers;
}

Result<void> run_transaction(std::vector<VerifiedFile> const& files, Marks marks, ProgressSink const& progress) {
  Transaction transaction(files);
  if (auto opened = transaction.open(); !opened) return opened;
  transaction.mark(false, marks);
  auto changes = transaction.changes();
  for (auto const& package : changes.installs) {
    if (!transaction.is_target(package)) changes.refused.push_back(transaction.described(package));
  }
  if (!changes.refused.empty()) return fail(refusal(files, changes.refused));
  set_history(files);
  TermLog const log;
  auto done = transaction.install(progress);
  if (!done && done.error().kind == ErrorKind::PackageFailed) done.error().detail += log.tail();
  return done;
}

}  // namespace tykup::pkg::apt
