#pragma once

#include <utility>

#include "daemon/core/fleet/participant.hpp"

/// The arrows of the participant. Private to its sources.
namespace tykup::fleet {

class Machine {
 public:
  Machine(State state, Context const& context) : state_(std::move(state)), context_(context) {}

  void on(event::Started const& started);
  void on(event::FactsFound const& found);
  void on(event::NeedChanged const& changed);
  void on(event::Ticked const&);
  void on(event::Answered const& answered);
  void on(event::Lost const& lost);
  void on(event::Unreadable const& unreadable);
  void on(event::Granted const& granted);
  void on(event::LeaseLost const& lost);
  void on(event::RolloutChanged const& changed);
  void on(event::FreezeChanged const& changed);
  void on(event::SteeringUnreadable const& unreadable);
  void on(event::GateChanged const& changed);
  void on(event::WatchEnded const& ended);
  void on(event::Inquired const& inquired);

  Transition finish();

 private:
  /// What a host that is asked for nothing more is refused for.
  struct Problem {
    Phase phase;
  };

  // ---- entering
  void enter(Phase next);
  void resume();
  void ask_again();
  void retry();
  void save();
  void watch_gate(etcd::KeyRange keys, std::int64_t after, bool deletions);
  void watch_rollout(std::int64_t from);
  void forget_lease();
  void leave_queue();
  void settle();
  void idle(std::string text, std::string remedy);
  void want(std::string const& component);
  void want_outside(need::Outside const& word, std::string const& component);
  void note_outside();
  bool stop_for_a_withdrawal();

  // ---- gates of the operator's own, and promote hooks
  void review(phase::Holding holding, std::vector<std::string> asked);
  void promote(phase::Holding holding);
  bool volunteer();
  void look_again();
  void lost_slot();
  void refused_by_people(phase::Holding holding, std::string text, std::vector<std::string> asked);
  [[nodiscard]] std::optional<Inquiry> inquiry_of(Phase const& phase) const;
  [[nodiscard]] ask::Note note_ask(phase::Asking const& at) const;
  [[nodiscard]] Ask refusal_ask(phase::Refusing const& at) const;
  [[nodiscard]] Ask promoted_ask(phase::Promoted const& at) const;
  [[nodiscard]] bool stands_still() const;
  /// A way back asks nobody.
  [[nodiscard]] bool is_gated(phase::Holding const& holding) const;
  void register_record(bool failed = false);
  void enter_failed(phase::Failed failed, std::int64_t seen);
  void enter_holding(phase::Holding holding);
  void work(phase::Holding holding);
  void work_ended(phase::Holding holding, need::Ended const& ended);
  void confirm(phase::Holding holding, Point point);
  void complete(phase::Holding holding);
  [[nodiscard]] std::optional<HostRecord> record_with(phase::Holding const& holding) const;
  void finish_step(phase::Holding holding, std::vector<std::string> asked, std::vector<std::string> others);
  void refuse_unreadable(std::string const& problem);
  void give_back(phase::Holding holding);
  void answer_run(phase::Holding holding, Point point, std::string refused);

  // ---- what was read
  std::optional<Problem> adopt(Sight const& sight);
  std::optional<Problem> host_problem(Sight const& sight);
  std::optional<Problem> policy_problem(Sight const& sight) const;
  [[nodiscard]] std::string contradiction(Sight const& sight) const;
  void see_rollout(Stored<Rollout> const& rollout);
  void see_freeze(Stored<FleetFreeze> const& freeze);
  /// Why nobody begins although the rollout may run: the fleet's freeze, until its end is noticed here.
  [[nodiscard]] std::optional<decision::Stop> frozen_here() const;
  void see_revision(std::int64_t revision);
  void wrote(HostRecord const& record, std::int64_t revision);
  bool adopted(Sight const& sight);
  void closed(Stage const& stage, Decision const& decision, std::int64_t revision);
  [[nodiscard]] bool is_overtaken(Sight const& sight, std::int64_t before) const;
  void seen(Stage const& stage, Sight const& sight, std::int64_t queued);
  void queue_up(Stage const& stage);
  void placed(Stage const& stage, Sight const& sight);
  void looked_outside(Stage const& stage, Sight const& sight);
  void take_up(Sight const& sight);
  [[nodiscard]] HeldSlot const* own_slot(Sight const& sight) const;

  // ---- answers
  template <typename P>
  void told(P const&, Told const&) {}
  void told(phase::Reading const& at, Told const& answer);
  void told(phase::Registering const& at, Told const& answer);
  void told(phase::Disputing const& at, Told const& answer);
  void told(phase::Looking const& at, Told const& answer);
  void told(phase::Enqueueing const& at, Told const& answer);
  void told(phase::Taking const& at, Told const& answer);
  void told(phase::Appearing const& at, Told const& answer);
  void told(phase::Checking const& at, Told const& answer);
  void told(phase::Confirming const& at, Told const& answer);
  void told(phase::Completing const& at, Told const& answer);
  void told(phase::Failing const& at, Told const& answer);
  void told(phase::Releasing const& at, Told const& answer);
  void told(phase::Reviewing const& at, Told const& answer);
  void told(phase::Asking const& at, Told const& answer);
  void told(phase::Refusing const& at, Told const& answer);
  void told(phase::Volunteering const& at, Told const& answer);
  void told(phase::Promoted const& at, Told const& answer);
  void told(phase::Recording const& at, Told const& answer);
  void told(phase::Ending const& at, Told const& answer);
  void told(phase::Stopping const& at, Told const& answer);

  template <typename P>
  void granted(P const&, etcd::LeaseId) {}
  void granted(phase::Leasing const& at, etcd::LeaseId lease);
  void granted(phase::Returning const& at, etcd::LeaseId lease);
  void granted(phase::Soaking const& at, etcd::LeaseId lease);
  void granted(phase::Volunteering const& at, etcd::LeaseId lease);

  // ---- helpers of sight
  [[nodiscard]] std::optional<Ask> ask_of(Phase const& phase) const;
  [[nodiscard]] std::optional<Duration> grant_of(Phase const& phase) const;
  [[nodiscard]] bool is_asking() const { return ask_of(state_.phase) || grant_of(state_.phase); }
  [[nodiscard]] Step step(Stage const& stage) const;
  [[nodiscard]] Holding held_now(phase::Holding const& holding) const;
  [[nodiscard]] ask::Take take_ask(phase::Taking const& at) const;
  [[nodiscard]] ask::Fail fail_ask(phase::Failing const& at) const;
  [[nodiscard]] Ask stop_ask(phase::Stopping const& at) const;
  [[nodiscard]] bool is_of_this_rollout(phase::Holding const& holding) const;
  [[nodiscard]] std::string refusal_of(phase::Holding const& holding) const;
  [[nodiscard]] bool needs_record() const;
  [[nodiscard]] bool is_at_pin(std::string const& component) const;
  [[nodiscard]] std::optional<std::string> wanted() const;
  [[nodiscard]] need::Outside const* wanted_outside() const;
  [[nodiscard]] std::string rollout_at_work() const;
  [[nodiscard]] bool clock_is_off() const { return context_.clock_off > kClockMayDiffer; }
  [[nodiscard]] Duration spread(std::uint64_t salt) const;
  [[nodiscard]] View view() const;
  [[nodiscard]] bool asks_in_vain(View const& shown) const;
  void read_now();

  template <typename P>
  [[nodiscard]] P const* at() const {
    return std::get_if<P>(&state_.phase);
  }
  Standing& standing() { return state_.standing; }
  void send(Command command) { commands_.push_back(std::move(command)); }

  State state_;
  Context const& context_;
  std::vector<Command> commands_;
};

/// The slot that a phase holds, or null.
[[nodiscard]] phase::Holding const* holding_of(Phase const& phase);
/// Whether the phase has, or is after, a place in the queue; its stage, or null.
[[nodiscard]] Stage const* queueing_at(Phase const& phase);
/// Whether the phase is after a slot whatever the gate says.
[[nodiscard]] bool is_outside(Phase const& phase);
[[nodiscard]] bool are_same(View const& a, View const& b);

}  // namespace tykup::fleet
