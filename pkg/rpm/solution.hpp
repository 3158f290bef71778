#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pkg/common/archive.hpp"
#include "pkg/rpm/sack.hpp"

namespace libdnf {
struct Goal;
}
struct _DnfPackage;

namespace tykup::pkg::rpm {

struct PackageRelease {
  void operator()(_DnfPackage* package) const;
};
using Package = std::unique_ptr<_DnfPackage, PackageRelease>;

/// What libdnf would do to install some files on this root with nothing else than them, what is installed, and other
/// files or repositories.
class Solution {
 public:
  Solution();
  Solution(Solution const&) = delete;
  Solution& operator=(Solution const&) = delete;
  ~Solution();

  /// False in the result: it cannot be done without a removal.
  /// What dnf's excludes and locks keep away is not taken from the repositories.
  Result<bool> find(RpmPaths const& paths, Configuration const& configuration, std::vector<VerifiedFile> const& files,
                    std::vector<VerifiedFile> const& others, std::vector<Source> const& sources = {});

  [[nodiscard]] libdnf::Goal* goal() const;
  [[nodiscard]] _DnfSack* sack() const { return sack_.get(); }
  /// Packages that would be installed or brought up and that the files' requirements lead to. They live as long as this
  /// does.
  [[nodiscard]] std::vector<_DnfPackage*> required_packages() const;
  /// Those of the other files that would be installed and that the files' requirements lead to, as places in `others`.
  [[nodiscard]] std::vector<std::size_t> required() const;
  /// Everything that would happen to packages beside the files and what they require: "remove stranger-1.0-1.noarch".
  [[nodiscard]] std::vector<std::string> besides() const;
  /// What the files require and nobody here provides: "libtyk >= 3".
  [[nodiscard]] std::vector<std::string> missing() const;

 private:
  [[nodiscard]] bool is_target(_DnfPackage* package) const;
  [[nodiscard]] bool needs(_DnfPackage* package, _DnfPackage* other) const;

  Sack sack_ = {};
  std::vector<Package> targets_ = {};
  std::vector<Package> others_ = {};
  std::vector<Package> changed_ = {};  ///< what the goal installs or brings up
  std::unique_ptr<libdnf::Goal, void (*)(libdnf::Goal*)> goal_;
};

}  // namespace tykup::pkg::rpm
