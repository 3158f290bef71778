#include "tests/simulation/fleet/fleet_life.hpp"

#include <algorithm>

namespace tykup::simulation {

using namespace std::chrono_literals;

namespace {

constexpr Duration kSample = 500ms;
/// The longest that a fleet without faults may take to its end: one after the other, each in its window.
Duration patience(std::size_t hosts) { return std::chrono::hours{10} + hosts * std::chrono::minutes{10}; }

}  // namespace

FleetLife::FleetLife(std::uint64_t seed, FleetSize const& size, bool tells)
    : world_(seed, size, tells), network_(world_), operator_(world_, network_, members_) {
  for (unsigned number = 0; number < world_.drawn.hosts.size(); ++number)
    members_.push_back(std::make_unique<FleetMember>(world_, network_, world_.drawn.hosts[number], number));
  network_.at_the_worst_moment = [this](FleetMember& member, std::optional<unsigned> place) {
    operator_.interfere(member, place.has_value());
    return place ? meanwhile(member, *place) : Duration{0};
  };
}

void FleetLife::live() {
  operator_.init();
  auto const start = world_.time.now();
  for (auto& member : members_)
    if (!member->drawn().late) world_.time.after(member->drawn().comes_at, [&host = *member] { host.power_on(); });
  faults_until_ = start + (world_.size.faults ? Duration{world_.dice.between(30min, 60min)} : Duration{0});
  world_.time.after(2min, [this] {
    world_.faults = world_.size.faults;
    // What the hosts ask when they come is not part of their steps.
    world_.cost = {};
    people();
  });
  if (world_.size.faults) {
    world_.time.after(2min, [this] { weather(); });
    world_.time.at(faults_until_, [this] { clear_up(); });
  } else {
    measure();
  }
  while (!over_ && violations().empty())
    if (!world_.time.advance() || world_.time.now() > faults_until_ + patience(hosts())) return stalled();
}

void FleetLife::people() {
  bool const calm = world_.time.now() >= faults_until_;
  operator_.take_care(calm);
  if (world_.faults && world_.dice.chance(15)) operator_.meddle();
  // Nothing is put back any more once the faults are over.
  if (world_.faults) operator_.keep_snapshot();
  if (calm && operator_.is_over()) over_ = true;
  // A big fleet is not read over and over.
  auto const pause = calm ? world_.dice.between(1min, 2min) : world_.dice.between(20s, 40s);
  if (!over_) world_.time.after(pause, [this] { people(); });
}

void FleetLife::clear_up() {
  world_.faults = false;
  world_.tell(FleetWorld::kEverybody, "all faults are over");
  for (auto& member : members_) {
    member->cut(false, false, 0s);
    member->skew(0s);
    member->power_on();
  }
}

void FleetLife::stalled() {
  auto concerned = operator_.stragglers();
  std::string text = "it does not come to its end: " + operator_.not_over();
  for (auto const number : concerned)
    if (text.size() < 500) text += "\n  " + members_[number]->described();
  // Whoever they wait for is concerned, too.
  std::string others;
  for (auto const& member : members_) {
    for (auto const* behind : {" ", ",", ":"}) {
      if (text.find(" " + member->name() + behind) == std::string::npos) continue;
      concerned.push_back(member->number());
      if (others.size() < 1000) others += "\n  " + member->described();
      break;
    }
  }
  world_.judge.violation("everybody at the pin", text + "\n they wait for" + others, concerned);
}

/// How busy the slots are that could be.
void FleetLife::measure() {
  std::map<std::pair<unsigned, unsigned>, unsigned> in_runs;
  for (auto const& member : members_)
    if (member->works()) ++in_runs[{member->drawn().centre, member->place_of_run()}];
  for (unsigned centre = 0; centre < world_.drawn.centres.size(); ++centre) {
    for (unsigned place = 0; place < world_.drawn.centres[centre].order.size(); ++place) {
      auto const count = world_.judge.count(centre, place, 0);
      if (!count.open || count.completed == 0 || count.behind == 0) continue;
      auto const able = std::min(count.limit, count.behind);
      auto const seconds = std::chrono::duration<double>(kSample).count();
      able_ += able * seconds;
      busy_ += std::min(able, in_runs[{centre, place}]) * seconds;
    }
  }
  world_.time.after(kSample, [this] { measure(); });
}

std::string FleetLife::story(FleetViolation const& violation) const {
  constexpr std::size_t kOfEach = 60;
  std::map<unsigned, std::size_t> told;
  std::vector<std::string> lines;
  for (auto at = world_.story.rbegin(); at != world_.story.rend(); ++at) {
    auto const& [host, text] = *at;
    bool const concerned = host == FleetWorld::kEverybody || std::ranges::find(violation.hosts, host) != violation.hosts.end();
    if (concerned && told[host]++ < kOfEach) lines.push_back((host == FleetWorld::kEverybody ? "" : members_[host]->name() + " ") + text);
  }
  std::ranges::reverse(lines);
  std::string all;
  for (auto const& line : lines) all += "  " + line + "\n";
  return all;
}

}  // namespace tykup::simulation
