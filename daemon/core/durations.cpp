#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "daemon/core/config.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t seconds;
};
constexpr std::array kUnits{Unit{"s", 1},    Unit{"m", 60},    Unit{"min", 60},
                            Unit{"h", 3600}, Unit{"d", 86400}, Unit{"w", 604800}};
constexpr std::string_view kExpected =
    "expected numbers with units, such as \"90s\", \"2m\", \"1h 30m\", \"3d\" or \"2w\" (s seconds, m or min minutes, "
    "h hours, d days, w weeks)";
/// A hundred years: everything beyond is a slip of the key, and sums stay far from overflow.
constexpr std::int64_t kLongestSeconds = 36525LL * 86400;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

template <typename Predicate>
std::string_view take_while(std::string_view& text, Predicate wanted) {
  std::size_t end = 0;
  while (end < text.size() && wanted(text[end])) ++end;
  std::string_view const taken = text.substr(0, end);
  text.remove_prefix(end);
  return taken;
}

tl::unexpected<Error> refused(std::string_view whole, std::string const& why) {
  return fail(ErrorKind::BadConfig, quoted(whole) + " is no duration: " + why + std::string(kExpected));
}

/// One "30m" at the head, in seconds.
Result<std::int64_t> take_part(std::string_view whole, std::string_view& rest) {
  std::string_view const digits = take_while(rest, is_digit);
  if (digits.empty()) return refused(whole, "");
  take_while(rest, [](char c) { return c == ' '; });
  std::string_view const name = take_while(rest, is_letter);
  if (name.empty()) return refused(whole, "no unit after " + quoted(digits) + "; ");
  std::int64_t number = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  for (Unit const& unit : kUnits) {
    if (unit.name != name) continue;
    bool const too_long = error != std::errc{} || number > kLongestSeconds / unit.seconds;
    if (too_long) return refused(whole, "it is longer than a hundred years; ");
    return number * unit.seconds;
  }
  // "days", "hrs", "Min": who spells a unit out begins it like we do.
  std::string const initial = lowered(name.substr(0, 1));
  auto const like = std::ranges::find_if(kUnits, [&](Unit const& unit) { return unit.name == initial; });
  std::string const hint = like == kUnits.end() ? "; " : ", did you mean " + quoted(like->name) + "? ";
  return refused(whole, "unknown unit of time " + quoted(name) + hint);
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = trimmed(text);
  if (rest.empty()) return refused(text, "");
  std::int64_t total = 0;
  while (!rest.empty()) {
    auto const part = take_part(text, rest);
    if (!part) return tl::unexpected<Error>(part.error());
    total += *part;
    if (total > kLongestSeconds) return refused(text, "it is longer than a hundred years; ");
    take_while(rest, [](char c) { return c == ' '; });
  }
  return std::chrono::seconds{total};
}

}  // namespace tykup
