#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/result.hpp"

namespace tykup::pkg {

/// NoSpace, with figures and the file system, unless the one that holds `path` has that much free for `purpose`.
Result<void> require_space(std::string const& path, std::uint64_t bytes, std::uint64_t inodes, std::string_view purpose);

/// The file system that holds `path`, or would hold it: the nearest folder above it that is there.
FileSystem file_system_of(std::string const& path);

/// How files are spread over file systems.
class Spread {
 public:
  /// A file, a link or a folder as it is; what is not there counts nothing.
  void add(std::string const& path);
  [[nodiscard]] std::vector<Share> shares() const;
  /// NoSpace unless each file system has room for its part of a new package of that installed size, spread like this one,
  /// beside the old files: a package manager writes all of them before it removes any.
  [[nodiscard]] Result<void> require_again(std::uint64_t installed_size, std::string_view purpose) const;

 private:
  struct Part {
    std::string folder;
    std::uint64_t bytes = 0;
    std::uint64_t files = 0;
  };
  std::map<dev_t, Part> parts_;
};

}  // namespace tykup::pkg
