#include "tests/simulation/fleet/fleet_member.hpp"

#include <algorithm>

#include "tests/simulation/fleet/fleet_network.hpp"

/// The machine and the loop of its daemon.
namespace tykup::simulation {

using namespace std::chrono_literals;

FleetMember::FleetMember(FleetWorld& world, FleetNetwork& network, DrawnHost drawn, unsigned number)
    : world_(world), network_(network), drawn_(std::move(drawn)), number_(number) {
  identity_ = {"machine-" + std::to_string(number), "nonce-" + drawn_.name};
  for (auto const place : drawn_.places) packages_.push_back({.place = place});
  for (auto& package : packages_) package.offered = world_.repository.offered(component(package), drawn_.distribution);
}

std::string const& FleetMember::component(Package const& package) const {
  return world_.drawn.centres[drawn_.centre].order[package.place];
}

void FleetMember::begin_life() {
  ++life_;
  up_ = true;
  paused_ = false;
  ready_ = false;
  steady_since_ = world_.time.now();
  old_disk_ = world_.dice.chance(30) ? disk_ : old_disk_;
  world_.tell(number_, "its daemon starts");
  facts_.reset();
  told_.reset();
  view_ = {};
  wake_.reset();
  downloading_.clear();
  takes_run_back_ = drawn_.wants_run_back && world_.lets_run_back();
  world_.judge.registration_saved(number_, disk_.record_revision);
  deliver(fleet::event::Started{disk_, identity_});
  // A run that was cut off lets the host be read only at its end.
  if (run_.doing == Doing::Nothing || run_.doing == Doing::Ended) tell_facts();
  later(world_.dice.between(1s, 3s), [this] {
    ready_ = true;
    resume_run();
    poll();
  });
  look_at_window();
}

/// At its window's beginning and end the host looks again: by its own clock, which may have been put right meanwhile.
void FleetMember::look_at_window() {
  if (drawn_.opens_every == Duration{0}) return;
  poll();
  auto const since = (clock().time_since_epoch() - drawn_.opens_at) % drawn_.opens_every;
  later((since < drawn_.open_for ? drawn_.open_for : drawn_.opens_every) - since, [this] { look_at_window(); });
}

void FleetMember::end_life() {
  ++life_;
  up_ = false;
  paused_ = false;
  held_.clear();
  network_.drop(*this, false);
}

void FleetMember::later(Duration delay, std::function<void()> act) {
  world_.time.after(delay, [this, life = life_, act = std::move(act)] {
    if (life != life_) return;
    if (paused_) return held_.push_back(act);
    act();
  });
}

void FleetMember::answered(std::uint64_t life, fleet::Event const& event) {
  if (life != life_ || !up_) return;
  if (paused_) return held_.push_back([this, event] { deliver(event); });
  deliver(event);
}

void FleetMember::deliver(fleet::Event const& event) {
  if (!up_) return;
  handle(event);
}

void FleetMember::handle(fleet::Event const& event) {
  auto const before = state_.phase.index();
  auto const seed = world_.seed * 1'000'003 + number_;
  auto transition = fleet::step(std::move(state_), event, {world_.keys, clock(), seed, clock_off_});
  state_ = std::move(transition.next);
  if (state_.phase.index() != before) {
    world_.count("phase: " + std::string(fleet::name_of(state_.phase)));
    bool const suspects = std::holds_alternative<fleet::phase::Suspect>(state_.phase);
    if (suspects && !world_.tally.contains("fault: etcd restored")) world_.judge.violation("a false alarm", name() + " suspects an etcd that nobody touched: " + status(), {number_});
    if (world_.tells) world_.tell(number_, std::string(fleet::name_of(event)) + " → " + std::string(fleet::name_of(state_.phase)) + ": " + status());
  }
  auto const life = life_;
  for (auto const& command : transition.commands) {
    if (life != life_) return;
    if (world_.befalls(60)) {
      world_.count("fault: crash between two commands");
      return crash(world_.dice.between(2s, 1min));
    }
    carry_out(command);
  }
}

/// Nothing that stays as it is is asked for over and over.
void FleetMember::asks() {
  constexpr unsigned kInAMinute = 1000;
  if (world_.time.now() - counted_since_ > 1min) {
    counted_since_ = world_.time.now();
    counted_ = 0;
  }
  if (++counted_ == kInAMinute) world_.judge.violation("questions without end", name() + " asks etcd " + std::to_string(counted_) + " times in a minute", {number_});
}

void FleetMember::carry_out(fleet::Command const& command) {
  using namespace fleet::command;
  if (auto const* saved = std::get_if<Save>(&command)) {
    disk_ = saved->memory;
    world_.judge.registration_saved(number_, disk_.record_revision);
  }
  if (auto const* asked = std::get_if<Transact>(&command)) network_.transact(*this, asked->number, asked->ask);
  if (auto const* begun = std::get_if<Watch>(&command)) network_.watch(*this, *begun);
  if (auto const* ended = std::get_if<Unwatch>(&command)) network_.unwatch(*this, ended->which);
  if (auto const* wanted = std::get_if<Grant>(&command)) network_.grant(*this, wanted->number, wanted->ttl);
  if (auto const* kept = std::get_if<KeepAlive>(&command)) network_.keep_alive(*this, kept->lease);
  if (auto const* revoked = std::get_if<Revoke>(&command)) network_.revoke(*this, revoked->lease);
  if (auto const* wake = std::get_if<WakeAt>(&command)) wake_at(wake->at);
  if (auto const* heard_of = std::get_if<Heard>(&command)) later(Duration{0}, [this, slot = heard_of->slot] { heard(slot); });
  auto const* shown = std::get_if<Show>(&command);
  if (shown == nullptr) return;
  view_ = shown->view;
  later(Duration{0}, [this] { poll(); });
}

void FleetMember::wake_at(Instant clock_at) {
  wake_ = clock_at;
  auto const delay = std::max(clock_at - clock(), Duration{0});
  later(delay, [this, wake = ++wakes_] {
    if (wake != wakes_) return;
    wake_.reset();
    deliver(fleet::event::Ticked{});
  });
}

fleet::Build FleetMember::build(Package const& package, File const& file) const {
  auto const& name = component(package);
  return {{"tyk-" + name, PackageFormat::Deb, drawn_.distribution, "amd64"}, version_text(file.version), digest_text(name, file, drawn_.distribution)};
}

fleet::HostRecord FleetMember::record() const {
  fleet::HostRecord record;
  record.host = drawn_.name;
  record.identity = identity_;
  record.datacenter = world_.drawn.centres[drawn_.centre].name;
  record.group = drawn_.group;
  for (auto const& package : packages_) {
    fleet::Carried carried{component(package)};
    carried.current = true;
    carried.installed = {build(package, package.installed)};
    for (auto const& file : package.offered) carried.candidates.push_back(build(package, file));
    for (auto const& file : package.archive) carried.kept.push_back(build(package, file));
    record.carried.push_back(std::move(carried));
  }
  auto const now = clock();
  record.next_opening = Instant{};
  if (!is_open_at(now)) record.next_opening = now - (now.time_since_epoch() - drawn_.opens_at) % drawn_.opens_every + drawn_.opens_every;
  return record;
}

void FleetMember::tell_facts() {
  if (!up_) return;
  auto now = record();
  if (facts_ == now) return;
  facts_ = now;
  deliver(fleet::event::FactsFound{std::move(now)});
}

void FleetMember::tell_need() {
  if (!up_ || !ready_) return;
  auto now = need();
  if (told_ == now) return;
  told_ = now;
  deliver(fleet::event::NeedChanged{std::move(now)});
}

}  // namespace tykup::simulation
