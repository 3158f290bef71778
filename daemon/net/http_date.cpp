#include "daemon/net/http_date.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tykup::net {

namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view kForm = "___, __ ___ ____ __:__:__ GMT";

/// As many digits as the form has there.
std::optional<int> number(std::string_view text, std::size_t at, std::size_t digits) {
  auto const part = text.substr(at, digits);
  if (part.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  int value = 0;
  std::from_chars(part.data(), part.data() + part.size(), value);
  return value;
}

bool has_form(std::string_view text) {
  return std::ranges::equal(kForm, text, [](char form, char letter) { return form == '_' || form == letter; });
}

}  // namespace

std::optional<Instant> parse_http_date(std::string_view text) {
  if (!has_form(text)) return std::nullopt;
  auto const month = std::ranges::find(kMonths, text.substr(8, 3)) - kMonths.begin();
  auto const day = number(text, 5, 2);
  auto const year = number(text, 12, 4);
  auto const hour = number(text, 17, 2);
  auto const minute = number(text, 20, 2);
  auto const second = number(text, 23, 2);
  if (month == 12 || !day || !year || !hour || !minute || !second) return std::nullopt;
  std::chrono::year_month_day const date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(month + 1)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} + std::chrono::seconds{*second};
}

}  // namespace tykup::net
