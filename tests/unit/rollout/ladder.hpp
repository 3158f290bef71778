#pragma once

#include <string>
#include <vector>

#include "daemon/core/rollout.hpp"

/// A self-managed host in memory and a ladder that climbs to any phase of a run by ordinary events.
namespace tykup::test {

using namespace rollout;

/// 2026-11-22 was a Sunday; the window of the ladder's host opens then at 02:00 UTC for two hours.
Instant at(std::string const& hhmm);

class Ladder {
 public:
  Ladder();

  Config config;
  Memory memory;
  State state;
  Instant now = at("01:00");
  HostFacts facts;
  Liveness life;
  bool clock_synchronised = true;
  std::optional<fleet::View> fleet = {};  ///< what the fleet says, where the host belongs to one
  rollout::Transition last;

  /// Feeds an event as the agent does: the records reach the memory, the commands are kept in `last`.
  Ladder& feed(Event event);
  [[nodiscard]] Context context() const;

  // The ladder: each rung feeds what the one before asked for.
  Ladder& started() { return feed(event::Started{}); }
  Ladder& refreshed(job::Refreshed result = {}) { return feed(event::Refreshed{job(), std::move(result)}); }
  Ladder& inspected() { return feed(event::Inspected{job(), {facts}}); }
  Ladder& downloaded(std::optional<Error> no_way_back = {}) { return feed(event::Downloaded{job(), {{}, no_way_back}}); }
  Ladder& healthy() { return feed(event::HealthPassed{component()}); }
  Ladder& unhealthy(std::string reason) { return feed(event::HealthFailed{component(), std::move(reason)}); }
  Ladder& unhealthy(Unwell unwell, std::string reason);
  /// Only those dependencies are away.
  Ladder& without(std::vector<std::string> dependencies);
  Ladder& backed_up() { return feed(event::BackedUp{job(), {"/backups/x.tar.zst", true}}); }
  /// The package database shows the target (or, in a rollback, the version before).
  Ladder& applied();
  Ladder& restarted(bool was_running = true);
  Ladder& restored() { return feed(event::Restored{job(), {{"/opt/tyk/x.conf"}}}); }
  /// An operator's word, as the agent passes it on. It must make sense.
  Ladder& tell(Word const& word) { return feed(event_of(state, "alice", word, context()).value()); }
  Ladder& hooked() { return feed(event::Hooked{job(), {{"pre-run.d/10-ask"}}}); }
  Ladder& recovered() { return feed(event::Recovered{job(), {{"nginx"}}}); }
  Ladder& failed(ErrorKind kind, std::string message) { return feed(event::JobFailed{job(), {kind, std::move(message)}}); }

  /// From here on the Gateway's API names a plugin of which the target's build is there, or not.
  Ladder& needs_plugin(bool is_built = true);
  Ladder& plugin_is(PluginVerdict verdict, std::string words = {});

  Ladder& to_checking_plugins();  ///< everything fetched
  Ladder& to_waiting();     ///< everything fetched, the window shut
  Ladder& to_preflight();   ///< the window opens
  Ladder& to_baseline() { return to_preflight().inspected(); }
  Ladder& to_backing_up() { return to_baseline().healthy(); }
  Ladder& to_applying() { return to_backing_up().backed_up(); }
  Ladder& to_restarting() { return to_applying().applied(); }
  Ladder& to_gating() { return to_restarting().restarted(); }
  Ladder& to_rolling_back() { return to_gating().unhealthy("answers as the old version"); }
  Ladder& to_restoring() { return to_rolling_back().applied(); }
  Ladder& to_restarting_back() { return to_restoring().restored(); }
  Ladder& to_gating_back() { return to_restarting_back().restarted(); }
  Ladder& to_reconciling() { return to_applying().failed(ErrorKind::PackageFailed, "dpkg: error processing"); }
  Ladder& to_recovering();  ///< a stranger is half-configured before the step
  Ladder& to_asking_hooks();   ///< a run with a hook at each point, which asks its first
  Ladder& to_telling_hooks();  ///< the step's hooks were content, the step is done
  Ladder& to_reconciling_back() { return to_rolling_back().failed(ErrorKind::Interrupted, "killed"); }
  Ladder& to_recovering_back();  ///< the old package is half-way
  Ladder& to_undoing();          ///< the Dashboard is done, the Gateway is back, and the run goes back
  /// A step that brought the version that stands, as history has it; the package before it is kept.
  PlanStep taken_back(std::string const& component);
  /// The host belongs to a fleet whose rollout pins all its new versions.
  Ladder& in_a_fleet();
  Ladder& granted(std::string const& component, std::int64_t slot = 7);
  /// The fleet's answer to the question that the run asks now; `refused` empty: go on.
  Ladder& fleet_says(std::string const& refused = {});
  Ladder& to_confirming() { return to_baseline().healthy(); }  ///< of a fleet: before traffic is led away
  Ladder& to_withdrawing();      ///< the Dashboard is on its new version, and an operator takes it back
  Ladder& to_assessing() { return to_gating_back().unhealthy("does not answer"); }
  Ladder& to_needs_admin() { return to_assessing().inspected(); }
  Ladder& to_checking() { return to_needs_admin().feed(event::CheckAsked{"alice"}); }
  Ladder& to_proving() { return to_checking().inspected(); }

  /// The rest of the step at work, all well.
  Ladder& finish_step() { return inspected().healthy().backed_up().applied().restarted().healthy(); }

  [[nodiscard]] std::string phase() const { return std::string(name_of(state.phase)); }
  [[nodiscard]] std::string job() const;
  [[nodiscard]] std::string component() const;
  /// The operation that was submitted last, "" if none was.
  [[nodiscard]] std::string submitted() const;
  [[nodiscard]] std::vector<std::string> said() const;
  /// The message of what was said of that kind; "" if nothing was.
  [[nodiscard]] std::string message(Said said) const;
  /// The texts of why the plan waits.
  [[nodiscard]] std::vector<std::string> waits_for() const;
  [[nodiscard]] std::vector<RunRecord> history() const { return history_; }
  InstalledPackage& package(std::string const& component);
  UnitFacts& unit(std::string const& component);

 private:
  std::string machine_id_ = "0123456789abcdef0123456789abcdef";
  Digest digest_;
  std::vector<RunRecord> history_;
};

}  // namespace tykup::test
