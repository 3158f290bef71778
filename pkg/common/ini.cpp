#include "pkg/common/ini.hpp"

#include <fstream>

#include "daemon/core/words.hpp"

namespace tykup::pkg {

std::map<std::string, std::string> read_ini(std::string const& file) {
  std::map<std::string, std::string> out;
  std::ifstream stream(file);
  std::string section;
  std::string last;
  for (std::string line; std::getline(stream, line);) {
    std::string const text(trimmed(line));
    if (text.empty() || text.front() == '#' || text.front() == ';') continue;
    if (text.front() == '[') {
      section = trimmed(std::string_view(text).substr(1, text.find(']') - 1));
      last.clear();
      continue;
    }
    bool const goes_on = line.front() == ' ' || line.front() == '\t';
    auto const equals = text.find('=');
    if (goes_on && !last.empty()) {
      out[last] += " " + text;
    } else if (equals != std::string::npos) {
      last = section + "." + std::string(trimmed(std::string_view(text).substr(0, equals)));
      out[last] = trimmed(std::string_view(text).substr(equals + 1));
    }
  }
  return out;
}

bool is_yes(std::string const& value) {
  auto const low = lowered(value);
  return low == "1" || low == "yes" || low == "true" || low == "on";
}

std::vector<std::string> listed_words(std::string const& value) {
  std::vector<std::string> out(1);
  for (char const c : value) {
    if (c != ' ' && c != ',' && c != '\t') out.back() += c;
    else if (!out.back().empty()) out.emplace_back();
  }
  if (out.back().empty()) out.pop_back();
  return out;
}

}  // namespace tykup::pkg
