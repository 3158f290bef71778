#include "daemon/core/timestamp.hpp"

#include <cstdint>

namespace tykup {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes what it recognises from the head of the text; once something was not there it stays failed.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (i >= text_.size() || !is_digit(text_[i])) return failed_ = true, 0;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(digits);
    return value;
  }
  bool take(std::string_view any_of) {
    if (text_.empty() || any_of.find(text_.front()) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(std::string_view any_of) {
    if (!take(any_of)) failed_ = true;
  }
  /// ".5" as microseconds; digits beyond the sixth are dropped.
  Duration fraction() {
    std::int64_t value = 0;
    std::size_t digits = 0;
    for (; !text_.empty() && is_digit(text_.front()); text_.remove_prefix(1), ++digits) {
      if (digits < 6) value = value * 10 + (text_.front() - '0');
    }
    if (digits == 0) failed_ = true;
    for (std::size_t i = digits; i < 6; ++i) value *= 10;
    return Duration{value};
  }
  [[nodiscard]] bool done() const { return text_.empty(); }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] char front() const { return text_.empty() ? '\0' : text_.front(); }

 private:
  std::string_view text_;
  bool failed_ = false;
};

std::optional<std::chrono::local_days> take_date(Scanner& scan) {
  int const year = scan.number(4);
  scan.expect("-");
  int const month = scan.number(2);
  scan.expect("-");
  int const day = scan.number(2);
  std::chrono::year_month_day const date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (scan.failed() || !date.ok() || year < 1970 || year > 2199) return std::nullopt;
  return std::chrono::local_days{date};
}

std::optional<Duration> take_clock(Scanner& scan) {
  int const hour = scan.number(2);
  scan.expect(":");
  int const minute = scan.number(2);
  int second = 0;
  Duration fraction{};
  if (scan.take(":")) {
    second = scan.number(2);
    if (scan.take(".")) fraction = scan.fraction();
  }
  if (scan.failed() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second} + fraction;
}

/// "Z", "+01:00"; nothing there is fine.
std::optional<std::chrono::seconds> take_offset(Scanner& scan) {
  if (scan.done()) return std::nullopt;
  if (scan.take("Zz")) return std::chrono::seconds{0};
  bool const negative = scan.front() == '-';
  scan.expect("+-");
  int const hours = scan.number(2);
  scan.expect(":");
  int const minutes = scan.number(2);
  if (hours > 23 || minutes > 59) scan.expect("");
  std::chrono::seconds const offset = std::chrono::hours{hours} + std::chrono::minutes{minutes};
  return negative ? -offset : offset;
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  Scanner scan(text);
  auto const date = take_date(scan);
  if (!date) return std::nullopt;
  if (scan.done()) return Timestamp{LocalTime{*date}, std::nullopt, true};
  scan.expect("Tt ");
  auto const clock = take_clock(scan);
  if (!clock) return std::nullopt;
  auto const offset = take_offset(scan);
  if (scan.failed() || !scan.done()) return std::nullopt;
  return Timestamp{LocalTime{*date} + *clock, offset, false};
}

std::optional<Instant> parse_instant(std::string_view text) {
  auto const stamp = parse_timestamp(text);
  if (!stamp || !stamp->offset) return std::nullopt;
  return Instant{stamp->local.time_since_epoch() - *stamp->offset};
}

}  // namespace tykup
