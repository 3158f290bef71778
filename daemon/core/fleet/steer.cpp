#include "daemon/core/fleet/steer.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/fleet/check.hpp"
#include "daemon/core/fleet/overview_parts.hpp"
#include "daemon/core/fleet/steer_freeze.hpp"
#include "daemon/core/fleet/steer_retry.hpp"
#include "daemon/core/fleet/steering.hpp"
#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

tl::unexpected<Error> refuse(std::string text) { return fail(ErrorKind::NotAllowed, std::move(text)); }

/// Everything that is to know of a host to let it leave a rollout.
struct Leaving {
  std::vector<BoardPending> pending;
  std::vector<std::pair<std::string, std::string>> ready;
};
Leaving leaving_of(Board const& board, std::string const& host) {
  Leaving leaving;
  for (auto const& each : board.pending)
    if (each.host == host) leaving.pending.push_back(each);
  for (auto const& each : board.unready)
    if (each.host == host) leaving.ready.emplace_back(each.datacenter, host);
  return leaving;
}

std::string refusal_text(Schedule const& schedule, std::string_view verb) {
  auto const& first = schedule.refusals.front();
  auto const more = schedule.refusals.size() - 1;
  auto text = (first.host.empty() ? std::string{} : first.host + ": ") + first.text;
  if (!first.remedy.empty()) text += "; " + first.remedy;
  if (more > 0) text += " (and " + std::to_string(more) + (more == 1 ? " other reason" : " other reasons") + ", tykup fleet " + std::string(verb) + " shows them)";
  return text;
}

class Steerer {
 public:
  Steerer(Board const& board, Beginning const& beginning, Digest const& digest, std::optional<Schedule>* refused)
      : board_(board), beginning_(beginning), digest_(digest), refused_(refused) {}

  Result<Steered> operator()(say::Init const& saying) const {
    if (board_.meta || board_.policy) return refuse("the cluster " + quoted(board_.cluster) + " is there already; tykup fleet policy FILE changes its policy");
    if (!board_.hosts.empty() || board_.rollout) return refuse("the cluster " + quoted(board_.cluster) + " has records and no meta: etcd is half restored, or somebody deleted it; restore it, or delete its keys");
    if (auto const problem = problem_of(saying.policy); !problem.empty()) return refuse("the policy: " + problem);
    return Steered{change::Make{Meta{}, signed_by(saying.policy)}, "the cluster " + quoted(board_.cluster) + " is made", {"tykup fleet status shows the hosts as they register"}};
  }

  Result<Steered> operator()(say::SetPolicy const& saying) const {
    if (auto missing = unmade()) return fail(*missing);
    if (auto const problem = problem_of(saying.policy); !problem.empty()) return refuse("the policy: " + problem);
    auto policy = signed_by(saying.policy);
    auto same = policy;
    same.said = board_.policy->said;
    if (same == *board_.policy) return refuse("the policy is so already");
    std::vector<std::string> more;
    if (board_.rollout && board_.rollout->open()) more.push_back("rollout " + board_.rollout->id + " goes on with the policy that it began with");
    for (auto const& each : board_.hosts)
      if (std::ranges::find(policy.centres, each.record.datacenter, &Centre::name) == policy.centres.end())
        more.push_back("data centre " + quoted(each.record.datacenter) + " of " + each.record.host + " is not in it");
    return Steered{change::SetPolicy{policy, *board_.policy, board_.policy.modified}, "the policy is written", std::move(more)};
  }

  Result<Steered> operator()(say::Start const& saying) const {
    if (auto missing = unmade()) return fail(*missing);
    if (board_.rollout && board_.rollout->state == RolloutState::Preparing)
      return Steered{change::Prepare{board_.rollout}, "rollout " + board_.rollout->id + " is prepared to its end and runs"};
    return begin(schedule(board_, saying.wanted, beginning_, digest_), saying.shown, "start");
  }

  Result<Steered> operator()(say::Rollback const& saying) const {
    if (auto missing = unmade()) return fail(*missing);
    return begin(schedule_back(board_, saying.wanted, beginning_, digest_), saying.shown, "rollback");
  }

  Result<Steered> operator()(say::Pause const&) const {
    return changed([&](Rollout const& rollout) { return paused(rollout, beginning_.said); }, "is paused: steps that have begun are finished, nobody starts another");
  }

  Result<Steered> operator()(say::Resume const& saying) const {
    if (auto missing = unmade()) return fail(*missing);
    if (saying.after_restore) {
      auto meta = *board_.meta;
      ++meta.epoch;
      return Steered{change::SetMeta{meta, board_.meta.modified}, "etcd as it is now counts (epoch " + std::to_string(meta.epoch) + ")",
                     {"look at tykup fleet status: what was written after the backup is gone", "hosts register anew by themselves"}};
    }
    if (auto const missing = pulled_still()) return refuse(*missing);
    return changed([&](Rollout const& rollout) { return resumed(rollout, beginning_.said); }, "runs again");
  }

  Result<Steered> operator()(say::Abort const&) const {
    auto steered = changed([&](Rollout const& rollout) { return aborted(rollout, beginning_.said); }, "is aborted: hosts stay at the version that they have");
    if (!steered) return steered;
    for (auto const& held : board_.slots)
      if (held.slot) steered->more.push_back(held.slot->host + " keeps its slot of " + held.component + (held.slot->state == SlotState::Failed ? " (failed): tykup fleet release-slot " + held.slot->host : " until its step is over"));
    return steered;
  }

  Result<Steered> operator()(say::Promote const&) const {
    if (auto missing = no_rollout()) return fail(*missing);
    auto rollout = *board_.rollout;
    std::vector<std::string> names;
    std::vector<std::string> more;
    for (auto const& stage : waiting_for_promotion()) {
      if (auto const failure = failed_in(stage)) return refuse(*failure);
      auto const hooked = hosts_with_hooks(stage);
      auto next = promoted(rollout, stage, blockers_of(stage), beginning_.said, !hooked.empty());
      if (!next) return fail(next.error());
      rollout = std::move(*next);
      names.push_back(name_of(stage));
      if (!hooked.empty()) more.push_back("the next group waits for the promote hooks of " + name_of(stage) + ", run on one of " + some_of(hooked));
    }
    if (names.empty() && owes_hooks(rollout)) return hooks_again(std::move(rollout));
    if (rollout.policy.strategy != Strategy::BlueGreen) return refuse("rollout " + rollout.id + " is not blue-green: nothing waits for a promotion");
    if (names.empty()) return refuse(unpromotable());
    return Steered{change::SetRollout{rollout, board_.rollout.modified}, "promoted: " + join(names), std::move(more)};
  }

  Result<Steered> operator()(say::Exclude const& saying) const {
    if (auto missing = no_rollout()) return fail(*missing);
    if (auto missing = unknown(saying.host)) return fail(*missing);
    if (is_excluded(*board_.rollout, saying.host)) return refuse(saying.host + " is excluded already");
    for (auto const& held : board_.slots_of(saying.host))
      if (held.slot->state != SlotState::Failed && board_.is_live(saying.host)) return refuse(saying.host + " is at work on " + held.component + ": wait for its end, or tykup fleet pause first");
    auto const* host = board_.find(saying.host);
    auto const record = host != nullptr ? host->record : HostRecord{.host = saying.host};
    if (saying.stopped && board_.is_live(saying.host)) return refuse(saying.host + " is not stopped: tykupd there has just been heard of");
    auto rollout = excluded(*board_.rollout, record, saying.stopped, beginning_.said);
    if (!rollout) return refuse(rollout.error().message + ", then tykup fleet exclude " + saying.host + " --stopped");
    auto leaving = leaving_of(board_, saying.host);
    std::vector<std::string> more;
    for (auto const& held : board_.slots_of(saying.host)) more.push_back("it keeps its slot of " + held.component + ": tykup fleet release-slot " + saying.host);
    if (rollout->state == RolloutState::Stopped) more.push_back("the rollout is stopped still: tykup fleet resume");
    return Steered{change::SetRollout{std::move(*rollout), board_.rollout.modified, std::move(leaving.pending), std::move(leaving.ready)},
                   saying.host + " takes no part in rollout " + board_.rollout->id + " any more", std::move(more)};
  }

  Result<Steered> operator()(say::Retry const& saying) const {
    if (auto missing = no_rollout()) return fail(*missing);
    if (auto missing = unknown(saying.host)) return fail(*missing);
    return steer_retry(board_, saying, beginning_.said);
  }

  Result<Steered> operator()(say::Forget const& saying) const {
    if (auto missing = unmade()) return fail(*missing);
    if (auto missing = unknown(saying.host)) return fail(*missing);
    if (board_.is_live(saying.host)) return refuse(saying.host + " is there: stop tykupd on it and take [fleet] out of its configuration first");
    if (auto const held = board_.slots_of(saying.host); !held.empty())
      return refuse(saying.host + " holds a slot of " + held.front().component + ": tykup fleet release-slot " + saying.host + " first");
    auto const* host = board_.find(saying.host);
    auto leaving = leaving_of(board_, saying.host);
    std::vector<std::string> more{"it registers anew when its tykupd is started with [fleet]"};
    if (auto const* failure = failure_of(saying.host)) more.push_back("its failure of " + failure->component + " counts still: tykup fleet exclude " + saying.host);
    return Steered{change::Forget{saying.host, host == nullptr ? 0 : host->modified, board_.rollout, std::move(leaving.pending), std::move(leaving.ready)},
                   saying.host + " is forgotten", std::move(more)};
  }

  Result<Steered> operator()(say::ReleaseSlot const& saying) const {
    if (auto missing = unmade()) return fail(*missing);
    auto held = board_.slots_of(saying.host);
    if (held.empty()) return fail(ErrorKind::NotFound, saying.host + " holds no slot; tykup fleet status shows who does");
    std::vector<std::string> names;
    std::vector<std::string> more;
    for (auto const& each : held) {
      names.push_back(each.component + " in " + each.datacenter);
      if (each.slot->state != SlotState::Failed && board_.is_live(saying.host))
        more.push_back(saying.host + " is at work: where its package has not changed it goes back, otherwise it finishes its step and one host more than the limit may be down meanwhile");
    }
    return Steered{change::Free{std::move(held)}, "free again: the slot of " + join(names), std::move(more)};
  }

  Result<Steered> operator()(say::Freeze const& saying) const {
    if (auto missing = unmade()) return fail(*missing);
    return steer_freeze(board_, saying, beginning_.said);
  }
  Result<Steered> operator()(say::Unfreeze const&) const {
    if (auto missing = unmade()) return fail(*missing);
    return lift_freeze(board_, beginning_.said);
  }

 private:
  [[nodiscard]] Policy signed_by(Policy policy) const {
    policy.said = beginning_.said;
    return policy;
  }

  [[nodiscard]] std::optional<Error> unmade() const {
    if (board_.meta && board_.policy) return {};
    return Error{ErrorKind::NotAllowed, "the cluster " + quoted(board_.cluster) + " was not made yet, or its name is misspelt in [fleet]: tykup fleet init POLICY-FILE"};
  }
  [[nodiscard]] std::optional<Error> no_rollout() const {
    if (auto missing = unmade()) return missing;
    if (board_.rollout && board_.rollout->open()) return {};
    return Error{ErrorKind::NotAllowed, "no rollout is at work: tykup fleet start begins one"};
  }
  /// A host that only a pending key tells of is known: it has to be told to leave.
  [[nodiscard]] Failure const* failure_of(std::string const& host) const {
    if (!board_.rollout || !board_.rollout->open()) return nullptr;
    auto const& failures = board_.rollout->failures;
    auto const found = std::ranges::find(failures, host, &Failure::host);
    return found == failures.end() ? nullptr : &*found;
  }
  [[nodiscard]] std::optional<Error> unknown(std::string const& host) const {
    if (board_.find(host) != nullptr || !board_.slots_of(host).empty()) return {};
    if (std::ranges::find(board_.pending, host, &BoardPending::host) != board_.pending.end()) return {};
    // Its failure counts although it was forgotten.
    if (failure_of(host) != nullptr) return {};
    std::vector<std::string> names;
    for (auto const& each : board_.hosts) names.push_back(each.record.host);
    auto const near = nearest_name(host, names);
    return Error{ErrorKind::NotFound, "there is no host " + quoted(host) + (near ? "; did you mean " + quoted(*near) + "?" : "; tykup fleet status names them")};
  }

  template <typename Make>
  [[nodiscard]] Result<Steered> changed(Make make, std::string const& then) const {
    if (auto missing = no_rollout()) return fail(*missing);
    auto rollout = make(*board_.rollout);
    if (!rollout) return fail(rollout.error());
    return Steered{change::SetRollout{std::move(*rollout), board_.rollout.modified}, "rollout " + board_.rollout->id + " " + then};
  }

  [[nodiscard]] Result<Steered> begin(Schedule made, std::string const& shown, std::string_view verb) const {
    if (!made.rollout) {
      auto const text = refusal_text(made, verb);
      auto const kind = made.nothing_to_do ? ErrorKind::NotFound : ErrorKind::NotAllowed;
      if (refused_ != nullptr) *refused_ = std::move(made);
      return fail(kind, text);
    }
    if (!shown.empty() && shown != made.hash)
      return fail(ErrorKind::NotFound, "what would begin is not what was shown any more: tykup fleet " + std::string(verb) + " shows it anew");
    change::Begin change{*made.rollout, board_.rollout, board_.policy.modified};
    auto const text = "rollout " + made.rollout->id + (made.direction == Direction::Back ? " takes back " + made.rollout->undoes : " has begun");
    return Steered{std::move(change), text, {"tykup fleet status --watch shows it"}, std::move(made)};
  }

  [[nodiscard]] std::vector<std::string> hosts_with_hooks(Stage const& stage) const {
    std::vector<std::string> names;
    for (auto const& [host, created, modified] : board_.hosts) {
      bool const may = host.promotes && host.find(stage.component) != nullptr && !is_excluded(*board_.rollout, host.host);
      if (may && stage_of(board_.rollout->policy, host.datacenter, stage.component, host.group) == stage) names.push_back(host.host);
    }
    return names;
  }
  static bool owes_hooks(Rollout const& rollout) {
    return std::ranges::find(rollout.promoted, true, &Promotion::hook_due) != rollout.promoted.end();
  }
  /// Whoever could run them looks again, because the rollout has changed.
  [[nodiscard]] Result<Steered> hooks_again(Rollout rollout) const {
    bool const refused = rollout.state == RolloutState::Stopped && rollout.halt == Halt::Gate;
    auto after = refused ? resumed(std::move(rollout), beginning_.said) : Result<Rollout>{std::move(rollout)};
    if (!after) return fail(after.error());
    after->last = beginning_.said;
    return Steered{change::SetRollout{std::move(*after), board_.rollout.modified}, "the promote hooks are run again"};
  }

  /// What was pulled is not installed, wherever it is fetched already: it goes on when every host is offered it again that needs it.
  [[nodiscard]] std::optional<std::string> pulled_still() const {
    bool const is_pulled = board_.rollout && board_.rollout->state == RolloutState::Stopped && board_.rollout->halt == Halt::Pulled;
    auto const missing = is_pulled ? unoffered_of(board_) : std::vector<Unoffered>{};
    if (missing.empty()) return {};
    return text_of(missing.front()) + ": have it offered again, or tykup fleet abort, then tykup fleet start with a version that is offered";
  }

  /// Phases that are done and have another one after them that nobody let go yet.
  [[nodiscard]] std::vector<Stage> waiting_for_promotion() const {
    std::vector<Stage> waiting;
    for (auto const& numbers : board_.rollout->stages) {
      auto const before = proven_before(*board_.rollout, numbers.stage);
      if (!before || find_mark(board_.dones, *before) == nullptr) continue;
      if (promotion_of(*board_.rollout, *before) == nullptr) waiting.push_back(*before);
    }
    return waiting;
  }

  [[nodiscard]] std::vector<Blocker> blockers_of(Stage const& stage) const {
    std::vector<Blocker> blockers;
    for (auto const& each : board_.pending)
      if (each.stage == stage) blockers.push_back({place_of(stage, board_.rollout->direction, each.host), stage.component});
    return blockers;
  }

  [[nodiscard]] std::optional<std::string> failed_in(Stage const& stage) const {
    for (auto const& held : board_.slots)
      if (held.datacenter == stage.datacenter && held.component == stage.component && held.slot && (held.slot->state == SlotState::Failed || !board_.is_live(held.slot->host)))
        return held.slot->host + " holds a slot of " + name_of(stage) + (held.slot->state == SlotState::Failed ? " and failed: retry or exclude it, then release-slot" : " and is not there: start tykupd there, or release-slot");
    return {};
  }

  /// Who has to be done first.
  [[nodiscard]] std::string unpromotable() const {
    std::vector<std::string> names;
    for (auto const& each : board_.pending)
      if (std::ranges::any_of(board_.rollout->stages, [&](StageNumbers const& numbers) { return proven_before(*board_.rollout, numbers.stage) == each.stage; }))
        names.push_back(each.host + " (" + each.stage.component + ")");
    if (names.empty()) return "no stage waits for a promotion";
    return "no stage can be promoted before its hosts are done: " + some_of(names);
  }

  Board const& board_;
  Beginning const& beginning_;
  Digest const& digest_;
  std::optional<Schedule>* refused_;
};

}  // namespace

std::string_view name_of(Saying const& saying) {
  constexpr std::array<std::string_view, std::variant_size_v<Saying>> kNames{"init", "policy", "start", "rollback", "pause", "resume", "abort", "promote", "exclude", "retry", "forget", "release-slot", "freeze", "unfreeze"};
  return kNames.at(saying.index());
}

Result<Steered> steer(Board const& board, Saying const& saying, Beginning const& beginning, Digest const& digest, std::optional<Schedule>* refused) {
  return std::visit(Steerer{board, beginning, digest, refused}, saying);
}

std::string rollout_id(Instant now) {
  auto const text = to_rfc3339(std::chrono::floor<std::chrono::seconds>(now));
  std::string id;
  for (char const c : text)
    if (c != '-' && c != ':' && c != 'Z') id += c == 'T' ? 't' : c;
  return id;
}

}  // namespace tykup::fleet
