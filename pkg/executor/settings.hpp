#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/topology.hpp"
#include "pkg/executor/paths.hpp"
#include "pkg/executor/units.hpp"

namespace tykup::executor {

using Settings = std::map<std::string, std::string>;

/// Every scalar of a JSON object by its path: "http_server_options.use_ssl" → "true", "hosts.0" → "a". Nothing for a
/// text that is no JSON object.
Settings flatten(std::string_view json);

/// The variables of an environment file as systemd reads them: comments, quotes, escapes, lines continued by a backslash.
Settings read_environment(std::string_view text);

/// What the unit gets: Environment= and then its files in order, or the package's usual ones where systemd has none.
Settings environment_of(Paths const& paths, Unit const& unit, std::string const& unit_name);

/// The environment files that exist, patterns expanded.
std::vector<std::string> environment_files_of(Paths const& paths, Unit const& unit, std::string const& unit_name);

/// Where the service answers. Only URLs leave; a configuration that cannot be read is said in `problem`.
std::vector<Endpoint> endpoints(Paths const& paths, Component const& component, Unit const& unit, std::string& problem);

/// "tyk-gateway" of "tyk-gateway.service".
std::string stem_of(std::string const& unit_name);

}  // namespace tykup::executor
