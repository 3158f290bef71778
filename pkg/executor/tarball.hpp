#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"

namespace tykup::executor {

/// Writes a tar.zst of mode 0600: first `manifest` as "manifest.json", then these files of the host under their paths
/// without the leading slash, with owner, mode, times, ACLs and extended attributes, links as links. A file that went
/// away meanwhile is left out. On disk (fsync, rename) when it returns; nothing is left of it after an error.
Result<void> write_tarball(std::string const& archive, std::string const& manifest, std::string const& root,
                           std::vector<std::string> const& paths);

/// Puts one file of the archive back, all of it or nothing of it. `wanted` says for each path whether; the answer is what
/// was put back. Nothing is written through another user's links.
Result<std::vector<std::string>> extract_tarball(std::string const& archive, std::string const& root,
                                                 std::function<bool(std::string const& path)> const& wanted);

}  // namespace tykup::executor
