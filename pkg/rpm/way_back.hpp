#pragma once

#include <string>
#include <vector>

#include "pkg/common/archive.hpp"
#include "pkg/package_manager.hpp"
#include "pkg/rpm/offers.hpp"

namespace tykup::pkg::rpm {

/// The way back for an installed package, from the nearest place that has the very build: archive, repository, dnf's cache.
class WayBack {
 public:
  WayBack(RpmPaths const& paths, Archive const& archive, std::vector<Offer> const& offers, ProgressSink const& progress)
      : paths_(paths), archive_(archive), offers_(offers), progress_(progress) {}

  /// NoWayBack says why no file of what is installed could be kept.
  Result<KeptPackage> keep(InstalledPackage const& package);

 private:
  std::optional<KeptPackage> from_archive(InstalledPackage const& package);
  std::optional<KeptPackage> from_repository(InstalledPackage const& package);
  std::optional<KeptPackage> from_cache(InstalledPackage const& package);
  [[nodiscard]] std::string why_not() const;

  RpmPaths const& paths_;
  Archive const& archive_;
  std::vector<Offer> const& offers_;
  ProgressSink const& progress_;
  bool offered_ = false;
  std::string trouble_ = {};
};

}  // namespace tykup::pkg::rpm
