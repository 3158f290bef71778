#include <array>
#include <utility>

#include "daemon/core/names.hpp"
#include "daemon/core/rollout.hpp"

namespace tykup::rollout {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<Phase>> kPhases{
    "idle",      "refreshing",  "inspecting",  "downloading",  "waiting",   "preflight",
    "baseline",  "backing-up",  "applying",    "restarting",   "gating",    "recovering",
    "reconciling", "rolling-back", "restoring", "restarting-back", "gating-back", "needs-admin",
    "asking-hooks", "telling-hooks", "undoing",   "assessing",   "checking",    "proving",    "checking-plugins",
    "confirming"};

constexpr std::array<std::string_view, std::variant_size_v<Event>> kEvents{
    "started",    "ticked",    "config-changed", "check-asked", "run-asked", "stop-asked",
    "refreshed",  "inspected", "downloaded",     "backed-up",   "applied",   "restarted",
    "restored",   "recovered", "job-failed",     "health-passed", "health-failed",
    "hold-asked", "release-asked", "approve-asked", "forget-bad-asked", "hooked", "plugins-checked",
    "roll-back-asked", "fleet-changed", "fleet-pinned", "fleet-heard", "fleet-hindered"};

constexpr std::array<std::string_view, 5> kStepResults{"pending", "done", "not-done", "rolled-back", "needs-admin"};
constexpr std::array<std::string_view, 6> kRunResults{"running", "done", "partial", "stopped", "needs-admin", "rolled-back"};

constexpr std::array<std::string_view, 48> kSaid{
    "source-failed",     "source-recovered", "version-seen",      "plan-made",      "plan-gone",
    "download-failed",   "waiting-for-window", "run-started",     "step-started",   "package-changed",
    "service-restarted", "step-done",        "step-not-done",     "rollback-started", "rolled-back",
    "needs-admin",       "run-done",         "run-partial",       "run-stopped",    "recovered",
    "unit-repaired",     "operator-asked",    "trouble-cleared",  "inspect-failed",    "daemon-started", "config-reloaded",
    "config-rejected",   "hold-set",         "hold-released",     "hold-ended",     "plan-approved",
    "approval-void",     "bad-forgotten",    "concern-raised",    "window-missed",  "clock-unsynchronised",
    "freeze-unreadable", "freeze-read",       "step-put-off",      "job-slow",         "hook-failed",    "not-taken-back",
    "notify-failing",    "notify-lost",       "notify-works",      "fleet-trouble",     "fleet-well",
    "fleet-stopped"};

template <typename Enum, std::size_t N>
std::string_view name_in(std::array<std::string_view, N> const& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

}  // namespace

std::string_view name_of(Phase const& phase) { return kPhases.at(phase.index()); }
std::span<std::string_view const> phase_names() { return kPhases; }
std::string_view name_of(Event const& event) { return kEvents.at(event.index()); }
std::string_view to_string(StepResult result) { return name_in(kStepResults, result); }
std::string_view to_string(RunResult result) { return name_in(kRunResults, result); }
std::string_view to_string(Said said) { return name_in(kSaid, said); }

std::vector<Said> const& all_said() {
  static std::vector<Said> const all = [] {
    std::vector<Said> said;
    for (std::size_t i = 0; i < kSaid.size(); ++i) said.push_back(static_cast<Said>(i));
    return said;
  }();
  return all;
}

}  // namespace tykup::rollout
