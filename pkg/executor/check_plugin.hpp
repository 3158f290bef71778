#pragma once

#include "pkg/executor/context.hpp"

namespace tykup::executor {

/// `check-plugin`: takes the program out of the kept package, digest checked, and asks it in a sandbox about each plugin.
/// Only files that a definition of this host names are shown to it, as copies with the digest that was asked for. What
/// keeps it from being asked is the answer Unchecked with why; an error means that the package is not there as it was.
Result<job::PluginsChecked> check_plugins(Context const& context, PluginCheck const& check);

}  // namespace tykup::executor
