#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "daemon/core/calendar_spec.hpp"

namespace tykup {
namespace {

constexpr std::size_t kMostItems = 241;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool is_letter(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

bool equal_no_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}
bool starts_with_no_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal_no_case(text.substr(0, prefix.size()), prefix);
}

struct ShortForm {
  std::string_view name;
  std::string_view meaning;
};
constexpr std::array kShortForms{
    ShortForm{"minutely", "*-*-* *:*:00"},
    ShortForm{"hourly", "*-*-* *:00:00"},
    ShortForm{"daily", "*-*-* 00:00:00"},
    ShortForm{"weekly", "Mon *-*-* 00:00:00"},
    ShortForm{"monthly", "*-*-01 00:00:00"},
    ShortForm{"quarterly", "*-01,04,07,10-01 00:00:00"},
    ShortForm{"semiannually", "*-01,07-01 00:00:00"},
    ShortForm{"yearly", "*-01-01 00:00:00"},
    ShortForm{"semi-annually", "*-01,07-01 00:00:00"},
    ShortForm{"biannually", "*-01,07-01 00:00:00"},
    ShortForm{"bi-annually", "*-01,07-01 00:00:00"},
    ShortForm{"annually", "*-01-01 00:00:00"},
    // systemd accepts its own old misspelling, and so do the units of people who copied it.
    ShortForm{"anually", "*-01-01 00:00:00"},
};

ShortForm const* short_form(std::string_view name) {
  auto const* found =
      std::ranges::find_if(kShortForms, [&](auto const& form) { return equal_no_case(form.name, name); });
  return found == kShortForms.end() ? nullptr : found;
}

struct Weekday {
  std::string_view name;
  unsigned number;
};
// The longer name first: "Monday" also begins with "Mon".
constexpr std::array kWeekdays{
    Weekday{"Monday", 0},    Weekday{"Mon", 0}, Weekday{"Tuesday", 1},  Weekday{"Tue", 1},
    Weekday{"Wednesday", 2}, Weekday{"Wed", 2}, Weekday{"Thursday", 3}, Weekday{"Thu", 3},
    Weekday{"Friday", 4},    Weekday{"Fri", 4}, Weekday{"Saturday", 5}, Weekday{"Sat", 5},
    Weekday{"Sunday", 6},    Weekday{"Sun", 6},
};

Weekday const* weekday_at(std::string_view text) {
  auto const* found =
      std::ranges::find_if(kWeekdays, [&](auto const& day) { return starts_with_no_case(text, day.name); });
  return found == kWeekdays.end() ? nullptr : found;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  CalendarFields parse() {
    split_zone();
    if (text_.empty()) expected(0, "a date, a time, or a word such as \"daily\"");
    if (auto const* form = short_form(text_)) {
      auto fields = Parser(form->meaning).parse();
      fields.zone = fields_.zone;
      return fields;
    }
    weekdays();
    if (!timestamp()) {
      if (!at_end()) date();
      time();
    }
    if (!at_end()) expected(at_, "the end or a time zone");
    return std::move(fields_);
  }

  [[nodiscard]] std::optional<CalendarMistake> const& mistake() const { return mistake_; }

 private:
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  [[nodiscard]] bool next_is(std::string_view wanted) const { return rest().starts_with(wanted); }
  bool take(std::string_view wanted) {
    if (!next_is(wanted)) return false;
    at_ += wanted.size();
    return true;
  }
  void skip_spaces() {
    while (peek() == ' ') ++at_;
  }

  /// The last word, where it can be no part of a date or a time. Whether such a zone exists is for others to say.
  void split_zone() {
    auto const space = text_.rfind(' ');
    if (space == std::string_view::npos) return;
    std::string_view const word = text_.substr(space + 1);
    bool const zone_like = !word.empty() && is_letter(word.front()) && std::ranges::all_of(word, [](char c) {
      return is_letter(c) || is_digit(c) || std::string_view("/_+-").find(c) != std::string_view::npos;
    });
    auto const* day = weekday_at(word);
    bool const weekday = day != nullptr && day->name.size() == word.size();
    if (!zone_like || weekday || short_form(word) != nullptr) return;
    fields_.zone = equal_no_case(word, "UTC") ? "UTC" : std::string(word);
    text_ = text_.substr(0, space);
  }

  std::optional<unsigned> weekday(bool required) {
    auto const* day = weekday_at(rest());
    auto const end = day == nullptr ? at_ : at_ + day->name.size();
    bool const whole =
        day != nullptr && (end == text_.size() || std::string_view("-., ").find(text_[end]) != std::string_view::npos);
    if (!whole && (required || is_letter(peek()))) expected(at_, "a weekday such as \"Mon\" or \"Monday\"");
    if (!whole) return std::nullopt;
    at_ = end;
    return day->number;
  }

  void weekdays() {
    for (bool more = false; auto const first = weekday(more);) {
      bool const range = take("..") || take("-");
      auto const begin = at_;
      auto const last = range ? weekday(true) : first;
      if (!last) return;
      if (*last < *first) {
        return expected(begin, "a later weekday: a range runs from Mon towards Sun, as in \"Mon,Sat..Sun\"");
      }
      for (unsigned i = *first; i <= *last; ++i) fields_.weekdays |= 1U << i;
      more = take(",");
      if (at_end() || peek() == ' ') return skip_spaces();
      if (!more) return expected(at_, "',' or a space after the weekday");
    }
  }

  bool timestamp() {
    if (!take("@")) return false;
    std::int64_t value = 0;
    auto const [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc{} || !is_digit(peek()) || value > 7'258'118'399) {
      expected(at_, "seconds since 1970 that are before the year 2200");
      return true;
    }
    at_ = static_cast<std::size_t>(end - text_.data());
    set_instant(value);
    return true;
  }

  void set_instant(std::int64_t value) {
    std::chrono::sys_seconds const instant{std::chrono::seconds{value}};
    auto const midnight = std::chrono::floor<std::chrono::days>(instant);
    std::chrono::year_month_day const day{midnight};
    std::chrono::hh_mm_ss const clock{instant - midnight};
    auto const one = [](auto number) { return CalendarItems{{static_cast<int>(number), {}, 0, 0}}; };
    fields_.year = one(int{day.year()});
    fields_.month = one(unsigned{day.month()});
    fields_.day = one(unsigned{day.day()});
    fields_.hour = one(clock.hours().count());
    fields_.minute = one(clock.minutes().count());
    fields_.second = one(clock.seconds().count() * kSecond);
    fields_.zone = "UTC";
  }

  [[nodiscard]] bool at_part_end() const { return at_end() || peek() == ' '; }

  /// True where what follows counts from the end of the month.
  bool date_separator() {
    if (take("~")) return true;
    if (!take("-")) expected(at_, "'-' or '~' within a date, or ':' within a time");
    return false;
  }

  void date() {
    auto const begin = at_;
    auto first = chain(false);
    if (peek() == ':') {
      at_ = begin;
      return;
    }
    fields_.from_month_end = date_separator();
    auto second = chain(false);
    if (at_part_end()) {
      fields_.month = std::move(first);
      fields_.day = std::move(second);
      return skip_spaces();
    }
    if (fields_.from_month_end) expected(at_, "the end of the date: '~' stands before the day");
    fields_.from_month_end = date_separator();
    auto third = chain(false);
    if (!at_part_end()) expected(at_, "a space after the date");
    fields_.year = std::move(first);
    fields_.month = std::move(second);
    fields_.day = std::move(third);
    skip_spaces();
  }

  void time() {
    if (at_end()) {
      fields_.hour = fields_.minute = fields_.second = {CalendarItem{}};
      return;
    }
    fields_.hour = chain(false);
    if (!take(":")) expected(at_, "':' after the hour");
    fields_.minute = chain(false);
    if (at_end()) {
      fields_.second = {CalendarItem{}};
      return;
    }
    if (!take(":")) expected(at_, "':' and seconds, a space and a time zone, or the end");
    fields_.second = chain(true);
  }

  CalendarItems chain(bool seconds) {
    if (take("*")) {
      if (peek() == '/') expected(at_ - 1, "a number before '/': \"0/2\", not \"*/2\"");
      return seconds ? CalendarItems{{0, {}, kSecond, at_ - 1}} : CalendarItems{};
    }
    CalendarItems items;
    do {
      if (items.size() == kMostItems) expected(at_, "at most 241 items in a list");
      items.push_back(item(seconds));
    } while (take(","));
    return items;
  }

  CalendarItem item(bool seconds) {
    CalendarItem item;
    item.at = at_;
    item.start = number(seconds, "a number or '*'");
    if (take("..")) {
      item.stop = number(seconds, "the number that ends the range");
      item.step = seconds ? kSecond : 1;
    }
    if (take("/")) {
      auto const at = at_;
      item.step = number(seconds, "the step after '/'");
      if (item.step == 0) expected(at, "a step greater than 0");
    } else if (seconds && item.stop && std::int64_t{item.start} + kSecond > *item.stop) {
      expected(item.at, "a range of at least one second, or one with a step such as \"/0.5\"");
    }
    if (!at_end() && std::string_view(" ,-~:").find(peek()) == std::string_view::npos) {
      expected(at_, "one of \"..\", '/', ',', '-', '~', ':', a space or the end after the number");
    }
    return item;
  }

  int number(bool seconds, std::string_view what) {
    auto const begin = at_;
    std::int64_t value = 0;
    for (; is_digit(peek()); ++at_) value = std::min<std::int64_t>(value * 10 + (peek() - '0'), std::int64_t{1} << 40);
    if (at_ == begin) expected(at_, what);
    if (seconds) value = value * kSecond + (next_is(".") && !next_is("..") ? fraction() : 0);
    if (value > std::numeric_limits<int>::max()) expected(begin, "a smaller number");
    return static_cast<int>(value);
  }

  /// Microseconds; a seventh digit rounds.
  int fraction() {
    ++at_;
    if (!is_digit(peek())) expected(at_, "digits after the decimal point");
    int value = 0;
    int digits = 0;
    for (; is_digit(peek()); ++at_, ++digits) {
      if (digits < 6) value = value * 10 + (peek() - '0');
      if (digits == 6 && peek() >= '5') ++value;
    }
    for (; digits < 6; ++digits) value *= 10;
    return value;
  }

  /// The first mistake is the one that is told; what is left of the text is not looked at any more.
  void expected(std::size_t at, std::string_view what) {
    if (!mistake_) mistake_ = CalendarMistake{at, std::string(what)};
    at_ = text_.size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  CalendarFields fields_;
  std::optional<CalendarMistake> mistake_;
};

Error describe(std::string_view text, CalendarMistake const& mistake) {
  std::string message = "calendar expression \"" + std::string(text) + "\", column " + std::to_string(mistake.at + 1) +
                        ": expected " + mistake.expected;
  std::string caret(mistake.at, ' ');
  return {ErrorKind::BadConfig, std::move(message), std::string(text) + "\n" + caret + "^"};
}

}  // namespace

Result<Calendar> Calendar::parse(std::string_view text) {
  Parser parser(text);
  CalendarFields fields = parser.parse();
  if (parser.mistake()) return fail(describe(text, *parser.mistake()));
  normalize(fields);
  if (auto const mistake = find_mistake(fields)) return fail(describe(text, *mistake));
  return Calendar(std::make_shared<Spec const>(compile(fields)));
}

}  // namespace tykup
