#include <algorithm>

#include "daemon/core/rollout_stepper.hpp"

/// Holds, approvals and forgotten failures: what operators say while the daemon goes on with its work.
namespace tykup::rollout {
namespace {

std::string until_text(std::optional<Instant> const& until) {
  return until ? " until " + to_rfc3339(*until) : std::string{};
}

std::string meant(std::string const& component) { return component.empty() ? "everything" : component; }

bool is_over(std::optional<Instant> const& until, Instant now) { return until && *until <= now; }

}  // namespace

void Stepper::hold(Hold const& hold) {
  keep(record::Held{hold});
  auto const reason = hold.reason.empty() ? "" : ": " + hold.reason;
  say({.said = Said::HoldSet,
       .priority = Priority::Notice,
       .message = hold.by + " holds " + meant(hold.component) + until_text(hold.until) + reason + ".",
       .component = hold.component,
       .reason = hold.reason});
}

void Stepper::release(event::ReleaseAsked const& asked) {
  for (auto const& hold : std::vector<Hold>(memory_.holds)) {
    if (!asked.component.empty() && hold.component != asked.component) continue;
    keep(record::Released{hold.component});
    say({.said = Said::HoldReleased,
         .priority = Priority::Notice,
         .message = asked.by + " released " + meant(hold.component) + ", which " + hold.by + " held since " +
                    to_rfc3339(std::chrono::floor<std::chrono::seconds>(hold.since)) + ".",
         .component = hold.component});
  }
}

void Stepper::approve(Approval const& approval) {
  keep(record::Approved{approval});
  say(Said::PlanApproved, Priority::Notice,
      approval.by + " approved plan " + approval.plan_hash.substr(0, 12) + until_text(approval.until) +
          (approval.without_way_back.empty() ? "" : ", without a way back for " + to_string(approval.without_way_back)) + ".");
}

void Stepper::forget_bad(event::ForgetBadAsked const& asked) {
  keep(record::Forgot{asked.component});
  // Who lets a fleet's failed step try again does not mean the next opening.
  if (context_.fleet != nullptr && context_.fleet->again) standing().not_before = {};
  say({.said = Said::BadForgotten,
       .priority = Priority::Notice,
       .message = asked.by + " had tykup forget the bad versions of " + meant(asked.component) + ".",
       .component = asked.component});
}

/// Which format this host's packages have is not known here: both orders have to agree.
void Stepper::forget_outgrown(PlanStep const& step) {
  auto const newest = step.to_version();
  for (auto const& bad : std::vector<BadVersion>(memory_.bad)) {
    if (bad.component != step.component) continue;
    bool const is_newer = compare_versions(PackageFormat::Deb, bad.version, newest) > 0 ||
                          compare_versions(PackageFormat::Rpm, bad.version, newest) > 0;
    if (!is_newer) keep(record::Forgot{bad.component, bad.version});
  }
}

void Stepper::void_approval(std::string const& why) {
  auto const given = *memory_.approval;
  keep(record::Unapproved{});
  say({.said = Said::ApprovalVoid,
       .priority = Priority::Warning,
       .message = "The approval of plan " + given.plan_hash.substr(0, 12) + " by " + given.by + " is void: " + why + ".",
       .reason = why});
}

bool Stepper::end_what_is_over() {
  bool ended = false;
  for (auto const& hold : std::vector<Hold>(memory_.holds)) {
    if (!is_over(hold.until, context_.now)) continue;
    ended = true;
    keep(record::Released{hold.component});
    say({.said = Said::HoldEnded,
         .priority = Priority::Notice,
         .message = "The hold on " + meant(hold.component) + " by " + hold.by + " has ended, as it was to on " +
                    to_rfc3339(*hold.until) + ".",
         .component = hold.component});
  }
  if (memory_.approval && is_over(memory_.approval->until, context_.now)) {
    ended = true;
    void_approval("it was given until " + to_rfc3339(*memory_.approval->until));
  }
  return ended;
}

Instant Stepper::next_end() const {
  Instant next = Instant::max();
  for (auto const& hold : memory_.holds) next = std::min(next, hold.until.value_or(Instant::max()));
  if (memory_.approval) next = std::min(next, memory_.approval->until.value_or(Instant::max()));
  return next;
}

/// What is left of an approved plan is approved still; what failed, or is done, is not.
void Stepper::hand_approval_on(Run const& run) {
  if (!memory_.approval || memory_.approval->plan_hash != run.record.plan_hash) return;
  std::vector<PlanStep> left;
  for (auto const& step : run.record.steps)
    if (step.result == StepResult::Pending || step.result == StepResult::NotDone) left.push_back(step.step);
  if (run.record.result == RunResult::Partial && !left.empty()) {
    auto approval = *memory_.approval;
    approval.plan_hash = plan_hash(left, context_.digest);
    keep(record::Approved{std::move(approval)});
  } else if (run.record.result == RunResult::Done) {
    keep(record::Unapproved{});
  } else {
    void_approval("run " + run.record.id + " failed");
  }
}

}  // namespace tykup::rollout
