#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tykup::architecture {

/// Source files by their path from the top of the tree, with their text.
using Sources = std::map<std::string, std::string>;

/// Everything under daemon/, pkg/ and systemd/.
Sources read_sources(std::filesystem::path const& top);

/// "daemon/core/x.cpp includes <unistd.h>: the core is pure", one for each include that the plan of the house forbids.
std::vector<std::string> forbidden_includes(Sources const& sources);

}  // namespace tykup::architecture
