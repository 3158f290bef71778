#include <fmt/format.h>

#include <algorithm>

#include "pkg/common/archive.hpp"
#include "pkg/common/offers.hpp"
#include "pkg/rpm/database.hpp"
#include "pkg/rpm/dependencies.hpp"
#include "pkg/rpm/library.hpp"
#include "pkg/rpm/package_fetch.hpp"
#include "pkg/rpm/rpm_file.hpp"
#include "pkg/rpm/sources.hpp"
#include "pkg/rpm/way_back.hpp"

namespace tykup::pkg::rpm {
namespace {

Result<std::vector<Source>> read_sources(RpmPaths const& paths, Configuration const& configuration,
                                         Scope const& scope) {
  if (sources_of(configuration, scope).empty()) {
    return fail(ErrorKind::UnknownPackage, fmt::format("no repository of this host provides {}; run tykup subscribe {}",
                                                       scope.component, scope.component));
  }
  return checked_sources(paths, configuration, scope);
}

Result<Offer> pinned_offer(Offers const& offers, PackagePin const& pin) {
  auto offer = offer_for(offers.builds, pin);
  auto const text = pin.name + " " + pin.version + " (";
  auto const named = std::find_if(offers.unpinnable.begin(), offers.unpinnable.end(),
                                  [&](std::string const& build) { return build.starts_with(text); });
  if (offer || named == offers.unpinnable.end()) return offer;
  return fail(ErrorKind::KeyTooWeak,
              fmt::format("its repository names {} by another digest than SHA-256; ask its publisher "
                          "for metadata made with sha256",
                          *named));
}

/// One download: what it was asked for, what it found and what it kept.
class Keeping {
 public:
  Keeping(RpmPaths const& paths, Configuration const& configuration, Scope const& scope, ProgressSink const& progress)
      : paths_(paths),
        configuration_(configuration),
        scope_(scope),
        progress_(progress),
        archive_(paths.archives, rpm_files()) {}

  Result<job::Downloaded> run(std::vector<PackagePin> const& packages) {
    if (auto ready = archive_.prepare(); !ready) return fail(ready.error());
    auto sources = read_sources(paths_, configuration_, scope_);
    if (!sources) return fail(sources.error());
    auto const offers = offers_of(paths_, configuration_, *sources, scope_.packages);
    if (!offers) return fail(offers.error());
    if (auto kept = keep_targets(*offers, packages); !kept) return fail(kept.error());
    if (auto kept = keep_installed(*offers); !kept) return fail(kept.error());
    if (auto kept = keep_dependencies(packages); !kept) return fail(kept.error());
    constexpr std::size_t kOthers = 3;
    archive_.prune(out_.kept, kOthers);
    return std::move(out_);
  }

 private:
  Result<void> keep_targets(Offers const& offers, std::vector<PackagePin> const& packages) {
    std::vector<Offer> wanted;
    for (auto const& pin : packages) {
      if (archive_.open(pin)) {
        out_.kept.push_back({pin.name, pin.version, pin.sha256});
        continue;
      }
      auto offer = pinned_offer(offers, pin);
      if (!offer) return fail(offer.error());
      wanted.push_back(std::move(*offer));
    }
    return add(fetch_into(archive_, wanted, progress_));
  }

  Result<void> keep_installed(Offers const& offers) {
    auto const installed = installed_packages(paths_, scope_.packages);
    if (!installed) return fail(installed.error());
    for (auto const& package : *installed) {
      auto back = WayBack(paths_, archive_, offers.builds, progress_).keep(package);
      if (!back) {
        out_.no_way_back = back.error();
      } else if (std::find(out_.kept.begin(), out_.kept.end(), *back) == out_.kept.end()) {
        out_.kept.push_back(std::move(*back));
      }
    }
    return {};
  }

  Result<void> keep_dependencies(std::vector<PackagePin> const& packages) {
    std::vector<VerifiedFile> files;
    for (auto const& pin : packages) {
      auto file = archive_.open(pin);
      if (!file) return fail(file.error());
      files.push_back(std::move(*file));
    }
    if (files.empty()) return {};
    auto const before = required_before(paths_, configuration_, scope_, files, progress_);
    if (!before) return fail(before.error());
    auto fetched = fetch_into(archive_, before->builds, progress_);
    if (!fetched) return fail(with_context(fetched.error(), "a dependency of " + packages.front().name));
    return add(std::move(fetched));
  }

  Result<void> add(Result<std::vector<KeptPackage>> const& kept) {
    if (!kept) return fail(kept.error());
    out_.kept.insert(out_.kept.end(), kept->begin(), kept->end());
    return {};
  }

  RpmPaths const& paths_;
  Configuration const& configuration_;
  Scope const& scope_;
  ProgressSink const& progress_;
  Archive archive_;
  job::Downloaded out_;
};

}  // namespace

Result<job::Downloaded> RpmPackageManager::keep(Scope const& scope, std::vector<PackagePin> const& packages,
                                                ProgressSink const& progress) {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  auto const configuration = read_configuration(paths_);
  if (!configuration) return fail(configuration.error());
  if (auto safe = refuse_insecure_options(*configuration); !safe) return fail(safe.error());
  return Keeping(paths_, *configuration, scope, progress).run(packages);
}

}  // namespace tykup::pkg::rpm
