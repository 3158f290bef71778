#include <algorithm>

#include "tests/simulation/fleet/fleet_member.hpp"
#include "tests/simulation/fleet/fleet_network.hpp"

/// What befalls a host, and what others ask of it.
namespace tykup::simulation {

using namespace std::chrono_literals;

void FleetMember::power_on() {
  if (on_ || left_) return;
  on_ = true;
  begin_life();
}

void FleetMember::power_off() {
  if (!on_) return;
  on_ = false;
  ++boot_;
  if (run_.doing == Doing::Applying && !run_.over) run_.interrupted = true;
  end_life();
}

void FleetMember::crash(Duration away) {
  if (!up_) return;
  world_.tell(number_, "its daemon is killed");
  end_life();
  world_.time.after(away, [this, life = life_] {
    if (life == life_ && on_ && !up_) begin_life();
  });
}

void FleetMember::reboot(Duration away) {
  if (!on_) return;
  world_.tell(number_, "goes down");
  power_off();
  world_.time.after(away, [this, boot = boot_] {
    if (boot == boot_) power_on();
  });
}

void FleetMember::pause(Duration length) {
  if (!up_ || paused_) return;
  world_.tell(number_, "its daemon is paused");
  paused_ = true;
  world_.time.after(length, [this, life = life_] {
    if (life != life_ || !paused_) return;
    world_.tell(number_, "its daemon goes on");
    paused_ = false;
    steady_since_ = world_.time.now();
    while (!held_.empty() && !paused_ && life == life_) {
      auto const act = std::move(held_.front());
      held_.pop_front();
      act();
    }
  });
}

void FleetMember::cut(bool out, bool in, Duration length) {
  cut_out_ = out;
  cut_in_ = in;
  world_.tell(number_, std::string("is cut off from etcd (") + (out ? "requests" : "") + (in ? " answers" : "") + ")");
  world_.time.after(length, [this, cut = ++cuts_] {
    if (cut != cuts_) return;
    cut_out_ = cut_in_ = false;
    world_.tell(number_, "reaches etcd again");
    // What it should have been told in between is lost with its connections.
    network_.drop(*this, true);
  });
}

void FleetMember::skew(Duration by) {
  skew_ = by;
  world_.tell(number_, "its clock is " + to_human(std::chrono::abs(by)) + " off");
  if (wake_) wake_at(*wake_);
}

void FleetMember::put_back(bool store, Duration away) {
  if (!on_ || works()) return;
  power_off();
  world_.tell(number_, "is put back to an old state");
  for (auto& package : packages_) {
    package.installed = package.before;
    package.archive = {package.installed};
    package.failed.reset();
    package.well = true;
  }
  if (store) disk_ = old_disk_;
  world_.judge.put_back(number_);
  world_.time.after(away, [this, boot = boot_] {
    if (boot == boot_) power_on();
  });
}

void FleetMember::leave() {
  world_.tell(number_, "is gone for ever");
  power_off();
  left_ = true;
}

void FleetMember::repair() {
  for (auto& package : packages_) {
    if (package.failed) world_.tell(number_, component(package) + " is repaired");
    // Whoever repairs a package that could not be taken back leaves it at the new version.
    if (package.failed && *package.failed == package.installed) world_.judge.ends_well(number_, package.place, package.installed);
    package.failed.reset();
    package.well = true;
  }
  poll();
}

bool FleetMember::install_anew(bool at_pin) {
  bool any = false;
  for (auto& package : packages_) {
    auto const published = world_.repository.file(component(package), package.installed.version, drawn_.distribution);
    if (!up_ || works() || published == package.installed || (at_pin && !has_other_bytes(package))) continue;
    any = true;
    package.installed = published;
    package.archive.insert(published);
  }
  if (any) world_.tell(number_, "gets what is published by now, by hand");
  if (any) tell_facts();
  return any;
}

void FleetMember::refresh() {
  for (auto& package : packages_) package.offered = world_.repository.offered(component(package), drawn_.distribution);
  tell_facts();
}

void FleetMember::become_clone_of(FleetMember const& original) {
  identity_.nonce = original.identity_.nonce;
  disk_ = original.disk_;
  packages_ = original.packages_;
}

bool FleetMember::has_failed() const {
  return std::ranges::any_of(packages_, [](Package const& package) { return package.failed.has_value(); });
}

bool FleetMember::is_well_at(Goals const& goals) const {
  return std::ranges::all_of(packages_, [&](Package const& package) {
    auto const goal = goals.find(component(package));
    return package.well && goal != goals.end() && goal->second.is_reached(component(package), package.installed, drawn_.distribution);
  });
}

std::vector<File> FleetMember::files() const {
  std::vector<File> all;
  for (auto const& package : packages_) all.push_back(package.installed);
  return all;
}

std::string FleetMember::described() const {
  std::string text = drawn_.name + (up_ ? "" : " (down)") + ": " + status();
  auto const name = [](File const& file) { return std::to_string(file.version) + "." + std::to_string(file.bytes); };
  for (auto const& package : packages_) {
    text += "; " + component(package) + " " + name(package.installed);
    if (auto const target = pinned(package)) text += ", pinned " + name(*target);
    if (package.failed) text += ", failed with " + name(*package.failed);
    for (auto const& file : package.archive) text += ", kept " + name(file);
  }
  return works() ? text + "; in a run of slot " + std::to_string(run_.grant.slot) : text;
}

bool FleetMember::is_open_at(Instant clock) const {
  if (drawn_.opens_every == Duration{0}) return true;
  return (clock.time_since_epoch() - drawn_.opens_at) % drawn_.opens_every < drawn_.open_for;
}

}  // namespace tykup::simulation
