#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/result.hpp"
#include "pkg/rpm/rpm_package_manager.hpp"

struct headerToken_s;
struct rpmts_s;

namespace tykup::pkg::rpm {

struct TransactionSetRelease {
  void operator()(rpmts_s* set) const;
};
using TransactionSet = std::unique_ptr<rpmts_s, TransactionSetRelease>;

/// rpm's database of that root, open for reading, signatures of its headers not asked. PackageBroken where it cannot be
/// read.
Result<TransactionSet> open_database(RpmPaths const& paths);

/// "2:1.0-1", epoch 0 left out: how dnf, and we, spell a version.
std::string version_of(headerToken_s* header);

/// A header in the database. Of two with one name the one with the greater instance was installed later.
struct DatabasePackage {
  std::string name;
  std::string version;
  std::string architecture;
  unsigned instance = 0;
  std::vector<std::string> provides = {};
};

/// Every header of that name, in the order of installation.
Result<std::vector<DatabasePackage>> headers_of(RpmPaths const& paths, std::string const& name);

/// Those of `names` that are on the host. Status "duplicate" where several versions of one architecture stand in the
/// database; the version is then the one installed last. `held` and `pinned` are dnf's business, not the database's.
Result<std::vector<InstalledPackage>> installed_packages(RpmPaths const& paths, std::vector<std::string> const& names);

/// Headers of one name and architecture that stand side by side, in the order of installation; not of those packages
/// that dnf installs side by side (`installonlypkgs`).
struct Duplicates {
  std::vector<DatabasePackage> headers;
};
Result<std::vector<Duplicates>> duplicates_in(RpmPaths const& paths);

/// "tyk-gateway (duplicate: 1.0-1 and 1.1-1)"
std::string described(Duplicates const& duplicates);

enum class Contents {
  Compared,
  Unread,  ///< a file that is there counts as unchanged
};
/// Every file of the header of that name that was installed last, by rpm -V's rules; ghosts and what may be missing and
/// is are left out. Owners and modes are not asked: packages' own scripts change them.
Result<std::vector<PackagedFile>> packaged_files(RpmPaths const& paths, std::string const& package, Contents contents);

/// The folder of rpm's database on this root, with a slash at the end.
std::string database_folder(RpmPaths const& paths);

}  // namespace tykup::pkg::rpm
