#pragma once

#include <string>
#include <vector>

#include "pkg/rpm/configuration.hpp"

namespace tykup::pkg::rpm {

/// A build as dnf's patterns see it.
struct Build {
  std::string name;
  std::string version;  ///< "[epoch:]version-release"
  std::string architecture;
};

/// What keeps a build away in dnf: excludepkgs and includepkgs of dnf.conf and of the repository, and the list of the
/// versionlock plugin, which libdnf does not know.
class Holds {
 public:
  static Holds read(RpmPaths const& paths, Configuration const& configuration);

  /// Why dnf would not take this build from that entry (null: from a file), with the file to look at; empty: it would.
  [[nodiscard]] std::string kept_away(Build const& build, RepositoryEntry const* entry) const;
  /// The operator wants the installed build to stay: it is excluded, or locked to this very version.
  [[nodiscard]] bool held(Build const& installed) const;

 private:
  [[nodiscard]] std::string locked_away(Build const& build) const;

  Configuration const* configuration_ = nullptr;
  std::string lock_file_ = {};
  std::vector<std::string> locks_ = {};
  std::vector<std::string> locked_out_ = {};  ///< the patterns with "!"
};

/// True if a pattern in one of dnf's spellings (name, name.arch, name-[epoch:]version[-release[.arch]], globs) means a build.
bool means(std::string const& pattern, Build const& build);
/// True if a lock by that pattern says anything of packages of that name.
bool concerns(std::string const& pattern, std::string const& name);

}  // namespace tykup::pkg::rpm
