#include "daemon/agent/agent.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "daemon/agent/coroutines.hpp"
#include "daemon/agent/outcomes.hpp"
#include "daemon/core/freezes.hpp"
#include "daemon/core/metrics.hpp"
#include "daemon/core/notify_news.hpp"
#include "daemon/fault/fault.hpp"
#include "daemon/wire/json_basics.hpp"
#include "daemon/wire/status_json.hpp"

namespace tykup::agent {
namespace {

constexpr auto kRetrySaving = std::chrono::seconds{10};
constexpr auto kAskForTheClockAgain = std::chrono::seconds{5};
/// In which the one that brought a component to its version is looked for.
constexpr std::size_t kRunsLookedAt = 1000;

}  // namespace

Agent::Agent(boost::asio::io_context& loop, World world, Config config, Identity identity, Digest digest)
    : loop_(loop),
      world_(world),
      config_(std::move(config)),
      identity_(std::move(identity)),
      digest_(std::move(digest)),
      outbox_(loop, world.post, world.clock, world.announcer, digest_) {
  outbox_.on_change([this] {
    publish_metrics();
    if (teller_ != nullptr) teller_->wake();
  });
}

Result<void> Agent::start() {
  auto saved = world_.store.load();
  if (!saved) return fail(std::move(saved.error()));
  memory_ = std::move(saved->memory);
  if (saved->state) state_ = std::move(*saved->state);
  auto runs = world_.store.history(2);
  if (!runs) return fail(std::move(runs.error()));
  for (auto& run : *runs)
    if (run.ended && !last_run_) last_run_ = std::move(run);
  life_ = {world_.clock.now(), world_.clock.now(), world_.clock.steady()};
  auto const* run = rollout::run_of(state_.phase);
  auto const rest = run == nullptr ? std::string{"."}
                                   : "; it takes up run " + run->record.id + " at " + run->component() + " (" +
                                         std::string(rollout::name_of(state_.phase)) + ").";
  world_.announcer.announce({.said = rollout::Said::DaemonStarted,
                             .priority = rollout::Priority::Info,
                             .message = "tykupd " TYKUP_VERSION " is at work" + rest,
                             .run = run == nullptr ? std::string{} : run->record.id});
  boost::asio::co_spawn(loop_, watch_clock(), rethrow);
  outbox_.adopt(config_.notify);
  if (fleet_ != nullptr)
    if (auto joined = fleet_->start(); !joined) return joined;
  if (teller_ != nullptr) teller_->start(*this, fleet_->identity(), fleet_->seed());
  post(rollout::event::Started{identity_.boot});
  return {};
}

void Agent::reconfigure(Config config, std::string const& why) {
  config_ = std::move(config);
  rejected_config_.clear();
  outbox_.adopt(config_.notify);
  if (teller_ != nullptr) teller_->wake();
  world_.announcer.announce({.said = rollout::Said::ConfigReloaded,
                             .priority = rollout::Priority::Notice,
                             .message = why});
  post(rollout::event::ConfigChanged{});
}

void Agent::set_freezes(std::vector<Freeze> const& told) {
  replace_calendar_freezes(config_.windows, told);
  post(rollout::event::ConfigChanged{});
}

void Agent::reject_config(Error const& error) {
  rejected_config_ = error.message;
  world_.announcer.announce({.said = rollout::Said::ConfigRejected,
                             .priority = rollout::Priority::Error,
                             .message = "The new configuration is refused, the last good one stays in force: " + error.message,
                             .reason = error.message});
  show();
}

// ---- the loop ---------------------------------------------------------------------------------------------------

rollout::Context Agent::context() {
  life_ = tykup::look(life_, world_.clock.now(), world_.clock.steady());
  return {config_, memory_, life_.wall, identity_.machine_id, digest_, life_, clock_synchronised_, fleet_ == nullptr ? nullptr : &fleet_->view()};
}

void Agent::post(rollout::Event event) {
  inbox_.push_back(std::move(event));
  boost::asio::post(loop_, [this] { drain(); });
}

void Agent::drain() {
  if (draining_ || save_failed_) return;
  draining_ = true;
  while (!inbox_.empty() && handle(inbox_.front())) inbox_.pop_front();
  draining_ = false;
}

bool Agent::handle(rollout::Event const& event) {
  auto const now = context();
  auto transition = rollout::step(state_, event, now);
  auto const news = notify::news({state_, event, transition, now, identity_.host});
  bool const is_told = notify::add_news(transition, news, config_.notify, digest_);
  bool const same = transition.next.phase.index() == state_.phase.index();
  auto const entered = same ? std::string_view{} : rollout::name_of(transition.next.phase);
  if (!entered.empty()) fault::reached(fault::Family::Entering, entered);
  if (auto saved = world_.store.commit(transition.next, transition.records); !saved) {
    retry_saving(saved.error());
    return false;
  }
  if (!entered.empty()) fault::reached(fault::Family::Entered, entered);
  state_ = std::move(transition.next);
  for (auto const& record : transition.records) {
    rollout::apply_record(memory_, record);
    auto const* history = std::get_if<rollout::record::History>(&record);
    if (history != nullptr && history->run.ended) last_run_ = history->run;
  }
  for (auto& command : transition.commands) carry_out(std::move(command));
  if (is_told) outbox_.wake();
  show();
  publish_metrics();
  tell_fleet();
  return true;
}

/// Nothing is done that was not saved. A full disk mends itself one day; until then the event waits.
void Agent::retry_saving(Error const& error) {
  save_failed_ = true;
  auto const text = "The state cannot be saved, nothing is done until it can: " + error.message;
  world_.announcer.announce({.said = rollout::Said::InspectFailed, .priority = rollout::Priority::Error, .message = text});
  world_.announcer.status(text);
  auto again = [this](std::exception_ptr thrown) {
    rethrow(thrown);
    save_failed_ = false;
    drain();
  };
  boost::asio::co_spawn(loop_, sleep(world_.clock.now() + kRetrySaving), std::move(again));
}

void Agent::carry_out(rollout::Command command) {
  if (auto* job = std::get_if<rollout::command::Submit>(&command)) submit(std::move(job->request));
  if (auto* gate = std::get_if<rollout::command::Gate>(&command)) {
    fault::reached(fault::Point::GateBegins);
    watch(std::move(gate->expectation), gate->limits);
    fault::reached(fault::Point::GateBegun);
  }
  if (auto const* wake = std::get_if<rollout::command::WakeAt>(&command)) wake_at(wake->at);
  if (auto const* said = std::get_if<rollout::command::Announce>(&command)) world_.announcer.announce(said->announcement);
}

void Agent::show() {
  world_.announcer.status(status_text());
  world_.announcer.watchdog(rollout::run_of(state_.phase) != nullptr);
}

void Agent::publish_metrics() {
  if (!tells_something(state_.phase)) return;
  auto const now = context();
  world_.metrics.publish(metrics_text({state_, now, facts_ ? &*facts_ : nullptr, last_run_ ? &*last_run_ : nullptr, TYKUP_VERSION, outbox_.standing(), fleet_figures()}));
}

// ---- commands ---------------------------------------------------------------------------------------------------

void Agent::submit(job::Request request) {
  progress_.reset();
  listen(request);
  boost::asio::co_spawn(loop_, perform(std::move(request)), rethrow);
}

Awaitable<void> Agent::perform(job::Request request) {
  auto const id = request.id;
  auto const operation = job::name_of(request.operation);
  fault::reached(fault::Family::Submitting, operation);
  Executor::ProgressSink sink = [this](job::Progress const& progress) {
    progress_ = progress;
    if (silence_) silence_->broken(progress, world_.clock.steady());
    show();
  };
  auto outcome = co_await world_.executor.perform(std::move(request), std::move(sink));
  fault::reached(fault::Family::Submitted, operation);
  progress_.reset();
  silence_.reset();
  hush();
  if (!outcome && outcome.error().kind == ErrorKind::OtherVersion && yields_(outcome.error())) co_return;
  if (outcome)
    if (auto const* inspected = std::get_if<job::Inspected>(&*outcome)) facts_ = inspected->facts;
  post(event_of(id, std::move(outcome)));
}

/// Posted: a coroutine that is cancelled before it was started throws at nobody.
void Agent::hush() {
  boost::asio::post(loop_, [own = hush_] { own->emit(boost::asio::cancellation_type::all); });
}

void Agent::listen(job::Request const& request) {
  silence_.emplace(request.operation, patience_, world_.clock.steady());
  hush();
  hush_ = std::make_shared<boost::asio::cancellation_signal>();
  auto ended = [this, own = hush_](std::exception_ptr thrown) {
    boost::asio::post(loop_, [own] {});
    if (!was_cancelled(thrown)) rethrow(thrown);
  };
  auto const slot = hush_->slot();
  boost::asio::co_spawn(loop_, watch_silence(), boost::asio::bind_cancellation_slot(slot, std::move(ended)));
}

/// Ends with the job that it listens to.
Awaitable<void> Agent::watch_silence() {
  while (silence_) {
    auto const left = silence_->due() - world_.clock.steady();
    if (left > Duration{}) {
      co_await sleep(world_.clock.now() + left);
      continue;
    }
    auto const* run = rollout::run_of(state_.phase);
    world_.announcer.announce({.said = rollout::Said::JobSlow,
                               .priority = rollout::Priority::Warning,
                               .message = silence_->report(world_.clock.steady()),
                               .run = run == nullptr ? std::string{} : run->record.id,
                               .component = run == nullptr ? std::string{} : run->component()});
    show();
  }
}

void Agent::wake_at(Instant at) {
  wake_->emit(boost::asio::cancellation_type::all);
  // Never the same signal again: the coroutine that was just cancelled still looks at its slot when it ends.
  wake_ = std::make_shared<boost::asio::cancellation_signal>();
  auto woken = [this, own = wake_](std::exception_ptr thrown) {
    boost::asio::post(loop_, [own] {});
    if (was_cancelled(thrown)) return;
    rethrow(thrown);
    post(rollout::event::Ticked{});
  };
  auto const slot = wake_->slot();
  boost::asio::co_spawn(loop_, sleep(at), boost::asio::bind_cancellation_slot(slot, std::move(woken)));
}

/// Ends at `until`, or at once when the clock was set: whoever waits looks at the time again.
Awaitable<void> Agent::sleep(Instant until) {
  co_await world_.clock.sleep_until(until);
  auto const state = co_await boost::asio::this_coro::cancellation_state;
  if (state.cancelled() != boost::asio::cancellation_type::none)
    throw boost::system::system_error(boost::asio::error::operation_aborted);
}

Awaitable<void> Agent::watch_clock() {
  while (world_.clock.steady() <= config_.policy.clock_wait) {
    bool const synchronised = co_await world_.host.clock_synchronised();
    clock_synchronised_ = synchronised;
    if (synchronised) break;
    co_await sleep(world_.clock.now() + kAskForTheClockAgain);
  }
  post(rollout::event::Ticked{});
}

// ---- what the bus asks ------------------------------------------------------------------------------------------

std::string Agent::state() { return rollout::public_state(state_); }

std::string Agent::status_text() {
  auto line = rollout::status_line(state_, context());
  if (silence_ && silence_->is_long()) line += ". SLOW: " + silence_->text(world_.clock.steady());
  if (fleet_ != nullptr)
    if (auto const fleet = fleet_->status_line(); !fleet.empty()) line += ". FLEET: " + fleet;
  if (!rejected_config_.empty()) line += ". CONFIGURATION REFUSED (the last good one is in force): " + rejected_config_;
  return line;
}

std::string Agent::progress_json() {
  auto const now = context();
  return wire::to_line(wire::progress_json({state_, now, nullptr, progress_ ? &*progress_ : nullptr, {}, {}}));
}

std::string Agent::status_json() {
  auto const now = context();
  return wire::to_line(wire::status_json({state_, now, facts_ ? &*facts_ : nullptr, progress_ ? &*progress_ : nullptr, identity_.host, status_text(), outbox_.standing()}));
}

std::string Agent::plan_json() {
  auto const now = context();
  return wire::to_line(wire::plan_json({state_, now, facts_ ? &*facts_ : nullptr, nullptr, identity_.host, status_text(), {}}));
}

Result<std::string> Agent::history_json(unsigned limit, std::string const& run) {
  if (limit < 1 || limit > 1000) return fail(ErrorKind::BadRequest, "The limit of GetHistory is 1 to 1000.");
  auto runs = world_.store.history(limit, run);
  if (!runs) return fail(std::move(runs.error()));
  if (!run.empty() && runs->empty()) return fail(ErrorKind::NotFound, "There is no run " + run + "; `tykup history` lists them.");
  return wire::to_line(wire::history_json(*runs));
}

Result<void> Agent::check(Caller const& caller) {
  if (auto const* run = rollout::run_of(state_.phase))
    return fail(ErrorKind::Busy, "Run " + run->record.id + " is at work; the repositories are read again after it.");
  post(rollout::event::CheckAsked{caller.name});
  return {};
}

Result<std::string> Agent::run(Caller const& caller, std::string const& plan_hash, RunOptions options) {
  if (options.outside) {
    auto event = outside_event(caller, plan_hash, std::move(options));
    return event ? begin_run(std::move(*event)) : Result<std::string>{fail(std::move(event.error()))};
  }
  auto now = context();
  auto const& named = options.without_way_back;
  if (auto may = rollout::may_run(state_, plan_hash, options.override_freeze, now, named); !may) return fail(std::move(may.error()));
  return begin_run(rollout::event::RunAsked{caller.name, options.ignore_unhealthy, options.override_freeze, named});
}

Result<std::string> Agent::begin_run(rollout::Event event) {
  inbox_.push_back(std::move(event));
  drain();
  auto const* run = rollout::run_of(state_.phase);
  if (run == nullptr && state_.standing.asked) return std::string{};
  if (run == nullptr) return fail(ErrorKind::Busy, "The run could not begin: " + status_text());
  return run->record.id;
}

Result<rollout::WayBack> Agent::way_back(std::string const& component) {
  auto const runs = world_.store.history(kRunsLookedAt);
  if (!runs) return fail(runs.error());
  return rollout::way_back_of(component, {state_, *runs, facts_ ? &*facts_ : nullptr, config_});
}

Result<std::string> Agent::way_back_json(std::string const& component) {
  auto const way = way_back(component);
  if (!way) return fail(way.error());
  return wire::to_line(wire::way_back_json(*way));
}

Result<std::string> Agent::roll_back(Caller const& caller, std::string const& component, std::string const& to) {
  auto const way = way_back(component);
  if (!way) return fail(way.error());
  auto event = rollout::may_roll_back(*way, to, caller.name);
  if (!event) return fail(std::move(event.error()));
  return begin_run(std::move(*event));
}

Result<void> Agent::stop(Caller const& caller) {
  if (rollout::run_of(state_.phase) == nullptr && !state_.standing.asked) return fail(ErrorKind::NotFound, "No run is at work.");
  post(rollout::event::StopAsked{caller.name});
  return {};
}

Result<std::string> Agent::tell(Caller const& caller, Word const& word) {
  auto const now = context();
  auto event = rollout::event_of(state_, caller.name, word, now);
  if (!event) return fail(std::move(event.error()));
  auto const* approved = std::get_if<rollout::event::ApproveAsked>(&*event);
  std::string answer = approved == nullptr ? std::string{} : approved->approval.plan_hash;
  inbox_.push_back(std::move(*event));
  drain();
  if (save_failed_) return fail(ErrorKind::NoSpace, "It could not be saved and is not in force yet; tykupd tries again every few seconds.");
  return answer;
}

}  // namespace tykup::agent
