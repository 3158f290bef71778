#pragma once

#include <string>
#include <vector>

#include "daemon/core/config_reader.hpp"

/// The chapters of the configuration, one function each; defects go to the reader's list. Private to the configuration.
namespace tykup {

/// `[deployment]` and `[component.NAME]`: who takes part, in which order, with overrides applied.
void read_components(ConfigTable& root, Config& config);

/// `[[window]]` and `[[freeze]]`. Precondition: the components were read.
void read_windows(ConfigTable& root, Config& config, ZoneLookup const& zones);

/// `[notify]`: who is told what, and how.
void read_notify(ConfigTable& root, Config& config);

/// `[fleet]`: where this host's fleet is and who it is there. Precondition: the policy was read.
void read_fleet(ConfigTable& root, Config& config);

/// A list of component names at the key; one that is not in the configuration is a defect.
[[nodiscard]] std::vector<std::string> read_component_names(ConfigTable& table, std::string const& key,
                                                            Config const& config);

/// The probes at "probe", each a TCP or an HTTP one.
[[nodiscard]] std::vector<Probe> read_probes(ConfigTable& table);

/// Why that text is no http(s) URL that we can use; empty: it is one.
[[nodiscard]] std::string url_problem(std::string_view url);

}  // namespace tykup
