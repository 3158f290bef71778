#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/fleet/fleet_draw.hpp"
#include "tests/simulation/fleet/fleet_files.hpp"

namespace tykup::simulation {

/// What must never be, and who was concerned.
struct FleetViolation {
  std::string invariant = {};
  std::string text = {};
  std::vector<unsigned> hosts = {};
};

/// What an operator ordered, in the judge's own words.
struct Ordered {
  std::string id = {};
  Goals goals = {};  ///< of the components that it moves
  bool back = false;
  unsigned max_failed = 1;
  std::vector<std::vector<unsigned>> limits = {};  ///< by centre and place
};

/// An `apply` that begins.
struct Begun {
  unsigned host = 0;
  unsigned place = 0;
  File file = {};
  bool window_open = true;
  bool clock_right = true;
  /// When etcd last said that this very step may go on, in its own count of changes; 0: it never did.
  std::uint64_t confirmed = 0;
  bool confirmed_lately = true;
  Instant confirmed_at = {};
  bool knows_time = true;  ///< its clock is close to the right one
};

/// Knows every host's packages, processes and health, what operators said and when, and what was told to whom; nothing of
/// etcd's records and nothing of the rule. Counts of changes (`at`) order what happened: the order in which etcd did it.
class FleetJudge {
 public:
  explicit FleetJudge(DrawnFleet const& fleet);

  unsigned add_host(DrawnHost const& host);

  // ---- operators
  /// It is ordered; nobody starts before it runs.
  void rollout_begins(Ordered ordered, std::uint64_t at);
  /// It goes on, or stands still.
  void rollout_runs(bool runs, std::uint64_t at);
  /// Nobody begins before that instant; nothing: it is lifted.
  void frozen(std::optional<Instant> until, std::uint64_t at) { freezes_.push_back({at, until}); }
  void excluded(unsigned host, std::uint64_t at);
  void forgotten(unsigned host, std::uint64_t at);
  void retried(unsigned host, std::uint64_t at);
  void released(unsigned host, unsigned place, std::uint64_t at);
  /// What the fleet knows by now is kept.
  void backed_up();
  /// etcd was put back to what it was then, at that revision.
  void restored(std::int64_t revision, std::uint64_t at);
  void trusted_again() { restored_to_.reset(); }
  /// The backup knows of no slot of it: an operator has seen to what failed there.
  void accounted_for(unsigned host);

  // ---- hosts
  /// It told the fleet which files it carries, by `places` of its drawing.
  void registered(unsigned host, std::vector<File> const& files);
  void registration_saved(unsigned host, std::int64_t revision);
  void disputed(unsigned host, bool is, std::uint64_t at);
  void gives_back(unsigned host, unsigned place);
  void failure_told(unsigned host, unsigned place, std::uint64_t at);
  void slot_taken(unsigned host, unsigned place, std::uint64_t at, bool window_closed_long);

  // ---- the truth of steps
  void drains(unsigned host, unsigned place);
  void applies(Begun const& begun);
  void ends_well(unsigned host, unsigned place, File const& file);
  void ends_badly(unsigned host, unsigned place);
  void ends_unbegun(unsigned host, unsigned place);
  /// A package became another one.
  void changes(unsigned host, unsigned place);
  /// The machine was put back to an old state.
  void put_back(unsigned host);

  void violation(std::string invariant, std::string text, std::vector<unsigned> hosts);
  [[nodiscard]] std::vector<FleetViolation> const& violations() const { return violations_; }

  // ---- figures
  struct StageCount {
    unsigned behind = 0;
    unsigned at_work = 0;
    unsigned completed = 0;
    unsigned limit = 1;
    bool open = false;  ///< nobody of an earlier stage is behind
  };
  /// By centre, place and phase.
  [[nodiscard]] StageCount count(unsigned centre, unsigned place, unsigned phase) const;
  [[nodiscard]] bool is_behind(unsigned host, std::size_t index) const { return hosts_[host].steps[index].behind; }

 private:
  struct Step {
    unsigned place = 0;
    std::optional<File> kept = {};   ///< what the backup knows of
    std::optional<File> known = {};  ///< what the fleet was told of
    bool behind = false;            ///< by what was told, against what was ordered
    bool drained = false;
    bool applying = false;
    bool failed = false;       ///< and holds its slot
    bool told = false;         ///< and etcd knows
    bool kept_failed = false;  ///< what the backup knows of
    bool retried = false;      ///< since then
    bool uncounted = false;    ///< released after etcd had let it go on: it goes beside the others, as release-slot warns
    std::string barred = {};   ///< the slot was taken although …
    std::optional<unsigned> barred_by = {};
    std::uint64_t taken = 0;
    std::uint64_t released = 0;
    std::uint64_t kept_released = 0;  ///< what the backup knows of
    std::uint64_t failure = 0;  ///< counted since
  };
  struct Host {
    DrawnHost drawn = {};
    std::vector<Step> steps = {};
    bool out = false;  ///< excluded or forgotten
    std::uint64_t out_at = 0;
    std::uint64_t disputed = 0;
    std::int64_t saved = 0;
  };
  struct Cell {
    unsigned behind = 0;
    unsigned at_work = 0;
    unsigned completed = 0;
  };
  struct Standing {
    std::uint64_t since = 0;
    bool runs = false;
    unsigned failed = 0;
    std::shared_ptr<Ordered const> ordered = {};
  };

  struct Freeze {
    std::uint64_t since = 0;
    std::optional<Instant> until = {};
  };

  Step& step(unsigned host, unsigned place);
  Cell& cell(Host const& host, Step const& step);
  void set_behind(Host& host, Step& step, bool behind);
  void set_at_work(Host& host, Step& step, bool drained, bool applying);
  void measure(Host& host, Step& step);
  void count_failures(std::uint64_t at);
  [[nodiscard]] std::optional<unsigned> earlier_behind(Host const& host, Step const& step) const;
  [[nodiscard]] std::optional<unsigned> earlier_unknown(Host const& host) const;
  [[nodiscard]] bool has_earlier_behind(unsigned centre, unsigned place, unsigned phase) const;
  [[nodiscard]] Standing standing_at(std::uint64_t at) const;
  [[nodiscard]] std::optional<Instant> frozen_at(std::uint64_t at) const;
  void judge_order(Begun const& begun, Step const& step);
  void judge_limit(Begun const& begun, Step const& step);
  void judge_first(Begun const& begun, Step const& step);
  void judge_words(Begun const& begun, Step const& step);
  void judge_file(Begun const& begun);
  void judge_own(Begun const& begun);
  [[nodiscard]] std::string const& component(Host const& host, unsigned place) const;
  [[nodiscard]] std::string name(unsigned host, unsigned place) const;

  DrawnFleet const& fleet_;
  std::vector<Host> hosts_;
  std::vector<std::vector<std::vector<Cell>>> cells_;
  std::vector<unsigned> behind_by_rank_;
  std::vector<std::vector<unsigned>> held_;  ///< by centre and place: at work or failed
  std::shared_ptr<Ordered const> ordered_ = std::make_shared<Ordered>();
  std::vector<Standing> standings_;
  std::vector<Freeze> freezes_;
  std::optional<std::int64_t> restored_to_;
  std::uint64_t restored_at_ = 0;
  std::vector<bool> came_;  ///< somebody of that centre
  std::vector<FleetViolation> violations_;
};

}  // namespace tykup::simulation
