#pragma once

#include <string>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/topology.hpp"
#include "pkg/executor/paths.hpp"
#include "pkg/executor/units.hpp"

namespace tykup::executor {

struct PluginsFound {
  std::vector<PluginReference> plugins = {};
  std::string unknown = {};  ///< what could not be read, so that some may be missing; empty: all are known
};

/// The Go plugins of a Gateway: those that the API definitions on disk and the unpacked bundles name, or, where the
/// definitions come from a Dashboard or MDCB, those that its process has mapped. Of each, the files that are there of
/// the names that a newer version on offer would look for, with their digests. Reads only, and only so much.
PluginsFound find_plugins(Paths const& paths, Component const& component, Unit const& unit, ComponentFacts const& facts,
                          PackageFormat format);

}  // namespace tykup::executor
