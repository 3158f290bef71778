#pragma once

#include <map>
#include <string>
#include <vector>

namespace tykup::pkg {

/// The settings of a file of `[section]` and `key = value` lines: "section.key" → value, the last one wins. A file that is
/// not there or cannot be read has none.
std::map<std::string, std::string> read_ini(std::string const& file);

/// "1", "yes", "true", "on", whatever their case.
bool is_yes(std::string const& value);

/// The words between blanks and commas.
std::vector<std::string> listed_words(std::string const& value);

}  // namespace tykup::pkg
