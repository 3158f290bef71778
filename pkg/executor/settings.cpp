#include "pkg/executor/settings.hpp"

#include <glob.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "daemon/core/health.hpp"
#include "pkg/executor/files.hpp"

namespace tykup::executor {
namespace {

using Json = nlohmann::json;

void flatten_into(Settings& out, std::string const& prefix, Json const& value, unsigned depth) {
  if (depth > 32) return;
  if (value.is_structured()) {
    for (auto const& [name, child] : value.items())
      flatten_into(out, prefix.empty() ? name : prefix + "." + name, child, depth + 1);
  } else if (!prefix.empty() && !value.is_null()) {
    out[prefix] = value.is_string() ? value.get<std::string>() : value.dump();
  }
}

/// One assignment's value, from behind the equals sign to the end of its line.
class Value {
 public:
  Value(std::string_view text, std::size_t& at) : text_(text), at_(at) {}

  std::string read() {
    skip_blanks();
    while (at_ < text_.size() && text_[at_] != '\n') {
      char const c = text_[at_];
      if (c == '\\') {
        escape(true);
      } else if ((c == '"' || c == '\'') && out_.size() == hard_) {
        quoted(c);
      } else {
        out_ += c;
        ++at_;
      }
    }
    while (out_.size() > hard_ && std::isspace(static_cast<unsigned char>(out_.back())) != 0) out_.pop_back();
    return out_;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  void escape(bool any) {
    ++at_;
    if (at_ >= text_.size()) return;
    char const c = text_[at_++];
    if (c == '\n') return;
    if (!any && c != '"' && c != '\\' && c != '`' && c != '$') out_ += '\\';
    out_ += c;
  }
  void quoted(char quote) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && quote == '"') {
        escape(false);
      } else {
        out_ += text_[at_++];
      }
    }
    if (at_ < text_.size()) ++at_;
    hard_ = out_.size();
    skip_blanks();
  }

  std::string_view text_;
  std::size_t& at_;
  std::string out_;
  std::size_t hard_ = 0;  ///< up to here the value was quoted: its blanks count
};

std::vector<std::string> expand(Paths const& paths, std::string pattern) {
  if (!pattern.empty() && pattern.front() == '-') pattern.erase(0, 1);
  glob_t found{};
  std::vector<std::string> out;
  if (glob(paths.host(pattern).c_str(), 0, nullptr, &found) == 0)
    for (std::size_t i = 0; i < found.gl_pathc; ++i) out.push_back(std::string(found.gl_pathv[i]).substr(paths.root.size()));
  globfree(&found);
  return out;
}

}  // namespace

Settings flatten(std::string_view json) {
  Settings out;
  auto const document = Json::parse(json, nullptr, false, true);
  if (document.is_object()) flatten_into(out, "", document, 0);
  return out;
}

Settings read_environment(std::string_view text) {
  Settings out;
  std::size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) ++at;
    if (at >= text.size()) break;
    auto const line_end = std::min(text.find('\n', at), text.size());
    auto const equals = text.find('=', at);
    if (text[at] == '#' || text[at] == ';' || equals == std::string_view::npos || equals > line_end) {
      at = line_end;
      continue;
    }
    std::string name(text.substr(at, equals - at));
    while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.pop_back();
    if (name.starts_with("export ")) name.erase(0, 7);
    at = equals + 1;
    out[name] = Value(text, at).read();
  }
  return out;
}

std::string stem_of(std::string const& unit_name) {
  auto const end = unit_name.rfind(".service");
  return end == std::string::npos ? unit_name : unit_name.substr(0, end);
}

std::vector<std::string> environment_files_of(Paths const& paths, Unit const& unit, std::string const& unit_name) {
  auto patterns = unit.environment_files;
  if (patterns.empty() && unit.facts.load_state != "loaded")
    patterns = {"/etc/default/" + stem_of(unit_name), "/etc/sysconfig/" + stem_of(unit_name)};
  std::vector<std::string> out;
  for (auto const& pattern : patterns)
    for (auto const& file : expand(paths, pattern)) out.push_back(file);
  return out;
}

Settings environment_of(Paths const& paths, Unit const& unit, std::string const& unit_name) {
  Settings out(unit.environment.begin(), unit.environment.end());
  for (auto const& file : environment_files_of(paths, unit, unit_name)) {
    auto const text = read_file(paths.host(file), std::size_t{1} << 20);
    if (!text) continue;
    for (auto const& [name, value] : read_environment(*text)) out[name] = value;
  }
  return out;
}

std::vector<Endpoint> endpoints(Paths const& paths, Component const& component, Unit const& unit, std::string& problem) {
  Settings settings;
  if (!component.config_file.empty()) {
    auto const text = read_file(paths.host(component.config_file), std::size_t{8} << 20);
    if (!text) {
      problem = text.error().message;
    } else {
      settings = flatten(*text);
      if (settings.empty()) problem = component.config_file + " is no JSON object: its ports cannot be read from it";
    }
  }
  return endpoints_of(component, settings, environment_of(paths, unit, component.unit));
}

}  // namespace tykup::executor
