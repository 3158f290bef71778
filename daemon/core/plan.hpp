#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/core/config.hpp"
#include "daemon/core/facts.hpp"
#include "daemon/core/fleet/view.hpp"
#include "daemon/core/policy.hpp"

namespace tykup {

/// One component's move.
struct PlanStep {
  std::string component;
  std::vector<PackagePin> from;
  std::vector<PackagePin> to;
  bool way_back = false;           ///< a verified package of `from` is kept, or its repository still offers it
  std::string way_back_note = {};  ///< why not, where it is not
  Duration estimate = {};          ///< apply + restart + health + rollback
  std::string one_way = {};        ///< what the new version migrates when it starts; empty: nothing that is known
  /// What it migrates lies in a database that other hosts use as well: a hook has to save it before the package changes.
  bool needs_database_backup = false;

  /// "5.8.14" → for people: the version of the first package.
  [[nodiscard]] std::string from_version() const { return from.empty() ? std::string{} : from.front().version; }
  [[nodiscard]] std::string to_version() const { return to.empty() ? std::string{} : to.front().version; }
  /// Why the old version could not go back once the new one has started; empty: it could.
  [[nodiscard]] std::string no_way_back() const;
};

/// Whether the operator's list names that step: its component, and the version as the plan has it or without epoch and
/// revision.
[[nodiscard]] bool names_step(std::vector<NamedVersion> const& named, PlanStep const& step);
/// The step as `--without-way-back` wants it named.
[[nodiscard]] NamedVersion name_of(PlanStep const& step);

/// What a run will do, in order, and why the others stay. A plan is run exactly as shown or not at all.
struct Plan {
  std::string hash = {};              ///< over component, package, version and digest of every step; empty without steps
  std::vector<PlanStep> steps = {};
  std::vector<Choice> staying = {};   ///< components that do not move, with their reasons
  std::vector<PluginCheck> plugin_checks = {};  ///< what the new programs are to be asked once they are in the archive
};

/// A digest of text, lower-case hex (an adapter's SHA-256).
using Digest = std::function<std::string(std::string_view)>;

/// Where the operator's executables that save a database lie.
inline constexpr char const* kBackupHooks = "/etc/tykup/hooks/backup.d";

/// A component that has a target but must not take it yet (soak, bad version, trust, no way back …) keeps every later one
/// of the order where it is, with `Gate::Order` naming it; one that is held counts as done. A package of ours that is
/// not cleanly installed does not close a gate: a run finishes the interrupted change before its first step. A step that
/// migrates a shared database is planned only where a hook is there that can save it. Of a fleet (`fleet` not null) the host
/// goes to what its rollout pins and to nothing else.
[[nodiscard]] Plan make_plan(Config const& config, HostFacts const& facts, Memory const& memory, Instant now,
                             Digest const& digest, fleet::View const* fleet = nullptr);

/// The hash of exactly these steps: covers component, package, version and digest, nothing else.
[[nodiscard]] std::string plan_hash(std::vector<PlanStep> const& steps, Digest const& digest);

/// The larger of a stated default and 1.5 × the longest of the last ten successful steps here; `expected` overrides it.
/// With the hooks around a step, each by its limit, where the facts are known.
[[nodiscard]] Duration estimate_step(Component const& component, Config const& config, Memory const& memory,
                                     HostFacts const* facts = nullptr);
/// Of all steps of the plan; without one, of every configured component.
[[nodiscard]] Duration estimate_run(Plan const* plan, Config const& config, Memory const& memory);

}  // namespace tykup
