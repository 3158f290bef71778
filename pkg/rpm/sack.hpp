#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pkg/rpm/offers.hpp"

struct _DnfSack;

namespace tykup::pkg::rpm {

struct SackRelease {
  void operator()(_DnfSack* sack) const;
};
using Sack = std::unique_ptr<_DnfSack, SackRelease>;

enum class Installed { Left, Loaded };

/// libdnf's pool with the packages of these sources, each under the id of its entry, and those of the rpm database if wanted.
/// Nothing is fetched and no cache is written: the files were checked just now.
Result<Sack> make_sack(RpmPaths const& paths, Configuration const& configuration, std::vector<Source> const& sources,
                       Installed installed);

}  // namespace tykup::pkg::rpm
