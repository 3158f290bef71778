#include "daemon/core/version.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace tykup {
namespace {

// The C locale's classes: a host's locale must not change an ordering.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view take_while(std::string_view& text, bool (*wanted)(char)) {
  auto const end = std::ranges::find_if_not(text, wanted);
  std::string_view const taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

std::strong_ordering compare_numbers(std::string_view a, std::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

struct Parts {
  std::string_view epoch;
  std::string_view upstream;
  std::string_view revision;
  bool has_revision = false;
};

Parts split(std::string_view version) {
  Parts parts;
  std::string_view rest = version;
  std::string_view const digits = take_while(rest, is_digit);
  if (rest.starts_with(':')) {
    parts.epoch = digits;
    rest.remove_prefix(1);
  } else {
    rest = version;
  }
  auto const dash = rest.rfind('-');
  parts.upstream = rest.substr(0, dash);
  if (dash != std::string_view::npos) {
    parts.revision = rest.substr(dash + 1);
    parts.has_revision = true;
  }
  return parts;
}

/// dpkg: "~" before the end of the text, the end before letters, letters before anything else.
int deb_weight(std::string_view text) {
  if (text.empty() || is_digit(text.front())) return 0;
  if (text.front() == '~') return -1;
  if (is_letter(text.front())) return text.front();
  return static_cast<unsigned char>(text.front()) + 256;
}

std::strong_ordering compare_deb_part(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    while ((!a.empty() && !is_digit(a.front())) || (!b.empty() && !is_digit(b.front()))) {
      if (auto const order = deb_weight(a) <=> deb_weight(b); order != 0) return order;
      // Equal weights that are not both 0 mean the same character: neither side can be at its end here.
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
    auto const number_a = take_while(a, is_digit);
    auto const number_b = take_while(b, is_digit);
    if (auto const order = compare_numbers(number_a, number_b); order != 0) return order;
  }
  return std::strong_ordering::equal;
}

constexpr bool is_rpm_separator(char c) {
  return !is_digit(c) && !is_letter(c) && c != '~' && c != '^';
}

/// "~" and "^" of rpm, at the head of what is left: an order, or nothing when both had the same mark or neither has
/// one.
std::optional<std::strong_ordering> compare_rpm_marks(std::string_view a, std::string_view b) {
  if (a.starts_with('~') != b.starts_with('~')) {
    return a.starts_with('~') ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (a.starts_with('^') == b.starts_with('^')) return std::nullopt;
  // "1.0^git" is later than "1.0" and earlier than "1.0.1".
  if (a.starts_with('^')) return b.empty() ? std::strong_ordering::greater : std::strong_ordering::less;
  return a.empty() ? std::strong_ordering::less : std::strong_ordering::greater;
}

/// One run of digits or letters from each; a run of digits is later than letters.
std::strong_ordering compare_rpm_runs(std::string_view& a, std::string_view& b) {
  bool const numeric = is_digit(a.front());
  auto const run_a = take_while(a, numeric ? is_digit : is_letter);
  auto const run_b = take_while(b, numeric ? is_digit : is_letter);
  if (run_b.empty()) return numeric ? std::strong_ordering::greater : std::strong_ordering::less;
  return numeric ? compare_numbers(run_a, run_b) : run_a <=> run_b;
}

std::strong_ordering compare_rpm_part(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    take_while(a, is_rpm_separator);
    take_while(b, is_rpm_separator);
    if (auto const order = compare_rpm_marks(a, b)) return *order;
    if (a.starts_with('~') || a.starts_with('^')) {
      a.remove_prefix(1);
      b.remove_prefix(1);
      continue;
    }
    if (a.empty() || b.empty()) break;
    if (auto const order = compare_rpm_runs(a, b); order != 0) return order;
  }
  return !a.empty() <=> !b.empty();
}

std::string_view without_v(std::string_view text) {
  if (text.size() > 1 && (text.front() == 'v' || text.front() == 'V') && is_digit(text[1])) text.remove_prefix(1);
  return text;
}

/// "5.8.3-rc1" and "5.8.3~rc1" as (5.8.3, rc1); "5.8.15-1" as (5.8.15, ""): a revision begins with a digit.
struct Named {
  std::string_view number;
  std::string_view suffix;
};
Named name_of(std::string_view text) {
  text = split(without_v(text)).epoch.empty() ? without_v(text) : text.substr(text.find(':') + 1);
  auto const end = text.find_first_not_of("0123456789.");
  Named named{text.substr(0, end), {}};
  if (end == std::string_view::npos) return named;
  std::string_view suffix = text.substr(end);
  if (suffix.front() == '-' || suffix.front() == '~') suffix.remove_prefix(1);
  if (text[end] == '-' && (suffix.empty() || is_digit(suffix.front()))) return named;
  named.suffix = suffix.substr(0, suffix.find('-'));
  return named;
}

std::optional<int> take_int(std::string_view& text) {
  auto const digits = take_while(text, is_digit);
  int value = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc{}) return std::nullopt;
  return value;
}

bool is_prerelease(std::string_view version) {
  auto const end = version.find_first_not_of("0123456789.");
  if (end == std::string_view::npos) return false;
  std::string_view const rest = version.substr(end);
  if (rest.front() == '~') return true;
  for (std::string_view const mark : {"-rc", "-alpha", "-beta", "-dev", "-pre"}) {
    if (rest.starts_with(mark)) return true;
  }
  return false;
}

}  // namespace

std::strong_ordering compare_versions(PackageFormat format, std::string_view a, std::string_view b) {
  Parts const left = split(a);
  Parts const right = split(b);
  if (auto const order = compare_numbers(left.epoch, right.epoch); order != 0) return order;
  auto const compare = format == PackageFormat::Deb ? compare_deb_part : compare_rpm_part;
  if (auto const order = compare(left.upstream, right.upstream); order != 0) return order;
  if (format == PackageFormat::Rpm && left.has_revision != right.has_revision) {
    return left.has_revision <=> right.has_revision;
  }
  return compare(left.revision, right.revision);
}

std::string upstream_of(std::string_view version) {
  return std::string(split(version).upstream);
}

std::optional<Release> release_of(std::string_view version) {
  if (auto const colon = version.find(':'); colon != std::string_view::npos) version.remove_prefix(colon + 1);
  std::string_view rest = version;
  Release release;
  auto const major = take_int(rest);
  if (!major || !rest.starts_with('.')) return std::nullopt;
  rest.remove_prefix(1);
  auto const minor = take_int(rest);
  if (!minor) return std::nullopt;
  release.major = *major;
  release.minor = *minor;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    if (auto const patch = take_int(rest)) release.patch = *patch;
  }
  release.prerelease = is_prerelease(version);
  return release;
}

bool same_release(std::string_view reported, std::string_view package_version) {
  Named const left = name_of(reported);
  Named const right = name_of(package_version);
  return !left.number.empty() && left.number == right.number && left.suffix == right.suffix;
}

}  // namespace tykup
