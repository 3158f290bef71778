#include "tests/unit/core/systemd_calendar.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>

namespace tykup::test {
namespace {

using namespace std::chrono_literals;

std::optional<LocalTime> parse_civil(std::string const& text) {
  int year = 0, hour = 0, minute = 0, second = 0;
  unsigned month = 0, day = 0;
  if (std::sscanf(text.c_str(), "%*s %d-%u-%u %d:%d:%d", &year, &month, &day, &hour, &minute, &second) != 6) return {};
  return std::chrono::local_days{std::chrono::year{year} / month / day} + hour * 1h + minute * 1min + second * 1s;
}

bool has(std::string const& line, char const* text) {
  return line.find(text) != std::string::npos;
}
std::string after_colon(std::string const& line) {
  return line.substr(std::min(line.find(": ") + 2, line.size()));
}

class AnswerReader {
 public:
  explicit AnswerReader(Zone const& zone) : zone_(zone) {}

  void read(std::string const& line) {
    if (has(line, "Failed to determine next elapse for '")) {
      auto const begin = line.find('\'') + 1;
      failed_.insert(line.substr(begin, line.find('\'', begin) - begin));
    } else if (has(line, "Normalized form: ")) {
      answers_.push_back({false, after_colon(line), {}});
    } else if (has(line, "Next elapse: ") || has(line, "Iter. #") || has(line, "Iteration #")) {
      // Where local time is UTC no line "(in UTC)" follows, and this one is it.
      auto const civil = parse_civil(after_colon(line));
      answers_.back().starts.push_back(civil ? std::optional(to_instant(zone_, *civil).first) : std::nullopt);
    } else if (has(line, "(in UTC): ")) {
      answers_.back().starts.back() = Instant{parse_civil(after_colon(line))->time_since_epoch()};
    }
  }

  /// An expression that it gave up on has no other line than that, and on another stream.
  [[nodiscard]] std::vector<SystemdAnswer> in_order_of(std::vector<std::string> const& expressions) const {
    std::vector<SystemdAnswer> ordered;
    auto next = answers_.begin();
    for (auto const& expression : expressions) {
      bool const failed = failed_.contains(expression);
      if (!failed && next == answers_.end()) break;
      ordered.push_back(failed ? SystemdAnswer{true, {}, {}} : *next++);
    }
    return ordered;
  }

 private:
  Zone const& zone_;
  std::vector<SystemdAnswer> answers_;
  std::set<std::string> failed_;
};

}  // namespace

std::vector<SystemdAnswer> ask_systemd(Zone const& zone, Instant base, std::vector<std::string> const& expressions,
                                       int iterations) {
  auto const since_epoch = std::chrono::floor<std::chrono::seconds>(base).time_since_epoch().count();
  std::string command = "LC_ALL=C TZ=:" + zone.name +
                        " systemd-analyze calendar --iterations=" + std::to_string(iterations) + " --base-time=@" +
                        std::to_string(since_epoch);
  for (auto const& expression : expressions) command += " '" + expression + "'";
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen((command + " 2>&1").c_str(), "re"), pclose);
  AnswerReader reader(zone);
  char line[512];
  while (pipe && std::fgets(line, sizeof line, pipe.get()) != nullptr) {
    std::string text(line);
    text.erase(text.find_last_not_of('\n') + 1);
    reader.read(text);
  }
  return reader.in_order_of(expressions);
}

}  // namespace tykup::test
