#include "daemon/core/fleet/settings.hpp"

#include <algorithm>
#include <string_view>

namespace tykup::fleet {
namespace {

constexpr std::size_t kLongestName = 253;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

std::string name_problem(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kLongestName) return "it is longer than 253 characters";
  auto const is_part = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; };
  if (!std::ranges::all_of(name, is_part)) return "expected a-z, 0-9, \"-\" and \".\"";
  if (!is_letter_or_digit(name.front()) || !is_letter_or_digit(name.back())) return "it must begin and end with a letter or digit";
  return {};
}

}  // namespace tykup::fleet
