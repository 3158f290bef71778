#include <algorithm>

#include "tests/simulation/fleet/fleet_life.hpp"

/// Everything that goes wrong.
namespace tykup::simulation {

using namespace std::chrono_literals;

void FleetLife::weather() {
  if (!world_.faults) return;
  befall();
  world_.time.after(world_.dice.between(2s, 40s), [this] { weather(); });
}

/// It befalls those who are in the middle of something more often than chance alone would have it.
FleetMember& FleetLife::any_at_work() {
  for (int tries = 0; tries < 30; ++tries) {
    auto& one = any();
    if (one.works()) return one;
  }
  return any();
}

void FleetLife::befall() {
  auto& one = world_.dice.chance(60) ? any_at_work() : any();
  auto const what = world_.dice.roll(100);
  auto const count = [&](char const* name) { world_.count(std::string("fault: ") + name); };
  if (what < 12) {
    count("daemon killed");
    one.crash(world_.dice.between(2s, 90s));
  } else if (what < 22) {
    count("host rebooted");
    one.reboot(world_.dice.between(20s, 5min));
  } else if (what < 34) {
    count("daemon paused");
    one.pause(world_.dice.between(5s, 6min));
  } else if (what < 40) {
    count("partition: requests");
    one.cut(true, false, world_.dice.between(5s, 5min));
  } else if (what < 46) {
    count("partition: answers");
    one.cut(false, true, world_.dice.between(5s, 5min));
  } else if (what < 52) {
    count("partition: both ways");
    one.cut(true, true, world_.dice.between(5s, 5min));
  } else if (what < 60) {
    count("watch cancelled");
    for (int i = 0; i < 5; ++i) network_.end_a_watch();
  } else if (what < 63) {
    count("etcd restarted");
    network_.restart_etcd(world_.dice.between(2s, 3min));
  } else if (what < 65) {
    if (operator_.restore()) count("etcd restored");
  } else if (what < 71) {
    count("clock off");
    one.skew(world_.dice.chance(50) ? world_.dice.between(-4min, 4min) : world_.dice.between(-25s, 25s));
  } else if (what < 84) {
    auto const late = std::ranges::find_if(members_, [](auto const& member) { return !member->is_on() && !member->has_left() && member->life() == 0; });
    if (late == members_.end() || !(*late)->drawn().late) return;
    count("late joiner");
    (*late)->power_on();
  } else if (what < 86) {
    if (world_.dice.chance(50) || one.number() < 2 * world_.drawn.centres.size() || is_last_with_its_components(one)) return;
    count("leaver");
    one.leave();
  } else if (what < 92) {
    auto& other = any();
    if (!other.is_on() || other.works()) return;
    count("put back to an old version");
    other.put_back(world_.dice.chance(50), world_.dice.between(20s, 3min));
  } else if (what < 94) {
    clone(one);
  } else if (what < 96) {
    republish();
  } else {
    count("clock right again");
    for (auto& member : members_)
      if (world_.dice.chance(50)) member->skew(0s);
  }
}

/// Nobody else of its centre carries one of them: without it no rollout would begin any more.
bool FleetLife::is_last_with_its_components(FleetMember const& one) const {
  return std::ranges::any_of(one.drawn().places, [&](unsigned place) {
    return std::ranges::none_of(members_, [&](auto const& other) {
      auto const& places = other->drawn().places;
      bool const same_centre = other->drawn().centre == one.drawn().centre;
      return other.get() != &one && same_centre && !other->has_left() && std::ranges::find(places, place) != places.end();
    });
  });
}

/// Under the newest version lies another file; some hosts know at once, others later.
void FleetLife::republish() {
  auto const& drawn = any().drawn();
  auto const& component = world_.drawn.centres[drawn.centre].order[world_.dice.one_of(drawn.places)];
  world_.count("fault: version published again with other bytes");
  world_.tell(FleetWorld::kEverybody, component + " for " + drawn.distribution + " is published again");
  world_.repository.republish(component, drawn.distribution);
  for (auto const& member : members_)
    world_.time.after(world_.dice.between(1s, 4min), [&host = *member] { host.refresh(); });
}

/// While a host's request for a slot is on its way somebody comes whose step is to be done first. How long the request takes.
Duration FleetLife::meanwhile(FleetMember const& asker, unsigned place) {
  if (!world_.faults || !world_.dice.chance(10)) return Duration{0};
  auto const rank_of = [&](FleetMember const& one) { return world_.drawn.centres[one.drawn().centre].rank; };
  for (int tries = 0; tries < 30; ++tries) {
    auto& one = any();
    bool const same_centre = one.drawn().centre == asker.drawn().centre;
    bool const goes_before = rank_of(one) < rank_of(asker) || (same_centre && one.drawn().places.front() < place);
    if (!goes_before || one.has_left() || &one == &asker) continue;
    bool const is_new = !one.is_on() && one.life() == 0 && one.drawn().late;
    if (!is_new && (!one.is_up() || one.is_paused() || one.works())) continue;
    world_.count("fault: a host comes while a slot is asked for");
    is_new ? one.power_on() : one.put_back(false, 1s);
    return world_.dice.between(2s, 8s);
  }
  return Duration{0};
}

void FleetLife::clone(FleetMember& original) {
  auto const same_name = std::ranges::count_if(members_, [&](auto const& other) { return other->name() == original.name(); });
  if (same_name > 1 || original.has_left() || original.life() == 0) return;
  world_.count("fault: cloned host");
  auto const number = world_.judge.add_host(original.drawn());
  members_.push_back(std::make_unique<FleetMember>(world_, network_, original.drawn(), number));
  members_.back()->become_clone_of(original);
  world_.tell(number, "is a copy of " + original.name());
  members_.back()->power_on();
}

}  // namespace tykup::simulation
