#include "daemon/core/rollout_stepper.hpp"

namespace tykup::rollout {
namespace {

std::string working(Run const& run, std::string const& what) {
  auto const& step = run.at().step;
  if (run.is_withdrawal())
    return "Run " + run.record.id + ", ROLLBACK asked for by " + run.record.by + ": " + step.component + " " + step.to_version() + " → " +
           step.from_version() + ", " + what;
  if (run.undo)
    return "Run " + run.record.id + ", ROLLBACK OF THE RUN, because " + run.record.steps[run.undo->failed].step.component + " failed: " +
           step.component + " " + step.to_version() + " → " + step.from_version() + ", " + what;
  return "Run " + run.record.id + ", step " + std::to_string(run.index + 1) + "/" +
         std::to_string(run.record.steps.size()) + ": " + describe(step) + ", " + what;
}

struct Line {
  Context const& context;

  std::string operator()(phase::Idle const& p) const {
    std::size_t hindered = 0;
    for (auto const& choice : p.plan.staying)
      if (!choice.to.empty()) ++hindered;
    if (hindered > 0)
      return "Idle: " + std::to_string(hindered) + " component(s) have a newer version that they may not take yet (`tykup plan` says why)";
    return "Idle: nothing to upgrade";
  }
  std::string operator()(phase::Refreshing const&) const { return "Refreshing the subscribed repositories"; }
  std::string operator()(phase::Inspecting const&) const { return "Reading the host"; }
  std::string operator()(phase::Downloading const& p) const {
    return "Fetching " + describe(p.plan.steps[p.index]) + " (" + std::to_string(p.index + 1) + "/" +
           std::to_string(p.plan.steps.size()) + ")";
  }
  std::string operator()(phase::CheckingPlugins const& p) const {
    return "Asking " + p.check.package.name + " " + p.check.package.version + " whether it loads " + std::to_string(p.check.plugins.size()) + " Go plugin(s)";
  }
  std::string operator()(phase::Waiting const& p) const {
    auto why = p.reasons.empty() ? std::string("the window") : p.reasons.front().text;
    if (p.reasons.size() > 1) why += " (and " + std::to_string(p.reasons.size() - 1) + " more, see `tykup status`)";
    return "Ready: " + describe(p.plan.steps) + "; waiting: " + why;
  }
  std::string operator()(phase::Preflight const& p) const { return working(p.run, "reading the host"); }
  std::string operator()(phase::Baseline const& p) const { return working(p.run, "health before the step"); }
  std::string operator()(phase::BackingUp const& p) const { return working(p.run, "backing up"); }
  std::string operator()(phase::Applying const& p) const { return working(p.run, "changing the package"); }
  std::string operator()(phase::Restarting const& p) const { return working(p.run, "restarting the service"); }
  std::string operator()(phase::Gating const& p) const { return working(p.run, "proving its health"); }
  std::string operator()(phase::Recovering const& p) const {
    return working(p.run, "finishing an interrupted package change");
  }
  std::string operator()(phase::Reconciling const& p) const { return working(p.run, "reading what is installed"); }
  std::string operator()(phase::RollingBack const& p) const { return working(p.run, "ROLLBACK: the old package goes back"); }
  std::string operator()(phase::Restoring const& p) const { return working(p.run, "ROLLBACK: its configuration goes back"); }
  std::string operator()(phase::RestartingBack const& p) const { return working(p.run, "ROLLBACK: restarting the service"); }
  std::string operator()(phase::GatingBack const& p) const { return working(p.run, "ROLLBACK: proving its health"); }
  std::string operator()(phase::Confirming const& p) const { return working(p.run, "asking the fleet whether it may go on"); }
  std::string operator()(phase::AskingHooks const& p) const {
    return working(p.run, "asking the operator's " + std::string(job::name_of(p.point)) + " hooks");
  }
  std::string operator()(phase::TellingHooks const& p) const {
    return working(p.run, "telling the operator's " + std::string(job::name_of(p.point)) + " hooks");
  }
  std::string operator()(phase::Undoing const& p) const { return working(p.run, "reading the host"); }
  std::string operator()(phase::Assessing const& p) const { return working(p.run, "reading what is there: an administrator is needed"); }
  std::string operator()(phase::Checking const& p) const { return "Looking at " + p.step.component + ", which needed an administrator"; }
  std::string operator()(phase::Proving const& p) const { return "Proving the health of " + p.step.component + ", which needed an administrator"; }
  std::string operator()(phase::NeedsAdmin const&) const { return "NEEDS AN ADMINISTRATOR"; }
};

std::string next_check(Standing const& standing, Instant now) {
  if (standing.next_refresh <= now) return {};
  return "; next refresh at " + to_rfc3339(std::chrono::floor<std::chrono::seconds>(standing.next_refresh));
}

}  // namespace

std::string public_state(State const& state) {
  if (run_of(state.phase) != nullptr) return "running";
  auto const name = std::string(name_of(state.phase));
  bool const resting = name == "idle" || name == "waiting";
  if (name == "checking" || name == "proving") return "inspecting";
  return state.standing.trouble && resting ? "stopped" : name;
}

std::string status_line(State const& state, Context const& context) {
  auto line = std::visit(Line{context}, state.phase);
  auto const& standing = state.standing;
  if (run_of(state.phase) != nullptr) return standing.hindrance.empty() ? line : line + ". TROUBLE: " + standing.hindrance;
  if (standing.trouble) return line + ". LAST RUN STOPPED: " + standing.trouble->text + " (" + standing.trouble->remedy + ")";
  if (!standing.hindrance.empty()) return line + ". TROUBLE: " + standing.hindrance;
  if (!standing.source_problems.empty()) {
    auto const& [source, problem] = *standing.source_problems.begin();
    return line + ". TROUBLE: " + source + ": " + with_kind(problem);
  }
  if (auto const& asked = standing.asked)
    line += ". ASKED FOR by " + asked->by + (asked->outside ? ", outside the order of the fleet" : ": it goes when its slot of the fleet comes") + " (tykup stop takes it back)";
  bool const resting = std::holds_alternative<phase::Idle>(state.phase);
  return resting ? line + next_check(standing, context.now) : line;
}

}  // namespace tykup::rollout
