#pragma once

#include <string>
#include <vector>

#include "daemon/core/config.hpp"
#include "daemon/core/facts.hpp"
#include "daemon/core/job.hpp"
#include "daemon/core/plan.hpp"

/// What of the host itself keeps a step from beginning: room, reboots of others, hooks that may not be run.
namespace tykup {

/// What the executor itself asks for: free beside a backup; and more than a package says, wherever it has files.
inline constexpr std::uint64_t kBesideBackups = std::uint64_t{64} << 20;
inline constexpr std::uint64_t kBesidePackages = std::uint64_t{4} << 20;
inline constexpr std::uint64_t kInodesBesidePackages = 16;

/// What the steps need on one file system, and who of them.
struct Need {
  std::string mount;
  std::uint64_t bytes = 0;
  std::uint64_t inodes = 0;
  std::vector<std::string> by = {};  ///< "the backup of gateway (64.0 MiB)"
};

/// What those steps need besides what is there already: packages that are still to be fetched, the largest of the
/// packages' new files beside the old ones (one step after the other: the old files are gone then), every backup, and a
/// margin for databases and records. File systems that the facts do not know are left out.
[[nodiscard]] std::vector<Need> needs_of(std::vector<PlanStep> const& steps, HostFacts const& facts);

/// One for each file system that has too little; the text names its mount, what is free, what is missing and for whom.
[[nodiscard]] std::vector<Reason> room_reasons(std::vector<PlanStep> const& steps, HostFacts const& facts);

/// A shutdown that comes before these steps would be over, and a reboot that is asked for at no time in particular.
[[nodiscard]] std::vector<Reason> reboot_reasons(std::vector<PlanStep> const& steps, HostFacts const& facts,
                                                 RebootPending policy, Instant now);

/// All of it, hooks included, in the order of the report.
[[nodiscard]] std::vector<Reason> obstacles(std::vector<PlanStep> const& steps, HostFacts const& facts, Config const& config,
                                            Instant now);

/// How many of the hooks are of that point.
[[nodiscard]] std::size_t hooks_at(std::vector<std::string> const& hooks, job::Hook::Point point);

/// The longest that the hooks of these points may take.
[[nodiscard]] Duration hook_time(std::vector<std::string> const& hooks, std::vector<job::Hook::Point> const& points,
                                 HooksConfig const& config);

/// When it is asked again after that many vetoes one after the other: 5 minutes, doubled each time, at most an hour.
[[nodiscard]] Duration veto_pause(unsigned vetoes);

}  // namespace tykup
