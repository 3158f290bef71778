#pragma once

#include <memory>
#include <string>

#include "daemon/core/result.hpp"
#include "pkg/rpm/rpm_package_manager.hpp"

struct _DnfContext;

namespace tykup::pkg::rpm {

/// Makes librpm and libdnf ready for that root: messages in English, rpm's configuration and macros read anew, those of
/// the root's own etc/rpm/macros included. Both libraries are global to a process: called at the beginning of every operation.
Result<void> open_library(RpmPaths const& paths);

struct ContextRelease {
  void operator()(_DnfContext* context) const;
};
using Context = std::unique_ptr<_DnfContext, ContextRelease>;

/// A DnfContext on that root, set up, by dnf's own configuration, without plugins. It sees no repository, and so no
/// `gpgkey` that it would import: packages come to it as files, repositories are read and verified by `repositories.hpp`.
Result<Context> open_context(RpmPaths const& paths);

/// A path of the host below the root.
std::string below_root(RpmPaths const& paths, std::string const& path);

}  // namespace tykup::pkg::rpm
