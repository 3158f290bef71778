#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/policy.hpp"
#include "daemon/core/version.hpp"

/// Which file a Gateway opens for a Go plugin, and whether it is one for that very version. A plugin has to be built anew
/// for each of them; a Gateway that does not load one starts, says that it is well, and answers 500.
namespace tykup {

/// As Go spells what the package manager calls "amd64" or "x86_64"; others as they are.
[[nodiscard]] std::string go_architecture(std::string_view architecture);

/// Where a Gateway of that release looks for a plugin, the first that exists is opened. A path that was told with or
/// without ".so" is the same for all names but the last.
[[nodiscard]] std::vector<std::string> plugin_lookup(std::string const& path, Release const& release,
                                                     std::string const& go_architecture);

/// The release that a file's name says it was built for: 5.8.15 of "auth_v5.8.15_linux_amd64.so"; nothing: it says none.
[[nodiscard]] std::optional<Release> built_for(std::string const& path);

/// A path without the release, system and architecture in its name: how a Gateway is told of it.
[[nodiscard]] std::string unversioned(std::string const& path);

/// The image of the compiler for that edition: "tykio/tyk-plugin-compiler-ee:v5.8.15".
[[nodiscard]] std::string plugin_compiler(std::string_view package, Release const& release);

/// Whether `tyk plugin load` is there to be asked: from 5.0.0 on.
[[nodiscard]] bool loads_on_request(Release const& release);

struct PluginQuery {
  ComponentFacts const& facts;
  PackagePin const& to;
  Memory const& memory;
  Instant now;
};
/// Why that Gateway must not be installed yet: each plugin that is missing, of another version, known not to load, or
/// not to be told either way. None for a file that the new program is still to be asked about.
[[nodiscard]] std::vector<Reason> plugin_reasons(PluginQuery const& query);

/// The files that this Gateway would open and that its program was not asked about yet; those that it could not be asked
/// about earlier than a few hours ago again. Empty where it cannot be asked.
[[nodiscard]] std::vector<PluginBuild> plugins_to_check(PluginQuery const& query);

/// The files that this Gateway would open and that nothing speaks for: its program was never asked about them, or could
/// not be and their names say nothing.
[[nodiscard]] std::vector<PluginBuild> plugins_unproven(PluginQuery const& query);

}  // namespace tykup
