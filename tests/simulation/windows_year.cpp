#include "tests/simulation/windows_year.hpp"

#include <algorithm>

#include "daemon/core/freezes.hpp"

namespace tykup::simulation {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

Component generic(std::string const& name, Duration expected) {
  Component component;
  component.name = component.title = name;
  component.packages = {name};
  component.unit = name + ".service";
  component.origin = "Test";
  component.expected = expected;
  return component;
}

}  // namespace

WindowsYear::WindowsYear(std::uint64_t seed, Bug bug)
    : seed_(seed), bug_(bug), dice_(seed), digest_([](std::string_view text) {
        return std::to_string(std::hash<std::string_view>{}(text)) + "000000";
      }) {
  steady_ = std::chrono::sys_days{std::chrono::year{2025} / 1 / 1} + dice_.between(0s, days{5 * 365});
  end_ = steady_ + days{365};
  machine_id_ = "host-" + std::to_string(dice_.roll(1'000'000));
  config_.deployment.topology = Topology::Custom;
  config_.policy.track = {Track::Kind::Latest};
  config_.policy.missed = dice_.chance(50) ? Missed::Skip : Missed::RunIfOpen;
  config_.policy.spread = dice_.one_of(std::vector<Duration>{0s, 5min, 30min});
  config_.repository.refresh = dice_.one_of(std::vector<std::chrono::seconds>{6h, 12h, 24h, 48h, 96h});
  std::vector<std::string> names{"db", "api", "web"};
  names.resize(1 + static_cast<std::size_t>(dice_.roll(3)));
  for (auto const& name : names) {
    config_.components.push_back(generic(name, dice_.between(5min, 40min)));
    config_.deployment.components.push_back(name);
    packages_.push_back({name});
  }
  adopt(draw_policy(dice_, names, steady_));
}

void WindowsYear::live() {
  plan_the_year();
  begin_life();
  while (steady_ < end_) advance();
  ++tally_["years"];
}

/// To whatever comes first: the daemon's alarm or what is planned in the world.
void WindowsYear::advance() {
  auto const alarm = wake_ ? std::max(*wake_ - offset_, steady_) : Instant::max();
  if (up_ && alarm <= planned_.top().at) {
    steady_ = alarm;
    wake_.reset();
    return deliver(rollout::event::Ticked{});
  }
  auto const next = planned_.top();
  planned_.pop();
  steady_ = next.at;
  next.act();
}

void WindowsYear::at(Instant steady, std::function<void()> act) {
  planned_.push({std::max(steady, steady_), ++order_, std::move(act)});
}

void WindowsYear::recur(std::chrono::seconds low, std::chrono::seconds high, std::function<void()> act) {
  after(dice_.between(low, high), [this, low, high, act] {
    act();
    recur(low, high, act);
  });
}

void WindowsYear::plan_the_year() {
  at(end_, [] {});
  recur(2h, days{14}, [this] { release_version(); });
  if (dice_.chance(60)) recur(days{3}, days{60}, [this] { set_clock(); });
  if (dice_.chance(40)) recur(days{2}, days{40}, [this] { suspend(); });
  recur(days{5}, days{60}, [this] { reboot(); });
  if (dice_.chance(50)) recur(days{10}, days{120}, [this] { change_zone(); });
  if (dice_.chance(60)) recur(days{5}, days{60}, [this] { change_freezes(); });
  if (dice_.chance(40)) recur(days{10}, days{90}, [this] { ask_to_run(); });
  if (dice_.chance(30)) recur(days{20}, days{120}, [this] { hold(); });
}

// ---- what happens in the world ----------------------------------------------------------------------------------

void WindowsYear::release_version() {
  auto& package = packages_.at(static_cast<std::size_t>(dice_.roll(static_cast<std::int64_t>(packages_.size()))));
  ++package.offered;
  package.offered_since = steady_;
  if (dice_.chance(8)) package.bad.insert(package.offered);
  ++tally_["versions released"];
}

/// Somebody, or NTP, sets the clock: whoever sleeps until a time of day is woken.
void WindowsYear::set_clock() {
  auto by = dice_.chance(50) ? dice_.between(1s, 2h) : dice_.between(2h, days{4});
  if (dice_.chance(50)) by = -by;
  offset_ += by;
  ++tally_[by > 0s ? "clock set forward" : "clock set back"];
  expect_openings();
  if (!up_ || !wake_) return;
  wake_.reset();
  deliver(rollout::event::Ticked{});
}

/// Time of day goes on while the host does not; an alarm that has passed goes off at once, others do not.
void WindowsYear::suspend() {
  offset_ += dice_.between(5min, 30h);
  ++tally_["resumed"];
  expect_openings();
}

void WindowsYear::reboot() {
  ++tally_["rebooted"];
  ++boot_;
  crash(dice_.chance(70) ? dice_.between(30s, 10min) : dice_.between(10min, days{2}));
}

void WindowsYear::change_zone() {
  ++tally_["zone changed"];
  auto policy = policy_;
  for (auto& window : policy.windows) window.zone = dice_.one_of(drawn_zones());
  adopt(std::move(policy));
}

void WindowsYear::change_freezes() {
  auto policy = policy_;
  policy.freezes = draw_freezes(dice_, wall() - days{10});
  bool const broken = std::ranges::any_of(policy.freezes, is_endless);
  ++tally_[broken ? "freeze unreadable" : "freezes changed"];
  adopt(std::move(policy));
  if (broken) after(dice_.between(1h, days{5}), [this] {
    auto mended = policy_;
    std::erase_if(mended.freezes, is_endless);
    adopt(std::move(mended));
  });
}

void WindowsYear::ask_to_run() {
  auto const* plan = rollout::plan_of(state_.phase);
  if (!up_ || plan == nullptr || plan->steps.empty()) return;
  bool const override_freeze = dice_.chance(30);
  auto const may = rollout::may_run(state_, plan->hash, override_freeze, context());
  ++tally_[may ? "run asked for" : "run refused"];
  if (may) deliver(rollout::event::RunAsked{"root", true, override_freeze});
}

/// Nothing at all is to begin for a while; some holds are released before their end.
void WindowsYear::hold() {
  if (!up_) return;
  ++tally_["everything held"];
  Instant const until = wall() + dice_.between(1h, days{4});
  deliver(rollout::event::HoldAsked{{.component = {}, .by = "root", .since = wall(), .until = until, .reason = "drawn"}});
  held_until_ = until;
  if (!dice_.chance(30)) return;
  after(dice_.between(10min, days{1}), [this] {
    if (!up_ || wall() >= held_until_) return;
    held_until_ = {};
    deliver(rollout::event::ReleaseAsked{"root", {}});
  });
}

void WindowsYear::adopt(DrawnPolicy policy) {
  policy_ = std::move(policy);
  std::vector<std::string> names;
  for (auto const& one : packages_) names.push_back(one.name);
  // Clocks are set by days, and a drawn year ends.
  judge_.emplace(policy_, names, Interval{steady_ - days{60}, end_ + days{200}});
  auto shown = policy_;
  if (bug_ == Bug::IgnoresFreezes) shown.freezes.clear();
  for (auto& window : shown.windows) {
    if (bug_ == Bug::IgnoresZones) window.zone = utc_zone();
    if (bug_ == Bug::ClosesLate) window.length += 15min;
    if (bug_ == Bug::NeverStarts) window.length = 1min;
  }
  config_.windows = windows_of(shown);
  expect_openings();
  if (up_) deliver(rollout::event::ConfigChanged{});
}

// ---- the judgement ----------------------------------------------------------------------------------------------

void WindowsYear::violation(std::string const& what) {
  violations_.push_back("seed " + std::to_string(seed_) + " at " + to_rfc3339(wall()) + ": " + what);
}

void WindowsYear::look_at(rollout::Phase const& before, rollout::Phase const& after) {
  auto const* run = rollout::run_of(after);
  if (run == nullptr || before.index() == after.index()) return;
  if (std::holds_alternative<rollout::phase::Preflight>(after) && !std::holds_alternative<rollout::phase::Recovering>(before))
    judge_start(*run, "a step begins", false);
  auto const* applying = std::get_if<rollout::phase::Applying>(&after);
  if (applying == nullptr || applying->attempt > 1) return;
  auto const name = run->record.id + "/" + run->component();
  if (begun_.insert(name).second) judge_start(*run, "a package is changed", true);
}

void WindowsYear::judge_start(rollout::Run const& run, char const* what, bool counts) {
  auto const& component = run.component();
  auto const text = std::string(what) + " (" + component + ", run " + run.record.id + ")";
  if (judge_->frozen(wall()) && !run.override_freeze) violation(text + " inside a freeze");
  if (wall() < held_until_) violation(text + " while everything is held");
  bool const by_window = run.record.trigger == rollout::Trigger::Window;
  auto const opening = judge_->opening(component, wall());
  if (by_window && !opening) violation(text + " outside of its windows");
  auto const needed = *config_.find(component)->expected;
  if (by_window && opening && opening->until - wall() < needed)
    violation(text + " with " + to_human(opening->until - wall()) + " left of its window; it needs " + to_human(needed));
  if (!counts) return;
  ++tally_[by_window ? "steps begun by a window" : "steps begun by an operator"];
  if (owed_ && owed_->component == component && wall() < owed_->until) {
    ++tally_["windows used"];
    owed_.reset();
  }
}

void WindowsYear::expect_openings() {
  ++plans_;
  for (auto const& one : packages_) expect_opening(one.name, wall());
}

void WindowsYear::expect_opening(std::string const& component, Instant after) {
  auto const next = judge_->next(component, after);
  if (!next) return;
  // Just before: the daemon's own alarm goes off with the opening.
  at(next->from - offset_ - Duration{1}, [this, component, next, plan = plans_] {
    if (plan != plans_) return;
    opening_begins(component, *next);
    expect_opening(component, next->from);
  });
}

/// The component that is to move next: all before it are up to date.
std::optional<std::string> WindowsYear::pending() const {
  for (auto const& one : packages_) {
    if (one.offered == one.installed) continue;
    bool const known = one.offered_since + config_.repository.refresh + 1h < steady_;
    if (!known || one.failed.contains(one.offered)) return std::nullopt;
    return one.name;
  }
  return std::nullopt;
}

/// A window fits a step if at its opening the host is up and at rest, the step is due, and it is long enough. What
/// disturbs the window from then on is the daemon's to cope with.
void WindowsYear::opening_begins(std::string const& component, Interval const& opening) {
  ++tally_["openings"];
  bool const at_rest = up_ && up_since_ + 1h < steady_ && rollout::run_of(state_.phase) == nullptr &&
                       !std::holds_alternative<rollout::phase::NeedsAdmin>(state_.phase) && opening.from >= held_until_;
  bool const fits = opening.until - opening.from >= *config_.find(component)->expected + 10min;
  if (!at_rest || !fits || pending() != component) return;
  ++tally_["windows that fit"];
  owed_ = Owed{component, opening.until};
}

}  // namespace tykup::simulation
