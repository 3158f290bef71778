// Our answers beside those of the installed `systemd-analyze calendar`, for drawn expressions in every zone of the
// system, most of them asked around a change of clocks. Every answer of ours is also checked by trying out every civil
// time; every difference must be one of the cases where our rule means to differ, or a fault of systemd that is proven.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/calendar.hpp"
#include "daemon/os/zones.hpp"
#include "tests/unit/core/calendar_oracle.hpp"
#include "tests/unit/core/systemd_calendar.hpp"

namespace tykup::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::seconds;

constexpr int kExpressions = 10;
constexpr int kIterations = 3;
constexpr int kCallsPerZone = 2;

struct Theirs {
  bool gave_up = false;
  std::optional<Instant> start;
};

struct Triple {
  Zone const& zone;
  DrawnExpression const& expression;
  Instant after;
  std::optional<Instant> ours;
  Theirs theirs;
};

std::set<std::string> const kReasons{
    "rule: a start in a gap",
    "rule: several starts in one gap are one",
    "rule: a repeated start is taken once",
    "systemd: an open step skips what comes first",
    "systemd: an open step loops for ever",
    "systemd: goes back in time",
    "systemd: the rest of an hour or day with a gap is skipped",
    "systemd: a gap loops for ever",
    "systemd: a midnight in a gap skips starts",
};

std::string shown(std::optional<Instant> const& at) {
  return at ? to_rfc3339(*at) : "never";
}

std::string shown(Triple const& triple) {
  return "\"" + triple.expression.text + "\" in " + triple.zone.name + " after " + to_rfc3339(triple.after) +
         ": ours " + shown(triple.ours) + ", theirs " +
         (triple.theirs.gave_up ? "an infinite loop" : shown(triple.theirs.start));
}

std::optional<Instant> in_seconds(std::optional<Instant> at) {
  return at ? std::optional<Instant>(floor<seconds>(*at)) : std::nullopt;
}

bool equal(Triple const& triple) {
  return !triple.theirs.gave_up && in_seconds(triple.ours) == triple.theirs.start;
}

/// The clock shows ours once, before theirs: systemd left it out, whatever the rule.
bool left_out(Triple const& triple, Oracle const& oracle) {
  auto const before = triple.theirs.start.value_or(Instant::max());
  return triple.ours && oracle.unique_between(triple.after, before) == triple.ours;
}

/// The gaps of the zone that end after `after` and no later than `last`.
std::vector<Instant> gaps_within(Zone const& zone, Instant after, Instant last) {
  std::vector<Instant> gaps;
  for (auto const& change : zone.transitions) {
    bool const within = change.at > after && change.at <= last;
    if (within && to_local(zone, change.at) > to_local(zone, change.at - Duration{1}) + Duration{1})
      gaps.push_back(change.at);
  }
  return gaps;
}

/// A gap lies earlier in the civil day of that start.
bool on_day_of_gap(Zone const& zone, Instant start) {
  auto const day = floor<std::chrono::days>(to_local(zone, start));
  return std::ranges::any_of(gaps_within(zone, start - 24h, start),
                             [&](Instant gap) { return floor<std::chrono::days>(to_local(zone, gap)) == day; });
}

/// Ours is the end of a gap that swallowed at least one start, and systemd dropped it: its answer is the start after.
std::string gap_reason(Triple const& triple, Oracle const& oracle) {
  if (!triple.ours || triple.theirs.gave_up) return "";
  auto const swallowed = oracle.starts_in_gap_ending(*triple.ours);
  auto const next = triple.theirs.start.value_or(Instant::max());
  if (swallowed == 0 || next <= *triple.ours || oracle.shows(*triple.ours)) return "";
  auto const missed = oracle.unique_between(*triple.ours, next);
  if (missed && in_seconds(*missed) != next && !on_day_of_gap(triple.zone, *missed)) return "";
  return swallowed == 1 ? "rule: a start in a gap" : "rule: several starts in one gap are one";
}

/// Theirs is the second occurrence of a time that we take once.
std::string repetition_reason(Triple const& triple, Oracle const& oracle) {
  if (!triple.theirs.start) return "";
  auto const theirs = *triple.theirs.start;
  auto const lookup = to_instant(triple.zone, to_local(triple.zone, theirs));
  bool const second = lookup.kind == LocalLookup::Kind::Ambiguous && theirs == lookup.second;
  if (!second || !oracle.shows(theirs) || oracle.unique_between(triple.after, theirs)) return "";
  return "rule: a repeated start is taken once";
}

/// "7/10" past its last value carries into the next hour, day or month and skips the beginning of that: with
/// "7..57/10", which means the same, systemd itself gives our answer.
std::string open_step_fault(Triple const& triple, Oracle const& oracle) {
  auto const& expression = triple.expression;
  if (expression.closed_text == expression.text) return "";
  auto const closed = ask_systemd(triple.zone, triple.after, {expression.closed_text}, 1);
  if (closed.empty() || closed[0].gave_up || closed[0].starts.empty()) return "";
  Triple const again{triple.zone, expression, triple.after, triple.ours, {false, closed[0].starts[0]}};
  if (!equal(again) && gap_reason(again, oracle).empty() && repetition_reason(again, oracle).empty()) return "";
  return triple.theirs.gave_up ? "systemd: an open step loops for ever"
                               : "systemd: an open step skips what comes first";
}

/// An answer that does not lie after the question.
std::string backwards_fault(Triple const& triple, Oracle const&) {
  return triple.theirs.start && *triple.theirs.start <= triple.after ? "systemd: goes back in time" : "";
}

/// Where a gap does not begin and end on the hour, or ends summer time that counts backwards, systemd gives up more
/// than what the gap swallowed.
std::string day_of_gap_fault(Triple const& triple, Oracle const& oracle) {
  if (!left_out(triple, oracle) || triple.theirs.gave_up || !on_day_of_gap(triple.zone, *triple.ours)) return "";
  return "systemd: the rest of an hour or day with a gap is skipped";
}

std::string loop_at_gap_fault(Triple const& triple, Oracle const&) {
  if (!triple.theirs.gave_up || !triple.ours || gaps_within(triple.zone, triple.after, *triple.ours).empty()) return "";
  return "systemd: a gap loops for ever";
}

/// A day whose midnight a gap swallowed lies before ours: systemd loses its way there.
std::string midnight_gap_fault(Triple const& triple, Oracle const& oracle) {
  if (!left_out(triple, oracle)) return "";
  for (auto const gap : gaps_within(triple.zone, triple.after, *triple.ours)) {
    auto const midnight = floor<std::chrono::days>(to_local(triple.zone, gap));
    bool const swallowed = to_instant(triple.zone, midnight).kind == LocalLookup::Kind::Gap;
    if (swallowed) return "systemd: a midnight in a gap skips starts";
  }
  return "";
}

/// The reason that explains the difference; "" where none does, and both where two parts of our rule claim it.
std::string reason_of(Triple const& triple) {
  Oracle const oracle(triple.zone, triple.expression);
  auto const rule = gap_reason(triple, oracle) + repetition_reason(triple, oracle);
  if (!rule.empty()) return rule;
  for (auto const& fault :
       {backwards_fault, open_step_fault, day_of_gap_fault, loop_at_gap_fault, midnight_gap_fault}) {
    if (auto name = fault(triple, oracle); !name.empty()) return name;
  }
  return "";
}

std::vector<Instant> changes_of(Zone const& zone) {
  Instant const end = std::chrono::sys_days{std::chrono::year{2199} / 1 / 1};
  std::vector<Instant> changes;
  auto offset = zone.initial_offset;
  for (auto const& transition : zone.transitions) {
    if (transition.offset != offset && transition.at < end) changes.push_back(transition.at);
    offset = transition.offset;
  }
  return changes;
}

class Comparison {
 public:
  void compare_zone(Zone const& zone) {
    changes_ = changes_of(zone);
    for (int call = 0; call < kCallsPerZone; ++call) {
      std::vector<DrawnExpression> expressions;
      std::vector<std::string> texts;
      for (int i = 0; i < kExpressions; ++i) expressions.push_back(draw_expression(random_));
      for (auto const& expression : expressions) texts.push_back(expression.text);
      auto const base = draw_base();
      auto const answers = ask_systemd(zone, base, texts, kIterations);
      ASSERT_EQ(answers.size(), expressions.size()) << "systemd-analyze has to be installed";
      for (std::size_t i = 0; i < answers.size(); ++i) compare_answer(zone, base, expressions[i], answers[i]);
    }
  }

  void report() const {
    for (auto const& [reason, count] : reasons_) std::printf("%6d %s\n", count, reason.c_str());
    std::printf("%6d triples, %d of them within 48 hours of a change\n", triples_, near_change_);
    EXPECT_GE(triples_, 20'000);
    EXPECT_GE(near_change_ * 2, triples_);
  }

 private:
  Instant draw_base() {
    Instant const earliest{72h};
    if (changes_.empty()) return earliest + seconds{random_() % 7'000'000'000};
    Instant const base = changes_[random_() % changes_.size()] - 36h + seconds{random_() % (72 * 3600)};
    return std::max(earliest, base);
  }

  void compare_answer(Zone const& zone, Instant base, DrawnExpression const& expression, SystemdAnswer const& answer) {
    if (answer.gave_up) return compare_step_by_step(zone, base, expression);
    EXPECT_EQ(Calendar::parse(expression.text)->normalized(), answer.normalized);
    Instant after = base;
    for (auto const& start : answer.starts) {
      compare(zone, expression, after, {false, start});
      // What systemd prints is cut to seconds: no place to go on from.
      if (!start || expression.fractional) break;
      after = *start;
    }
  }

  /// Where systemd gave up at some iteration: which one was it?
  void compare_step_by_step(Zone const& zone, Instant base, DrawnExpression const& expression) {
    Instant after = base;
    for (int i = 0; i < kIterations; ++i) {
      auto const answer = ask_systemd(zone, after, {expression.text}, 1).at(0);
      if (answer.gave_up) return compare(zone, expression, after, {true, {}});
      compare(zone, expression, after, {false, answer.starts.at(0)});
      if (expression.fractional || !answer.starts.at(0)) return;
      after = *answer.starts.at(0);
    }
  }

  void compare(Zone const& zone, DrawnExpression const& expression, Instant after, Theirs const& theirs) {
    Triple const triple{zone, expression, after, Calendar::parse(expression.text)->next(zone, after), theirs};
    ++triples_;
    auto const change = std::ranges::lower_bound(changes_, after - 48h);
    if (change != changes_.end() && *change <= after + 48h) ++near_change_;
    EXPECT_EQ(Oracle(zone, expression).by_rule(after), triple.ours) << shown(triple);
    if (equal(triple)) return;
    auto const reason = reason_of(triple);
    EXPECT_TRUE(kReasons.contains(reason)) << "\"" << reason << "\": " << shown(triple);
    if (++reasons_[reason] == 1) std::printf("%s, as in\n    %s\n", reason.c_str(), shown(triple).c_str());
  }

  std::mt19937_64 random_{252};  // NOLINT(cert-msc51-cpp): the same triples every time
  std::vector<Instant> changes_;
  std::map<std::string, int> reasons_;
  int triples_ = 0;
  int near_change_ = 0;
};

TEST(CalendarsBesideSystemd, DifferOnlyByOurRuleOrByAProvenFaultOfSystemd) {
  Comparison comparison;
  for (auto const& name : zone_names()) comparison.compare_zone(load_zone(name).value());
  comparison.report();
}

}  // namespace
}  // namespace tykup::test
