#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "daemon/agent/controls.hpp"
#include "daemon/agent/fleet_desk.hpp"
#include "daemon/agent/fleet_member.hpp"
#include "daemon/agent/fleet_teller.hpp"
#include "daemon/agent/outbox.hpp"
#include "daemon/agent/ports.hpp"
#include "daemon/core/config.hpp"
#include "daemon/core/rollout.hpp"
#include "daemon/core/silence.hpp"
#include "daemon/core/way_back.hpp"

namespace tykup::agent {

/// The world as the agent knows it; everything outlives the agent.
struct World {
  Executor& executor;
  Prober& prober;
  Host& host;
  Store& store;
  Announcer& announcer;
  Clock& clock;
  Metrics& metrics;
  Post post;
};

/// Who this host is.
struct Identity {
  std::string machine_id;
  std::string host;
  std::string boot = {};  ///< of this boot; empty: unknown
};

/// The loop around `rollout::step`: an event comes in, the core decides, the new state is saved, then the commands are
/// carried out. Runs on one io_context and is not thread-safe.
class Agent : public Controls, public Voice {
 public:
  Agent(boost::asio::io_context& loop, World world, Config config, Identity identity, Digest digest);

  /// Loads the saved state and enters it again. StateUnusable: the daemon must not start.
  Result<void> start();

  /// A configuration that passed its checks takes effect; a step at work is finished first. `why` is a sentence.
  void reconfigure(Config config, std::string const& why);
  /// What the calendar files say by now takes effect at once: the plan is looked at again.
  void set_freezes(std::vector<Freeze> const& told);
  /// A configuration that did not pass: the last good one stays, and that is said.
  void reject_config(Error const& error);

  /// This host's part in a fleet: told what the run needs and what the host carries, asked before each step, and started by the
  /// agent; and where its operators are answered. Both outlive it. Before `start`.
  void join(FleetMember& member, FleetDesk& desk);
  /// What tells people of the fleet does so by this host's [notify]. It outlives the agent. After `join`, before `start`.
  void lend_voice(FleetTeller& teller);

  /// `yields` is told of an executor of another version; true: this daemon makes room for its successor, which enters the saved
  /// state, job included, again.
  void on_other_version(std::function<bool(Error const&)> yields) { yields_ = std::move(yields); }
  /// For how long a job may say nothing new before that is reported; then after twice as long, and so on.
  void report_silence_after(Duration limit) { patience_ = limit; }

  /// The line of `systemctl status`, a refused configuration included.
  [[nodiscard]] std::string status_text();

  std::string state() override;
  std::string progress_json() override;
  std::string status_json() override;
  std::string plan_json() override;
  Result<std::string> plan_outside_json() override;
  Result<std::string> history_json(unsigned limit, std::string const& run) override;
  Result<std::string> way_back_json(std::string const& component) override;
  Result<void> check(Caller const& caller) override;
  Result<std::string> run(Caller const& caller, std::string const& plan_hash, RunOptions options) override;
  Result<std::string> roll_back(Caller const& caller, std::string const& component, std::string const& to) override;
  Result<void> stop(Caller const& caller) override;
  Result<std::string> tell(Caller const& caller, Word const& word) override;
  bool can_tell() override;
  bool tell(notify::Notification const& told) override;
  bool is_out(std::string const& key) override;
  void fleet_json(Answered answered) override;
  void plan_fleet(Caller const& caller, std::string word, Answered answered) override;
  void steer_fleet(Caller const& caller, std::string word, Answered answered) override;

 private:
  rollout::Context context();
  Result<rollout::WayBack> way_back(std::string const& component);
  Result<rollout::Event> outside_event(Caller const& caller, std::string const& plan_hash, RunOptions options);
  /// The id of the run that the event began; empty where it waits for its slot of the fleet.
  Result<std::string> begin_run(rollout::Event event);
  void post(rollout::Event event);
  void drain();
  /// False: the state could not be saved, so nothing was done; the event stays first in the inbox.
  bool handle(rollout::Event const& event);
  void retry_saving(Error const& error);
  void carry_out(rollout::Command command);
  void show();
  void publish_metrics();
  [[nodiscard]] std::optional<fleet::Figures> fleet_figures() const;
  void tell_fleet();
  void hear_fleet(bool other_pins);
  void forget_for_fleet(fleet::View const& view);

  void submit(job::Request request);
  void listen(job::Request const& request);
  void hush();
  Awaitable<void> watch_silence();
  void watch(HealthExpectation expectation, HealthConfig limits);
  void wake_at(Instant at);
  Awaitable<void> perform(job::Request request);
  Awaitable<void> gate(HealthExpectation expectation, HealthConfig limits);
  Awaitable<Sighting> look(HealthExpectation const& expectation);
  Awaitable<void> sleep(Instant until);
  /// Until the clock is synchronised, or has been waited for as long as any configuration says.
  Awaitable<void> watch_clock();

  boost::asio::io_context& loop_;
  World world_;
  Config config_;
  Identity identity_;
  Digest digest_;
  Memory memory_;
  rollout::State state_;
  std::deque<rollout::Event> inbox_;
  bool draining_ = false;
  bool save_failed_ = false;
  std::string rejected_config_;
  Liveness life_;
  bool clock_synchronised_ = false;
  std::optional<HostFacts> facts_;
  std::optional<rollout::RunRecord> last_run_;  ///< the newest that ended
  std::optional<job::Progress> progress_;
  std::optional<Silence> silence_;  ///< of the job at work
  Outbox outbox_;
  FleetMember* fleet_ = nullptr;
  FleetDesk* desk_ = nullptr;
  FleetTeller* teller_ = nullptr;
  Duration patience_ = kSilenceIsLong;
  std::function<bool(Error const&)> yields_ = [](Error const&) { return false; };
  std::shared_ptr<boost::asio::cancellation_signal> hush_ = std::make_shared<boost::asio::cancellation_signal>();
  /// Of the sleep at work. A sleep that was cancelled ends later, and keeps its own until then.
  std::shared_ptr<boost::asio::cancellation_signal> wake_ = std::make_shared<boost::asio::cancellation_signal>();
};

}  // namespace tykup::agent
