#pragma once

#include <string>
#include <vector>

#include "daemon/core/result.hpp"

namespace tykup::pkg::apt {

/// A package as dpkg's status file has it.
struct DatabasePackage {
  std::string name;
  std::string version;
  std::string architecture;
  std::string want;   ///< "install", "hold", …
  std::string flag;   ///< "ok", "reinstreq"
  std::string state;  ///< "installed", "half-configured", "config-files", …
  std::string multi_arch = {};
  std::string conffiles = {};  ///< the field as it stands: " /path md5 [obsolete]" lines

  [[nodiscard]] bool present() const { return state != "not-installed" && state != "config-files"; }
  [[nodiscard]] bool clean() const { return !present() || (state == "installed" && flag == "ok"); }
};

/// dpkg's database, read without libapt-pkg's cache: a broken source list does not hide it.
Result<std::vector<DatabasePackage>> read_database();

/// The package of that name that is on the host: of the native architecture or `all`.
DatabasePackage const* find_present(std::vector<DatabasePackage> const& database, std::string const& name);

/// "nginx (half-configured)" for each that is not clean, and dpkg's own interrupted journal.
std::vector<std::string> broken_in(std::vector<DatabasePackage> const& database);

/// /var/lib/dpkg/info/NAME[:ARCH].EXTENSION, whichever exists; the plain one where none does.
std::string info_file(DatabasePackage const& package, std::string const& extension);

/// True where files on disk are those of that package file: its md5sums are the ones dpkg noted at installation.
/// A package file without md5sums matches: there is nothing to compare.
Result<bool> is_installed_build(DatabasePackage const& package, std::string const& deb);

}  // namespace tykup::pkg::apt
