#include <algorithm>

#include "tests/simulation/fleet/fleet_member.hpp"
#include "tests/simulation/fleet/fleet_network.hpp"

/// A small model of a host's run: it wants a slot, asks twice, changes the package and tells how it ended.
namespace tykup::simulation {

using namespace std::chrono_literals;

namespace {

/// How long each part takes, so that a whole step is of ten seconds or more.
constexpr auto kShort = std::pair{1s, 3s};
constexpr auto kApply = std::pair{6s, 25s};
constexpr auto kHealth = std::pair{3s, 10s};

}  // namespace

/// The file that the rollout sends it to.
std::optional<File> FleetMember::pinned(Package const& package) const {
  auto const* pin = view_.pin(component(package));
  if (pin == nullptr) return {};
  return file_of(pin->package.sha256);
}

bool FleetMember::is_published(Package const& package, File const& file) const {
  return world_.repository.file(component(package), file.version, drawn_.distribution) == file;
}

bool FleetMember::is_behind(Package const& package) const {
  auto const target = pinned(package);
  if (!target) return false;
  return view_.back ? package.installed.version > target->version : package.installed.version < target->version;
}

/// Of the pinned version: no step leads from one to the other.
bool FleetMember::has_other_bytes(Package const& package) const {
  auto const target = pinned(package);
  return target && package.installed.version == target->version && package.installed.bytes != target->bytes;
}

bool FleetMember::may_go(Package const& package) const {
  auto const target = pinned(package);
  return target && package.archive.contains(*target) && package.failed != target && is_open_at(clock());
}

bool FleetMember::lacks_pinned_file() const {
  return std::ranges::any_of(packages_, [&](Package const& package) {
    auto const target = pinned(package);
    return target && (is_behind(package) || has_other_bytes(package)) && !package.archive.contains(*target) && !is_published(package, *target);
  });
}

/// The step that is next by the order of the host's own components.
std::optional<std::size_t> FleetMember::next() const {
  std::vector<std::size_t> order(packages_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (view_.back) std::ranges::reverse(order);
  for (auto const index : order)
    if (is_behind(packages_[index])) return index;
  return {};
}

fleet::Need FleetMember::need() const {
  auto const slot = run_.grant.slot;
  switch (run_.doing) {
    case Doing::Nothing: {
      auto const index = next();
      if (!index || !may_go(packages_[*index])) return fleet::need::Nothing{};
      return fleet::need::Wants{component(packages_[*index])};
    }
    case Doing::AsksDrain:
      return fleet::need::Confirms{slot, fleet::Point::BeforeDrain};
    case Doing::AsksApply:
      return fleet::need::Confirms{slot, fleet::Point::BeforeApply};
    case Doing::Ended:
      return run_.ended;
    default:
      return fleet::need::Works{slot};
  }
}

void FleetMember::poll() {
  if (!up_ || !ready_) return;
  if (paused_) return held_.push_back([this] { poll(); });
  download();
  if (run_.doing == Doing::Nothing && view_.grant) begin_run();
  if (run_.doing == Doing::AsksDrain || run_.doing == Doing::AsksApply) look_at_answer();
  tell_need();
}

void FleetMember::download() {
  for (std::size_t index = 0; index < packages_.size(); ++index) {
    auto const& one = packages_[index];
    auto const target = pinned(one);
    if (works() || !target || !is_behind(one) || one.archive.contains(*target) || !downloading_.insert(index).second) continue;
    later(world_.dice.between(1s, 20s), [this, index, target = *target] {
      downloading_.erase(index);
      // What its repository has by now is what it gets; the pin may be another by then.
      if (!is_published(packages_[index], target)) {
        world_.count("fault: pinned file is gone");
        return later(1min, [this] { poll(); });
      }
      packages_[index].archive.insert(target);
      if (!works()) tell_facts();
      poll();
    });
  }
}

void FleetMember::set_doing(Doing doing) {
  run_.doing = doing;
  tell_need();
}

void FleetMember::begin_run() {
  auto const index = next();
  if (!index || component(packages_[*index]) != view_.grant->component || !may_go(packages_[*index])) return;
  auto const target = *pinned(packages_[*index]);
  run_ = {};
  run_.grant = *view_.grant;
  run_.index = *index;
  run_.target = target;
  world_.tell(number_, "begins a run for " + run_.grant.component + " " + version_text(target.version));
  set_doing(Doing::Preparing);
  later(world_.dice.between(kShort.first, kShort.second), [this] { ask(Doing::AsksDrain); });
}

void FleetMember::ask(Doing doing) {
  run_.asked = world_.time.now();
  run_.confirmed = 0;
  set_doing(doing);
  poll();
}

void FleetMember::confirmed_by_etcd(std::int64_t slot, Instant sent) {
  if (slot != run_.grant.slot || sent < run_.asked) return;
  run_.confirmed = world_.changes;
  run_.confirmed_at = world_.time.now();
}

void FleetMember::look_at_answer() {
  auto const point = run_.doing == Doing::AsksDrain ? fleet::Point::BeforeDrain : fleet::Point::BeforeApply;
  auto const& answer = view_.confirmed;
  if (!answer || answer->slot != run_.grant.slot || answer->point != point) return;
  if (!answer->refused.empty()) {
    world_.count("refused at the last moment");
    return give_up(answer->refused);
  }
  if (!is_open_at(clock())) {
    world_.count("window closed meanwhile");
    return give_up("its window has closed");
  }
  point == fleet::Point::BeforeDrain ? drain() : apply();
}

void FleetMember::drain() {
  world_.judge.drains(number_, place());
  world_.tell(number_, "drains");
  set_doing(Doing::Draining);
  later(world_.dice.between(kShort.first, kShort.second), [this] { ask(Doing::AsksApply); });
}

void FleetMember::give_up(std::string reason) {
  world_.tell(number_, "does not begin: " + reason);
  world_.judge.ends_unbegun(number_, place());
  run_.ended = {run_.grant, false, false, std::move(reason)};
  set_doing(Doing::Ended);
}

void FleetMember::apply() {
  auto& target = package();
  Begun begun{.host = number_, .place = place(), .file = run_.target};
  begun.window_open = is_open_at(clock());
  begun.clock_right = std::chrono::abs(skew_) <= 35s || !was_steady_since(run_.confirmed_at);
  begun.confirmed = run_.confirmed;
  begun.confirmed_at = run_.confirmed_at;
  begun.knows_time = std::chrono::abs(skew_) <= 35s && was_steady_since(run_.confirmed_at);
  begun.confirmed_lately = run_.confirmed > 0 && (world_.time.now() - run_.confirmed_at < 60s || !was_steady_since(run_.confirmed_at));
  world_.tell(number_, "apply begins: " + component(target) + " " + std::to_string(target.installed.version) + " → " + std::to_string(run_.target.version));
  world_.judge.applies(begun);
  run_.fails = world_.befalls(5000);
  run_.over = run_.interrupted = false;
  target.well = false;
  // The executor is a process of its own: only the end of the machine ends it.
  world_.time.after(world_.dice.between(kApply.first, kApply.second), [this, boot = boot_] { apply_is_over(boot); });
  set_doing(Doing::Applying);
}

void FleetMember::apply_is_over(std::uint64_t boot) {
  if (boot != boot_) return;
  run_.over = true;
  package().before = package().installed;
  world_.judge.changes(number_, place());
  package().installed = run_.target;
  world_.tell(number_, "apply ends");
  if (up_ && ready_) paused_ ? held_.push_back([this] { after_apply(); }) : after_apply();
}

void FleetMember::after_apply() {
  if (run_.doing != Doing::Applying) return;
  run_.fails ? undo() : watch_health();
}

void FleetMember::watch_health() {
  set_doing(Doing::Watching);
  later(world_.dice.between(kHealth.first, kHealth.second), [this] {
    if (world_.befalls(2000)) return undo();
    package().well = true;
    package().archive = {package().before, package().installed};
    ++world_.cost.steps;
    world_.count(view_.back ? "step back" : "step");
    world_.judge.ends_well(number_, place(), package().installed);
    world_.tell(number_, "is well at " + std::to_string(package().installed.version));
    inspect({run_.grant, true, true, {}});
  });
}

void FleetMember::undo() {
  world_.count("fault: step failed");
  world_.tell(number_, "its step fails and is taken back");
  set_doing(Doing::Undoing);
  later(world_.dice.between(kHealth.first, kHealth.second), [this] { undone(); });
}

void FleetMember::undone() {
  auto& own = package();
  bool const broken = world_.befalls(20'000);
  if (broken) world_.count("fault: rollback failed");
  own.failed = run_.target;
  own.well = !broken;
  if (!broken && own.installed == run_.target) own.installed = own.before;
  world_.judge.ends_badly(number_, place());
  if (takes_run_back_) take_run_back();
  inspect({run_.grant, false, true, broken ? "it failed, and so did the way back" : "it answers 503"});
}

/// What came to the versions of this rollout before it goes back, too.
void FleetMember::take_run_back() {
  for (auto& other : packages_) {
    if (&other == &package() || other.installed != pinned(other) || other.installed == other.before) continue;
    world_.tell(number_, component(other) + " is taken back with it");
    other.installed = other.before;
    world_.judge.changes(number_, other.place);
  }
}

/// What the fleet is told of the host, its versions, is read first.
void FleetMember::inspect(fleet::need::Ended ended) {
  run_.ended = std::move(ended);
  set_doing(Doing::Inspecting);
  later(1s, [this] {
    tell_facts();
    set_doing(Doing::Ended);
    poll();
  });
}

void FleetMember::heard(std::int64_t slot) {
  if (run_.doing != Doing::Ended || run_.grant.slot != slot) return;
  run_ = {};
  poll();
}

/// The state that was kept is entered again.
void FleetMember::resume_run() {
  switch (run_.doing) {
    case Doing::Nothing:
    case Doing::Ended:
      return;
    case Doing::Preparing:
    case Doing::AsksDrain:
    case Doing::Draining:
    case Doing::AsksApply:
      run_.doing = Doing::Preparing;
      return later(1s, [this] { ask(Doing::AsksDrain); });
    case Doing::Applying:
      if (run_.over) return after_apply();
      if (!run_.interrupted) return;
      world_.count("fault: apply interrupted");
      if (world_.dice.chance(50)) {
        package().before = package().installed;
        world_.judge.changes(number_, place());
        package().installed = run_.target;
        run_.over = true;
        return watch_health();
      }
      return undo();
    case Doing::Watching:
      return watch_health();
    case Doing::Undoing:
      return later(world_.dice.between(kHealth.first, kHealth.second), [this] { undone(); });
    case Doing::Inspecting:
      return inspect(run_.ended);
  }
}

}  // namespace tykup::simulation
