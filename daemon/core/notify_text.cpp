#include "daemon/core/notify_text.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/words.hpp"

namespace tykup::notify {
namespace {

using std::chrono::days;

constexpr std::size_t kWidth = 78;
/// RFC 5322 allows 998 bytes in a line; a word that is longer is broken.
constexpr std::size_t kLongestWord = 900;
constexpr std::size_t kLongestBody = 16 * 1024;
constexpr std::size_t kLongestSubject = 200;
/// Slack cuts at 40 000 characters, escaped ones included.
constexpr std::size_t kLongestSlack = 6000;

bool goes_on(char each) { return (static_cast<unsigned char>(each) & 0xC0U) == 0x80U; }

/// Control characters and all that is no ASCII become "?": such a text cannot end a header line.
std::string ascii_line(std::string_view text, std::size_t limit) {
  std::string line;
  for (char const each : text) {
    if (line.size() == limit) break;
    if (!goes_on(each)) line += each < ' ' || each > '~' ? '?' : each;
  }
  return line;
}

/// What stands on either side of the @ of a Message-ID.
std::string part_of_id(std::string_view text) {
  auto part = ascii_line(text, 200);
  std::ranges::replace_if(part, [](char each) { return std::string_view(" <>@()[]\\,;:\"?").find(each) != std::string_view::npos; }, '-');
  return part.empty() ? "localhost" : part;
}

/// At the end of a character, not in it.
std::string cut(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && goes_on(text[limit])) --limit;
  return text.substr(0, limit) + "…";
}

/// One paragraph in lines, each but the first behind `indent`.
std::string wrapped(std::string_view first, std::string_view indent, std::string_view text) {
  std::string out;
  std::string line(first);
  bool empty = true;
  auto const add = [&](std::string_view word) {
    if (!empty && line.size() + 1 + word.size() > kWidth) {
      out += line + "\n";
      line = indent;
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  };
  while (!text.empty()) {
    auto const end = std::min({text.find_first_of(" \n\t\r"), text.size(), kLongestWord});
    if (end > 0) add(text.substr(0, end));
    text.remove_prefix(end);
    if (!text.empty() && std::string_view(" \n\t\r").find(text.front()) != std::string_view::npos) text.remove_prefix(1);
  }
  return out + line + "\n";
}

std::string field(std::string_view name, std::string const& value) {
  if (value.empty()) return {};
  std::string label(name);
  label.resize(11, ' ');
  return wrapped(label, std::string(11, ' '), one_line(value, kLongestBody));
}

std::string subject_text(Subject const& about) {
  auto text = about.component;
  if (!about.host.empty()) text += (text.empty() ? "" : " on ") + about.host;
  if (!about.from.empty() || !about.to.empty()) text += " " + about.from + " to " + about.to;
  if (!about.result.empty()) text += ": " + about.result;
  if (!about.reason.empty()) text += " (" + one_line(about.reason) + ")";
  if (!about.next.empty()) text += "; to do: " + one_line(about.next);
  return text;
}

/// Whom it is about: a fleet, whichever of its hosts tells it, or this host.
std::string whose(Notification const& told) { return told.cluster.empty() ? told.host : "fleet " + told.cluster; }

std::string components_text(Notification const& told, std::string_view bullet) {
  std::string out;
  for (auto const& about : told.components) out += wrapped(bullet, "    ", subject_text(about));
  return out;
}

std::string two_digits(unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); }

/// "Thu, 26 Nov 2026 02:00:00 +0000", whatever the locale.
std::string mail_date(Instant at) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto const day = std::chrono::floor<days>(at);
  std::chrono::year_month_day const date(day);
  std::chrono::hh_mm_ss const time(std::chrono::floor<std::chrono::seconds>(at - day));
  return std::string(kDays.at(std::chrono::weekday(day).c_encoding())) + ", " + two_digits(static_cast<unsigned>(date.day())) + " " +
         kMonths.at(static_cast<unsigned>(date.month()) - 1) + " " + std::to_string(static_cast<int>(date.year())) + " " +
         two_digits(static_cast<unsigned>(time.hours().count())) + ":" + two_digits(static_cast<unsigned>(time.minutes().count())) + ":" +
         two_digits(static_cast<unsigned>(time.seconds().count())) + " +0000";
}

std::string slack_escaped(std::string_view text) {
  std::string out;
  for (char const each : text) {
    switch (each) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += each;
    }
  }
  return out;
}

}  // namespace

std::string subject_line(Notification const& told) {
  return ascii_line("[tykup " + whose(told) + "] " + told.title, kLongestSubject);
}

std::string body_text(Notification const& told) {
  auto out = wrapped("", "", told.text) + "\n";
  if (auto const components = components_text(told, "  - "); !components.empty()) out += components + "\n";
  out += field("To do", told.next);
  out += field("Host", told.host) + field("When", to_rfc3339(std::chrono::floor<std::chrono::seconds>(told.at)));
  out += field("Run", told.run) + field("Plan", told.plan) + field("Fleet", told.cluster) + field("Rollout", told.rollout);
  return cut(std::move(out), kLongestBody);
}

std::string mail_message(Notification const& told, NotifyConfig const& config) {
  std::string out = "To: " + join(config.email, ",\n ") + "\n";
  if (!config.from.empty()) out += "From: " + config.from + "\n";
  out += "Subject: " + subject_line(told) + "\n";
  out += "Date: " + mail_date(told.at) + "\n";
  out += "Message-ID: <" + part_of_id(told.id) + "@" + part_of_id(told.cluster.empty() ? told.host : told.cluster) + ">\n";
  out += "Auto-Submitted: auto-generated\n";
  out += "X-Tykup-Event: " + std::string(to_string(told.topic)) + "\n";
  out += "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n";
  return out + body_text(told) + "\n-- \ntykup " TYKUP_VERSION "; what is sent, and to whom, is [notify] in tykup.toml(5)\n";
}

std::string slack_text(Notification const& told) {
  auto text = "*" + slack_escaped(one_line("[tykup " + whose(told) + "] " + told.title)) + "*\n" + slack_escaped(one_line(told.text, kLongestSlack));
  for (auto const& about : told.components) text += "\n• " + slack_escaped(one_line(subject_text(about)));
  if (!told.next.empty()) text += "\nTo do: " + slack_escaped(one_line(told.next, kLongestSlack));
  return cut(std::move(text), kLongestSlack);
}

}  // namespace tykup::notify
