#pragma once

#include "pkg/executor/context.hpp"

/// What of the host itself decides whether a run may begin.
namespace tykup::executor {

/// The operator's files in the component's folder: what lies there less what the packages brought.
std::uint64_t own_bytes(Paths const& paths, Component const& component, std::vector<Share> const& shipped);

/// Fills in which file systems a run needs room on, and what is free there. `folders["database"]` and the components'
/// `spread` were read.
void measure(Context const& context, HostFacts& facts);

/// Fills in who wants the host down, and who else may change our packages.
Result<void> look_at_others(Context const& context, HostFacts& facts);

}  // namespace tykup::executor
