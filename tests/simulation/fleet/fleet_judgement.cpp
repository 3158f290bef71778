#include <algorithm>
#include <tuple>

#include "tests/simulation/fleet/fleet_judge.hpp"

/// What must never be, by the truth alone.
namespace tykup::simulation {

namespace {

constexpr Duration kClocksDiffer = std::chrono::seconds{40};

}  // namespace

std::string FleetJudge::name(unsigned host, unsigned place) const {
  auto const& drawn = hosts_[host].drawn;
  return drawn.name + " (" + component(hosts_[host], place) + ")";
}

/// Somebody of an earlier stage is behind. In a rollout back the last come first.
bool FleetJudge::has_earlier_behind(unsigned centre, unsigned place, unsigned phase) const {
  auto const rank = fleet_.centres[centre].rank;
  for (unsigned other = 0; other < behind_by_rank_.size(); ++other)
    if ((ordered_->back ? other > rank : other < rank) && behind_by_rank_[other] > 0) return true;
  for (unsigned other = 0; other < cells_[centre].size(); ++other) {
    for (unsigned group = 0; group < cells_[centre][other].size(); ++group) {
      auto const there = std::pair(other, group);
      auto const here = std::pair(place, phase);
      bool const is_earlier = ordered_->back ? there > here : there < here;
      if (is_earlier && cells_[centre][other][group].behind > 0) return true;
    }
  }
  return false;
}

std::optional<unsigned> FleetJudge::earlier_behind(Host const& host, Step const& step) const {
  if (!has_earlier_behind(host.drawn.centre, step.place, host.drawn.phase)) return {};
  auto const rank = fleet_.centres[host.drawn.centre].rank;
  for (unsigned number = 0; number < hosts_.size(); ++number) {
    auto const& other = hosts_[number];
    auto const other_rank = fleet_.centres[other.drawn.centre].rank;
    for (auto const& one : other.steps) {
      if (!one.behind) continue;
      auto const here = std::tuple(rank, step.place, host.drawn.phase);
      auto const there = std::tuple(other_rank, one.place, other.drawn.phase);
      bool const related = other_rank != rank || other.drawn.centre == host.drawn.centre;
      if (related && (ordered_->back ? there > here : there < here)) return number;
    }
  }
  return {};
}

/// A centre of an earlier rank of which nobody ever came. What a rollout back takes back is known.
std::optional<unsigned> FleetJudge::earlier_unknown(Host const& host) const {
  if (ordered_->back) return {};
  for (unsigned centre = 0; centre < came_.size(); ++centre)
    if (!came_[centre] && fleet_.centres[centre].rank < fleet_.centres[host.drawn.centre].rank) return centre;
  return {};
}

FleetJudge::Standing FleetJudge::standing_at(std::uint64_t at) const {
  auto const after = std::ranges::upper_bound(standings_, at, {}, &Standing::since);
  return after == standings_.begin() ? Standing{} : *std::prev(after);
}

std::optional<Instant> FleetJudge::frozen_at(std::uint64_t at) const {
  auto const after = std::ranges::upper_bound(freezes_, at, {}, &Freeze::since);
  return after == freezes_.begin() ? std::nullopt : std::prev(after)->until;
}

void FleetJudge::applies(Begun const& begun) {
  auto& host = hosts_[begun.host];
  auto& one = step(begun.host, begun.place);
  judge_own(begun);
  one.uncounted = one.uncounted || (one.released > one.taken && one.released > begun.confirmed);
  if (restored_to_ && begun.confirmed > restored_at_) {
    // Whoever has on disk what contradicts the backup starts nothing; the others cannot know.
    if (host.saved > *restored_to_)
      violation("7 after a restore", name(begun.host, begun.place) + " started although etcd had forgotten what this host wrote", {begun.host});
  } else {
    judge_order(begun, one);
    if (!one.uncounted) judge_first(begun, one);
    if (!one.uncounted) judge_limit(begun, one);
    judge_words(begun, one);
  }
  set_at_work(host, one, true, true);
}

void FleetJudge::judge_order(Begun const& begun, Step const& step) {
  if (step.barred.empty()) return;
  std::vector<unsigned> concerned{begun.host};
  if (step.barred_by) concerned.push_back(*step.barred_by);
  violation(step.barred_by ? "1, 3 order of stages" : "1 an unknown data centre", name(begun.host, begun.place) + " started although " + step.barred,
            std::move(concerned));
}

void FleetJudge::judge_limit(Begun const& begun, Step const& step) {
  auto const& host = hosts_[begun.host];
  auto others = held_[host.drawn.centre][begun.place];
  if (step.drained || step.applying || step.failed) --others;
  auto const limit = ordered_->limits.empty() ? 1 : ordered_->limits[host.drawn.centre][begun.place];
  if (others < limit) return;
  std::vector<unsigned> concerned{begun.host};
  std::string names;
  for (unsigned number = 0; number < hosts_.size(); ++number) {
    auto const& other = hosts_[number];
    auto const found = std::ranges::find(other.steps, begun.place, &Step::place);
    bool const same = number != begun.host && other.drawn.centre == host.drawn.centre && found != other.steps.end();
    if (!same || !(found->drained || found->applying || found->failed)) continue;
    concerned.push_back(number);
    names += (names.empty() ? "" : ", ") + other.drawn.name + (found->failed ? " (failed)" : "");
  }
  violation("2 limit", name(begun.host, begun.place) + " started while " + std::to_string(others) + " of " + std::to_string(limit) +
                           " are in work or failed: " + names, std::move(concerned));
}

/// The first host of a stage goes alone.
void FleetJudge::judge_first(Begun const& begun, Step const& step) {
  auto const& host = hosts_[begun.host];
  auto const& here = cell(host, step);
  bool const own = step.drained || step.applying;
  if (here.completed > 0 || here.at_work <= (own ? 1U : 0U)) return;
  std::vector<unsigned> concerned{begun.host};
  for (unsigned number = 0; number < hosts_.size(); ++number) {
    auto const& other = hosts_[number];
    auto const found = std::ranges::find(other.steps, begun.place, &Step::place);
    bool const same = number != begun.host && other.drawn.centre == host.drawn.centre && other.drawn.phase == host.drawn.phase;
    if (same && found != other.steps.end() && (found->drained || found->applying)) concerned.push_back(number);
  }
  violation("1 first host", name(begun.host, begun.place) + " started while the first host of its stage was in work", std::move(concerned));
}

/// What operators said, and how many had failed, when etcd last let the step go on.
void FleetJudge::judge_words(Begun const& begun, Step const& step) {
  auto const& host = hosts_[begun.host];
  auto const who = name(begun.host, begun.place);
  auto const standing = standing_at(begun.confirmed);
  if (!standing.runs) violation("7 pause and abort", who + " started although the rollout was not running", {begun.host});
  if (standing.runs && standing.failed >= standing.ordered->max_failed)
    violation("5 max_failed", who + " started although " + std::to_string(standing.failed) + " had failed", {begun.host});
  // Each host ends it by a clock of its own.
  auto const until = frozen_at(begun.confirmed);
  if (until && begun.knows_time && begun.confirmed_at < *until - kClocksDiffer) violation("7 freeze", who + " started although the fleet is frozen", {begun.host});
  if (step.released > step.taken && step.released < begun.confirmed)
    violation("7 release-slot", who + " started without the slot that was released", {begun.host});
  if (host.out && host.out_at < begun.confirmed) violation("7 exclude", who + " started although it was excluded", {begun.host});
  if (host.disputed > 0 && host.disputed < begun.confirmed)
    violation("1 two hosts of one name", who + " started although another host has its name", {begun.host});
  if (begun.confirmed < step.taken) violation("7 asked before apply", who + " started without asking", {begun.host});
}

/// What the backup says of an earlier rollout's files nobody can tell from what was ordered last.
void FleetJudge::judge_file(Begun const& begun) {
  auto const ordered = standing_at(begun.confirmed).ordered;
  if (restored_to_ || !ordered) return;
  auto const& drawn = hosts_[begun.host].drawn;
  auto const& what = component(hosts_[begun.host], begun.place);
  auto const goal = ordered->goals.find(what);
  if (goal == ordered->goals.end() || goal->second.version != begun.file.version)
    return violation("4 pinned version", name(begun.host, begun.place) + " went to another version than the one that was ordered", {begun.host});
  auto const digest = goal->second.digests.find(drawn.distribution);
  if (digest == goal->second.digests.end() || digest->second != digest_text(what, begun.file, drawn.distribution))
    violation("4 pinned bytes", name(begun.host, begun.place) + " installed other bytes than those that were ordered", {begun.host});
}

void FleetJudge::judge_own(Begun const& begun) {
  auto const who = name(begun.host, begun.place);
  judge_file(begun);
  if (!begun.window_open) violation("6 windows", who + " started outside its window", {begun.host});
  if (!begun.clock_right) violation("7 clock", who + " started although its clock is far off", {begun.host});
  if (!begun.confirmed_lately) violation("7 without etcd", who + " started without etcd", {begun.host});
}

}  // namespace tykup::simulation
