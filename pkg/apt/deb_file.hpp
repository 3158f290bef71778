#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "pkg/common/archive.hpp"

namespace tykup::pkg::apt {

/// What a package file says of itself.
struct DebControl {
  std::string name;
  std::string version;
  std::string architecture;
  std::uint64_t installed_kib = 0;
};
Result<DebControl> control_of(std::string const& deb);
/// The md5sums member, lines sorted; empty where it has none.
Result<std::vector<std::string>> md5sums_of(std::string const& deb);

/// .deb files in an archive.
ArchiveFormat deb_files();

}  // namespace tykup::pkg::apt
