#include "tests/simulation/fleet/fleet_judge.hpp"

#include <algorithm>

/// What happens, as the judge keeps it.
namespace tykup::simulation {
namespace {

constexpr std::size_t kRanks = 8;
constexpr std::size_t kPhases = 2;
constexpr std::size_t kEnough = 5;

}  // namespace

FleetJudge::FleetJudge(DrawnFleet const& fleet) : fleet_(fleet), behind_by_rank_(kRanks), came_(fleet.centres.size()) {
  for (auto const& centre : fleet.centres) {
    cells_.emplace_back(centre.order.size(), std::vector<Cell>(kPhases));
    held_.emplace_back(centre.order.size());
  }
  for (auto const& host : fleet.hosts) add_host(host);
}

unsigned FleetJudge::add_host(DrawnHost const& drawn) {
  Host host;
  host.drawn = drawn;
  for (auto const place : drawn.places) host.steps.push_back({.place = place});
  hosts_.push_back(std::move(host));
  return static_cast<unsigned>(hosts_.size() - 1);
}

FleetJudge::Step& FleetJudge::step(unsigned host, unsigned place) {
  return *std::ranges::find(hosts_[host].steps, place, &Step::place);
}

FleetJudge::Cell& FleetJudge::cell(Host const& host, Step const& step) {
  return cells_[host.drawn.centre][step.place][host.drawn.phase];
}

void FleetJudge::set_behind(Host& host, Step& step, bool behind) {
  if (step.behind == behind) return;
  step.behind = behind;
  auto const change = [&](unsigned& count) { behind ? ++count : --count; };
  change(cell(host, step).behind);
  change(behind_by_rank_[fleet_.centres[host.drawn.centre].rank]);
}

void FleetJudge::set_at_work(Host& host, Step& step, bool drained, bool applying) {
  bool const was = (step.drained || step.applying) && !step.uncounted;
  bool const held = was || step.failed;
  step.drained = drained;
  step.applying = applying;
  if (!drained && !applying) step.uncounted = false;
  bool const is = (drained || applying) && !step.uncounted;
  if (is) step.failed = false;
  auto& at_work = cell(host, step).at_work;
  if (is != was) is ? ++at_work : --at_work;
  bool const holds = is || step.failed;
  auto& all = held_[host.drawn.centre][step.place];
  if (holds != held) holds ? ++all : --all;
}

std::string const& FleetJudge::component(Host const& host, unsigned place) const {
  return fleet_.centres[host.drawn.centre].order[place];
}

/// Where the host stands to what was ordered, by what the fleet knows of it.
void FleetJudge::measure(Host& host, Step& step) {
  auto const& name = component(host, step.place);
  auto const goal = ordered_->goals.find(name);
  bool const moved = step.known && !host.out && goal != ordered_->goals.end();
  set_behind(host, step, moved && !goal->second.is_reached(name, *step.known, host.drawn.distribution));
}

// ---- operators

void FleetJudge::rollout_begins(Ordered ordered, std::uint64_t at) {
  ordered_ = std::make_shared<Ordered>(std::move(ordered));
  for (auto& centre : cells_)
    for (auto& place : centre)
      for (auto& one : place) one.completed = 0;
  for (auto& host : hosts_) {
    host.out = false;
    for (auto& one : host.steps) {
      one.failure = 0;
      measure(host, one);
    }
  }
  standings_.push_back({at, false, 0, ordered_});
}

void FleetJudge::rollout_runs(bool runs, std::uint64_t at) {
  auto const failed = standings_.empty() ? 0 : standings_.back().failed;
  standings_.push_back({at, runs, failed, ordered_});
}

void FleetJudge::count_failures(std::uint64_t at) {
  unsigned failed = 0;
  for (auto const& host : hosts_)
    for (auto const& one : host.steps) failed += one.failure > 0 ? 1 : 0;
  bool const runs = !standings_.empty() && standings_.back().runs;
  standings_.push_back({at, runs, failed, ordered_});
}

void FleetJudge::excluded(unsigned number, std::uint64_t at) {
  auto& host = hosts_[number];
  host.out = true;
  host.out_at = at;
  for (auto& one : host.steps) {
    one.failure = 0;
    measure(host, one);
  }
  count_failures(at);
}

void FleetJudge::forgotten(unsigned number, std::uint64_t at) {
  auto& host = hosts_[number];
  for (auto& one : host.steps) {
    one.known.reset();
    measure(host, one);
  }
  disputed(number, false, at);
}

void FleetJudge::retried(unsigned number, std::uint64_t at) {
  for (auto& one : hosts_[number].steps) {
    one.failure = 0;
    one.retried = true;
  }
  count_failures(at);
}

void FleetJudge::released(unsigned number, unsigned place, std::uint64_t at) {
  auto& one = step(number, place);
  one.released = at;
  if (one.failed) --held_[hosts_[number].drawn.centre][place];
  one.failed = false;
  set_at_work(hosts_[number], one, false, false);
}

void FleetJudge::backed_up() {
  for (auto& host : hosts_)
    for (auto& one : host.steps) {
      one.kept = one.known;
      one.kept_released = one.released;
      one.kept_failed = one.failed && one.told;
    }
}

void FleetJudge::restored(std::int64_t revision, std::uint64_t at) {
  for (auto& host : hosts_) {
    for (auto& one : host.steps) {
      one.known = one.kept;
      one.released = one.kept_released;
      // Who says that etcd counts as it is has seen to the hosts, and their failures are forgotten.
      one.retried = one.retried || (one.failed && !one.kept_failed);
      measure(host, one);
    }
  }
  restored_to_ = revision;
  restored_at_ = at;
}

void FleetJudge::accounted_for(unsigned number) {
  for (auto& one : hosts_[number].steps)
    if (one.failed) ends_unbegun(number, one.place);
}

// ---- hosts

/// What is saved of a restored etcd contradicts nothing.
void FleetJudge::registration_saved(unsigned host, std::int64_t revision) {
  if (!restored_to_ || revision < hosts_[host].saved) hosts_[host].saved = revision;
}

void FleetJudge::registered(unsigned number, std::vector<File> const& files) {
  auto& host = hosts_[number];
  came_[host.drawn.centre] = true;
  for (std::size_t i = 0; i < files.size(); ++i) {
    host.steps[i].known = files[i];
    measure(host, host.steps[i]);
  }
}

void FleetJudge::disputed(unsigned host, bool is, std::uint64_t at) { hosts_[host].disputed = is ? at : 0; }

/// Whoever was repaired, and let try again, may find that there is nothing left to do.
void FleetJudge::gives_back(unsigned number, unsigned place) {
  auto& one = step(number, place);
  if (one.failed && one.retried) ends_unbegun(number, place);
}

void FleetJudge::failure_told(unsigned host, unsigned place, std::uint64_t at) {
  auto& one = step(host, place);
  one.failure = at;
  one.told = true;
  count_failures(at);
}

void FleetJudge::slot_taken(unsigned number, unsigned place, std::uint64_t at, bool window_closed_long) {
  auto const& host = hosts_[number];
  auto& one = step(number, place);
  one.taken = at;
  one.barred.clear();
  if (window_closed_long) violation("6 windows", name(number, place) + " took a slot although its window is closed", {number});
  if (auto const other = earlier_behind(host, one)) {
    one.barred = hosts_[*other].drawn.name + " had not been done";
    one.barred_by = other;
  } else if (auto const centre = earlier_unknown(host)) {
    one.barred = "nobody had heard of " + fleet_.centres[*centre].name;
    one.barred_by.reset();
  }
}

// ---- the truth of steps

void FleetJudge::drains(unsigned host, unsigned place) {
  auto& one = step(host, place);
  one.uncounted = one.uncounted || one.released > one.taken;
  set_at_work(hosts_[host], one, true, false);
}

void FleetJudge::ends_well(unsigned number, unsigned place, File const& file) {
  auto& host = hosts_[number];
  auto& one = step(number, place);
  ++cell(host, one).completed;
  // Until it tells the fleet what it carries by now, only who asks for that very version knows.
  auto const& name = component(host, place);
  auto const goal = ordered_->goals.find(name);
  if (goal != ordered_->goals.end() && goal->second.is_reached(name, file, host.drawn.distribution)) set_behind(host, one, false);
  if (one.failed) --held_[host.drawn.centre][place];
  one.failed = false;
  set_at_work(host, one, false, false);
}

void FleetJudge::ends_badly(unsigned number, unsigned place) {
  auto& host = hosts_[number];
  auto& one = step(number, place);
  bool const counted = (one.drained || one.applying) && !one.uncounted;
  set_at_work(host, one, false, false);
  // Released meanwhile: an operator's word that it counts no more.
  if (!counted) return;
  one.failed = true;
  one.told = false;
  one.retried = false;
  ++held_[host.drawn.centre][place];
}

/// Whoever was retried and did not begin gives its slot back as any other host does.
void FleetJudge::ends_unbegun(unsigned number, unsigned place) {
  auto& one = step(number, place);
  if (one.failed) --held_[hosts_[number].drawn.centre][place];
  one.failed = false;
  set_at_work(hosts_[number], one, false, false);
}

void FleetJudge::changes(unsigned host, unsigned place) {
  if (!step(host, place).applying)
    violation("1 order of stages", name(host, place) + " was changed without a slot of its own", {host});
}

void FleetJudge::put_back(unsigned host) {
  for (auto& one : hosts_[host].steps) set_at_work(hosts_[host], one, false, false);
}

void FleetJudge::violation(std::string invariant, std::string text, std::vector<unsigned> hosts) {
  if (violations_.size() < kEnough) violations_.push_back({std::move(invariant), std::move(text), std::move(hosts)});
}

FleetJudge::StageCount FleetJudge::count(unsigned centre, unsigned place, unsigned phase) const {
  auto const& one = cells_[centre][place][phase];
  StageCount count{one.behind, one.at_work, one.completed, 1, !has_earlier_behind(centre, place, phase)};
  if (!ordered_->limits.empty()) count.limit = ordered_->limits[centre][place];
  return count;
}

}  // namespace tykup::simulation
