#include "pkg/common/ini.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>

namespace tykup::pkg {
namespace {

std::string stripped(std::string const& text) {
  auto const from = text.find_first_not_of(" \t\r");
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

}  // namespace

std::map<std::string, std::string> read_ini(std::string const& file) {
  std::map<std::string, std::string> out;
  std::ifstream stream(file);
  std::string section;
  std::string last;
  for (std::string line; std::getline(stream, line);) {
    auto const text = stripped(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') continue;
    if (text.front() == '[') {
      section = stripped(text.substr(1, text.find(']') - 1));
      last.clear();
      continue;
    }
    bool const goes_on = line.front() == ' ' || line.front() == '\t';
    auto const equals = text.find('=');
    if (goes_on && !last.empty()) {
      out[last] += " " + text;
    } else if (equals != std::string::npos) {
      last = section + "." + stripped(text.substr(0, equals));
      out[last] = stripped(text.substr(equals + 1));
    }
  }
  return out;
}

bool is_yes(std::string const& value) {
  std::string low = value;
  std::ranges::transform(low, low.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
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
