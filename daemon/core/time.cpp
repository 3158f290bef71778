#include "daemon/core/time.hpp"

#include <array>
#include <charconv>
#include <string_view>

namespace tykup {
namespace {

using std::chrono::days;
using std::chrono::floor;

void append_padded(std::string& out, std::int64_t value, std::size_t width) {
  std::string const digits = std::to_string(value);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

struct Unit {
  std::int64_t length;
  std::string_view name;
};
constexpr std::array kUnits{Unit{86400, "d"}, Unit{3600, "h"}, Unit{60, "min"}, Unit{1, "s"}};

}  // namespace

std::string to_rfc3339(Instant at) {
  auto const midnight = floor<days>(at);
  std::chrono::year_month_day const date{midnight};
  std::chrono::hh_mm_ss const clock{at - midnight};
  std::string out;
  append_padded(out, int{date.year()}, 4);
  out += '-';
  append_padded(out, unsigned{date.month()}, 2);
  out += '-';
  append_padded(out, unsigned{date.day()}, 2);
  out += 'T';
  append_padded(out, clock.hours().count(), 2);
  out += ':';
  append_padded(out, clock.minutes().count(), 2);
  out += ':';
  append_padded(out, clock.seconds().count(), 2);
  if (auto const fraction = clock.subseconds().count(); fraction != 0) {
    out += '.';
    append_padded(out, fraction, 6);
    out.erase(out.find_last_not_of('0') + 1);
  }
  return out += 'Z';
}

std::string to_human(Duration length) {
  if (length < Duration::zero()) return "-" + to_human(-length);
  std::int64_t left = std::chrono::duration_cast<seconds>(length).count();
  std::string out;
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    if (left < kUnits[i].length) continue;
    out = std::to_string(left / kUnits[i].length).append(kUnits[i].name);
    left %= kUnits[i].length;
    if (i + 1 == kUnits.size()) break;
    if (auto const second = left / kUnits[i + 1].length; second != 0) {
      out += ' ' + std::to_string(second).append(kUnits[i + 1].name);
    }
    break;
  }
  return out.empty() ? "0s" : out;
}

}  // namespace tykup
