#include "daemon/core/said_version.hpp"

#include <algorithm>
#include <cctype>
#include <tuple>

namespace tykup {
namespace {

/// `tyk version --json` came with 5.3.0 and was carried back to 5.0.8 and 5.2.3.
bool gateway_has_it(Release const& release) {
  auto const [major, minor] = std::pair(release.major, release.minor);
  if (major != 5) return major > 5;
  return minor >= 3 || (minor == 2 && release.patch >= 3) || (minor == 0 && release.patch >= 8);
}

bool pump_has_it(Release const& release) { return std::tuple(release.major, release.minor) >= std::tuple(1, 6); }

bool is_of_number(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.'; }

/// "v5.8.15" and "5.8.15", not "5.8" and not "10.0.0.1".
std::optional<Release> number_of(std::string_view word) {
  if (word.starts_with('v')) word.remove_prefix(1);
  bool const is_number = std::ranges::count(word, '.') == 2 && word.find_first_not_of("0123456789.") == std::string_view::npos &&
                         !word.starts_with('.') && !word.ends_with('.') && word.find("..") == std::string_view::npos;
  return is_number ? release_of(word) : std::nullopt;
}

}  // namespace

std::optional<std::vector<std::string>> version_arguments(ServiceKind kind, Release const& release) {
  if (kind == ServiceKind::Gateway && gateway_has_it(release)) return std::vector<std::string>{"version", "--json"};
  if (kind == ServiceKind::Pump && pump_has_it(release)) return std::vector<std::string>{"--version"};
  return std::nullopt;
}

std::optional<Release> said_version(std::string_view output) {
  constexpr std::string_view kKey = "\"Version\"";
  if (auto const key = output.find(kKey); key != std::string_view::npos) output.remove_prefix(key + kKey.size());
  while (!output.empty()) {
    auto const begin = std::ranges::find_if(output, is_of_number);
    auto const end = std::find_if_not(begin, output.end(), is_of_number);
    if (auto const release = number_of({begin, end})) return release;
    output = {end, output.end()};
  }
  return std::nullopt;
}

}  // namespace tykup
