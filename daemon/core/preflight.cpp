#include "daemon/core/preflight.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "daemon/core/words.hpp"

namespace tykup {
namespace {

using Point = job::Hook::Point;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
/// What a package manager's database, our records and a script's scratch files may grow by.
constexpr std::uint64_t kMargin = 16 * kMiB;
constexpr std::uint64_t kInodes = 64;

std::string mib(std::uint64_t bytes) {
  auto const tenths = (bytes * 10 + kMiB - 1) / kMiB;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
}

/// Needs by mount, each added where it belongs.
class Needs {
 public:
  explicit Needs(HostFacts const& facts) : facts_(facts) {}

  void add(std::string const& mount, std::uint64_t bytes, std::uint64_t inodes, std::string const& who) {
    if (mount.empty()) return;
    auto& need = found_[mount];
    need.mount = mount;
    need.bytes += bytes;
    need.inodes += inodes;
    if (!who.empty()) need.by.push_back(who + " (" + mib(bytes) + ")");
  }
  void add_in(std::string const& folder, std::uint64_t bytes, std::uint64_t inodes, std::string const& who) {
    auto const known = facts_.folders.find(folder);
    if (known != facts_.folders.end()) add(known->second, bytes, inodes, who);
  }
  std::vector<Need> take() {
    std::vector<Need> out;
    for (auto& [mount, need] : found_) out.push_back(std::move(need));
    return out;
  }

 private:
  HostFacts const& facts_;
  std::map<std::string, Need> found_;
};

Candidate const* candidate_of(ComponentFacts const& facts, PackagePin const& pin) {
  auto const found = std::ranges::find_if(facts.candidates, [&](Candidate const& candidate) {
    return candidate.package == pin.name && candidate.version == pin.version && candidate.sha256 == pin.sha256;
  });
  return found == facts.candidates.end() ? nullptr : &*found;
}

/// Twice: as it comes in, and as the copy that is hashed and kept.
void add_download(Needs& needs, PlanStep const& step, ComponentFacts const& facts) {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  for (auto const* pins : {&step.to, &step.from}) {
    for (auto const& pin : *pins) {
      bool const kept = std::ranges::any_of(facts.kept, [&](KeptPackage const& known) {
        return known.name == pin.name && known.version == pin.version && known.sha256 == pin.sha256;
      });
      auto const* candidate = candidate_of(facts, pin);
      if (kept || candidate == nullptr) continue;
      bytes += 2 * candidate->size;
      files += 2;
    }
  }
  if (files > 0) needs.add_in("archive", bytes, files, "the download for " + step.component);
}

struct Unpacking {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  std::string who = {};
};

/// The new files beside the old ones, spread as the old ones are.
std::map<std::string, Unpacking> unpacking_of(PlanStep const& step, ComponentFacts const& facts) {
  std::uint64_t size = 0;
  for (auto const& pin : step.to) {
    if (auto const* candidate = candidate_of(facts, pin)) size += candidate->installed_size;
  }
  double total = 0;
  for (auto const& share : facts.spread) total += static_cast<double>(share.bytes);
  std::map<std::string, Unpacking> out;
  for (auto const& share : facts.spread) {
    auto const part = total > 0 ? static_cast<double>(share.bytes) / total : 1.0;
    auto const bytes = std::max(share.bytes, static_cast<std::uint64_t>(part * static_cast<double>(size)));
    auto& there = out[share.mount];
    there.bytes += bytes + kBesidePackages;
    there.files += share.files + kInodesBesidePackages;
    there.who = "the files of " + step.component + " " + step.to_version();
  }
  return out;
}

bool is_known(HostFacts const& facts, std::string const& mount) {
  return std::ranges::find(facts.file_systems, mount, &FileSystem::mount) != facts.file_systems.end();
}

std::string remedy_of(std::string const& mount) { return "free some room on " + mount + "; tykup looks again by itself"; }

}  // namespace

std::vector<Need> needs_of(std::vector<PlanStep> const& steps, HostFacts const& facts) {
  Needs needs(facts);
  std::map<std::string, Unpacking> largest;
  for (auto const& step : steps) {
    auto const* found = facts.find(step.component);
    if (found == nullptr) continue;
    add_download(needs, step, *found);
    for (auto& [mount, unpacking] : unpacking_of(step, *found)) {
      if (auto& most = largest[mount]; unpacking.bytes >= most.bytes) most = unpacking;
    }
    needs.add_in("backups", found->own_bytes, 2, "the backup of " + step.component);
  }
  for (auto const& [mount, most] : largest) needs.add(mount, most.bytes, most.files, most.who);
  if (!steps.empty()) {
    needs.add_in("backups", kBesideBackups, 0, "what stays free beside backups");
    for (auto const* folder : {"archive", "database", "records", "state", "temporary"}) needs.add_in(folder, kMargin, kInodes, "");
  }
  auto all = needs.take();
  std::erase_if(all, [&](Need const& need) { return !is_known(facts, need.mount); });
  return all;
}

std::vector<Reason> room_reasons(std::vector<PlanStep> const& steps, HostFacts const& facts) {
  std::vector<Reason> out;
  for (auto const& need : needs_of(steps, facts)) {
    auto const& has = *std::ranges::find(facts.file_systems, need.mount, &FileSystem::mount);
    auto const who = need.by.empty() ? std::string{} : " for " + join(need.by);
    if (has.bytes < need.bytes)
      out.push_back({Gate::Room,
                     "the file system " + need.mount + " has " + mib(has.bytes) + " free, and " + mib(need.bytes) +
                         " are needed" + who + ": " + mib(need.bytes - has.bytes) + " are missing",
                     remedy_of(need.mount)});
    if (has.inodes && *has.inodes < need.inodes)
      out.push_back({Gate::Room,
                     "the file system " + need.mount + " has " + std::to_string(*has.inodes) + " free inodes, and " +
                         std::to_string(need.inodes) + " are needed" + who + ": " +
                         std::to_string(need.inodes - *has.inodes) + " are missing",
                     "remove some files on " + need.mount + "; tykup looks again by itself"});
  }
  return out;
}

std::vector<Reason> reboot_reasons(std::vector<PlanStep> const& steps, HostFacts const& facts, RebootPending policy, Instant now) {
  Duration length{0};
  for (auto const& step : steps) length += step.estimate;
  std::vector<Reason> out;
  for (auto const& reboot : facts.reboots) {
    if (!reboot.at && policy == RebootPending::Wait)
      out.push_back({Gate::Reboot, "this host waits for a reboot: " + reboot.text,
                     "reboot it; or tykup run; or reboot_pending = \"go\" in [policy]"});
    if (reboot.at && now + length > *reboot.at)
      out.push_back({Gate::Shutdown, "this host goes down before the run would be over (it may take " + to_human(length) + "): " + reboot.text,
                     "wait for it to be up again; or shutdown -c"});
  }
  return out;
}

std::vector<Reason> obstacles(std::vector<PlanStep> const& steps, HostFacts const& facts, Config const& config, Instant now) {
  auto out = room_reasons(steps, facts);
  for (auto& reason : reboot_reasons(steps, facts, config.policy.reboot_pending, now)) out.push_back(std::move(reason));
  for (auto const& problem : facts.hook_problems)
    out.push_back({Gate::Hook, "no hook is run while there is one that may not be: " + problem,
                   "put it right; tykup looks again by itself"});
  return out;
}

std::size_t hooks_at(std::vector<std::string> const& hooks, Point point) {
  return static_cast<std::size_t>(std::ranges::count_if(
      hooks, [folder = job::folder_of(point)](std::string const& hook) { return hook.starts_with(folder); }));
}

Duration hook_time(std::vector<std::string> const& hooks, std::vector<Point> const& points, HooksConfig const& config) {
  Duration sum{0};
  for (auto const point : points) sum += static_cast<std::int64_t>(hooks_at(hooks, point)) * config.limit;
  return sum;
}

Duration veto_pause(unsigned vetoes) {
  static constexpr std::array<std::chrono::minutes, 5> kPauses{std::chrono::minutes{5}, std::chrono::minutes{10}, std::chrono::minutes{20},
                                                              std::chrono::minutes{40}, std::chrono::minutes{60}};
  return kPauses.at(std::min<std::size_t>(std::max(vetoes, 1U) - 1, kPauses.size() - 1));
}

}  // namespace tykup
