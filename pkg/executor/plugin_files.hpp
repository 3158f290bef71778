#pragma once

#include <map>
#include <optional>
#include <string>

#include "daemon/core/facts.hpp"
#include "daemon/core/result.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/paths.hpp"

namespace tykup::executor {

/// Opens a regular file of at most `limit` bytes, through links as the Gateway itself would; never waits, as a pipe would
/// have it. BadRequest where it is no such file, NotFound where there is none.
Result<Fd> open_plain(Paths const& paths, std::string const& path, std::uint64_t limit);

/// All of a text file, opened so.
Result<std::string> read_text(Paths const& paths, std::string const& path, std::size_t limit);

/// Plugins on disk, each hashed once.
class PluginFiles {
 public:
  explicit PluginFiles(Paths const& paths) : paths_(paths) {}
  /// Null: there is none. One that cannot be read says why.
  PluginFile const* find(std::string const& path);

 private:
  Paths const& paths_;
  std::map<std::string, std::optional<PluginFile>> known_;
};

inline constexpr std::uint64_t kLargestPlugin = std::uint64_t{1} << 30;

/// As the Gateway names the folders of bundles. No secret hangs on it.
std::string md5_of(std::string const& text);

}  // namespace tykup::executor
