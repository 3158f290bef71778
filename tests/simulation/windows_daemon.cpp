#include <algorithm>

#include "daemon/wire/state_json.hpp"
#include "tests/simulation/windows_year.hpp"

namespace tykup::simulation {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

std::string version(int number) { return "1." + std::to_string(number) + ".0"; }

int number_of(std::string const& version) { return std::stoi(version.substr(2)); }

/// How long each operation of the executor takes.
std::chrono::seconds time_for(Dice& dice, job::Operation const& operation) {
  if (std::holds_alternative<job::Apply>(operation)) return dice.between(10s, 3min);
  if (std::holds_alternative<job::Download>(operation)) return dice.between(1s, 2min);
  return dice.between(1s, 15s);
}

bool is_kept(job::Operation const& operation) {
  return !std::holds_alternative<job::Inspect>(operation) && !std::holds_alternative<job::Refresh>(operation);
}

struct Told {
  std::string const& job;
  rollout::Event operator()(job::Inspected const& done) const { return rollout::event::Inspected{job, done}; }
  rollout::Event operator()(job::Refreshed const& done) const { return rollout::event::Refreshed{job, done}; }
  rollout::Event operator()(job::Downloaded const& done) const { return rollout::event::Downloaded{job, done}; }
  rollout::Event operator()(job::BackedUp const& done) const { return rollout::event::BackedUp{job, done}; }
  rollout::Event operator()(job::Applied const& done) const { return rollout::event::Applied{job, done}; }
  rollout::Event operator()(job::Restarted const& done) const { return rollout::event::Restarted{job, done}; }
  rollout::Event operator()(job::Restored const& done) const { return rollout::event::Restored{job, done}; }
  rollout::Event operator()(job::Recovered const& done) const { return rollout::event::Recovered{job, done}; }
  rollout::Event operator()(job::PluginsChecked const& done) const { return rollout::event::PluginsChecked{job, done}; }
  rollout::Event operator()(job::Hooked const& done) const { return rollout::event::Hooked{job, done}; }
};

}  // namespace

void WindowsYear::begin_life() {
  up_ = true;
  up_since_ = steady_;
  watched_ = {wall(), wall(), Duration{0}};
  deliver(rollout::event::Started{});
}

rollout::Context WindowsYear::context() {
  watched_ = tykup::look(watched_, wall(), steady_ - up_since_);
  return {config_, memory_, wall(), machine_id_, digest_, watched_, true};
}

/// The loop of the daemon: decide, save, carry out. It may be killed between the last two.
void WindowsYear::deliver(rollout::Event const& event) {
  // A hold that was seen to end has ended, also if the clock is set back then.
  if (wall() >= held_until_) held_until_ = {};
  auto transition = rollout::step(state_, event, context());
  ++tally_["decisions"];
  auto const before = std::exchange(state_, std::move(transition.next));
  for (auto const& record : transition.records) rollout::apply_record(memory_, record);
  look_at(before.phase, state_.phase);
  auto const life = life_;
  if (rollout::run_of(state_.phase) != nullptr && dice_.roll(300) == 0) {
    ++tally_["killed in a run"];
    return crash(dice_.chance(80) ? dice_.between(5s, 1min) : dice_.between(1min, days{1}));
  }
  for (auto const& command : transition.commands)
    if (life == life_) carry_out(command);
}

void WindowsYear::carry_out(rollout::Command const& command) {
  if (auto const* job = std::get_if<rollout::command::Submit>(&command)) submit(job->request);
  if (auto const* gate = std::get_if<rollout::command::Gate>(&command)) watch(gate->expectation);
  if (auto const* wake = std::get_if<rollout::command::WakeAt>(&command)) wake_ = wake->at;
  auto const* said = std::get_if<rollout::command::Announce>(&command);
  if (said == nullptr) return;
  ++tally_["said " + std::string(rollout::to_string(said->announcement.said))];
  bool const needs_admin = said->announcement.said == rollout::Said::NeedsAdmin;
  if (!needs_admin) return;
  after(dice_.between(1h, days{3}), [this] {
    for (auto& one : packages_) {
      one.broken = false;
      one.bad.erase(one.installed);
    }
    if (up_) deliver(rollout::event::CheckAsked{"root"});
  });
}

/// The process is gone; what it had saved is all that the next one knows.
void WindowsYear::crash(std::chrono::seconds away) {
  ++life_;
  up_ = false;
  wake_.reset();
  auto read = wire::parse_state(wire::state_text(state_));
  if (!read) return violation("the saved state cannot be read: " + read.error().message);
  state_ = std::move(*read);
  after(away, [this, life = life_] {
    if (life != life_) return;
    begin_life();
  });
}

// ---- the executor -----------------------------------------------------------------------------------------------

void WindowsYear::submit(job::Request const& request) {
  if (!outcomes_.contains(request.id) && std::holds_alternative<job::Apply>(request.operation) && dice_.chance(4)) {
    ++tally_["package manager locked"];
    outcomes_.emplace(request.id, fail(ErrorKind::LockHeld, "process 77 holds the lock"));
  }
  bool const known = outcomes_.contains(request.id);
  // A host goes down at the worst moment more often than chance alone would have it.
  if (!known && std::holds_alternative<job::Apply>(request.operation) && dice_.chance(2)) after(5s, [this] { reboot(); });
  after(known ? 1s : time_for(dice_, request.operation), [this, request, boot = boot_, life = life_] {
    bool const interrupted = boot != boot_ && !outcomes_.contains(request.id);
    if (interrupted && std::holds_alternative<job::Apply>(request.operation)) {
      ++tally_["package change interrupted"];
      outcomes_.emplace(request.id, fail(ErrorKind::Interrupted, "the host went down"));
    }
    if (boot == boot_) finish_job(request);
    if (life != life_ || !up_) return;
    auto const outcome = outcomes_.at(request.id);
    if (!is_kept(request.operation)) outcomes_.erase(request.id);
    deliver(outcome ? std::visit(Told{request.id}, *outcome)
                    : rollout::Event{rollout::event::JobFailed{request.id, outcome.error()}});
  });
}

void WindowsYear::finish_job(job::Request const& request) {
  if (!outcomes_.contains(request.id)) outcomes_.emplace(request.id, perform(request.operation));
}

WindowsYear::Package& WindowsYear::package(std::string const& component) {
  return *std::ranges::find(packages_, component, &Package::name);
}

Result<job::Outcome> WindowsYear::perform(job::Operation const& operation) {
  if (std::holds_alternative<job::Inspect>(operation)) return job::Inspected{facts()};
  if (std::holds_alternative<job::Refresh>(operation)) {
    if (dice_.chance(97)) return job::Refreshed{{{"https://packages.test", "stable", {}}}};
    ++tally_["repository unreachable"];
    return job::Refreshed{{{"https://packages.test", "stable", Error{ErrorKind::RepositoryUnreachable, "no route"}}}};
  }
  if (std::holds_alternative<job::Download>(operation)) return job::Downloaded{};
  if (std::holds_alternative<job::Backup>(operation)) return job::BackedUp{"/backup", true};
  if (auto const* asked = std::get_if<job::Apply>(&operation)) return apply(*asked);
  if (std::holds_alternative<job::Restart>(operation)) return job::Restarted{true, wall()};
  if (std::holds_alternative<job::Restore>(operation)) return job::Restored{};
  for (auto& one : packages_) one.broken = false;
  return job::Recovered{{"what was half-configured"}};
}

Result<job::Outcome> WindowsYear::apply(job::Apply const& asked) {
  auto& target = package(asked.step.component);
  auto const number = number_of(asked.packages.front().version);
  bool const upgrade = asked.direction == job::Apply::Direction::Upgrade;
  if (upgrade && target.bad.contains(number) && number % 2 == 0) {
    ++tally_["package broken"];
    target.failed.insert(number);
    target.broken = true;
    return fail(ErrorKind::PackageFailed, "its script failed");
  }
  if (!upgrade && dice_.chance(10)) {
    ++tally_["rollback failed"];
    return fail(ErrorKind::PackageFailed, "the old package cannot be installed");
  }
  target.installed = number;
  target.broken = false;
  return job::Applied{{{target.name, version(number), "amd64"}}};
}

void WindowsYear::watch(HealthExpectation const& expectation) {
  auto const component = expectation.component.name;
  after(dice_.between(15s, 2min), [this, component, life = life_] {
    if (life != life_ || !up_) return;
    auto& target = package(component);
    bool const sick = target.bad.contains(target.installed);
    if (!sick) return deliver(rollout::event::HealthPassed{component});
    ++tally_["unhealthy"];
    target.failed.insert(target.installed);
    deliver(rollout::event::HealthFailed{component, "it answers 503", false});
  });
}

HostFacts WindowsYear::facts() const {
  HostFacts found{PackageFormat::Deb, "debian 12", "amd64"};
  for (auto const& one : packages_) {
    ComponentFacts component{one.name};
    component.installed = {{one.name, version(one.installed), "amd64", one.broken ? "half-configured" : "installed"}};
    component.candidates = {{one.name, version(one.offered), "digest-" + version(one.offered), "https://packages.test stable", 1}};
    component.kept = {{one.name, version(one.installed), "digest-" + version(one.installed)}};
    component.unit = {one.name + ".service", "loaded", "active", "running", "enabled", 100, 0, Instant{}};
    component.subscription = {"/etc/apt/sources.list.d/test.sources", "https://packages.test", "stable"};
    if (one.broken) found.broken_packages.push_back(one.name + " (half-configured)");
    found.components.push_back(std::move(component));
  }
  return found;
}

}  // namespace tykup::simulation
