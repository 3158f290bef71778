#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/rollout.hpp"
#include "tests/simulation/windows_draw.hpp"
#include "tests/simulation/windows_judge.hpp"

namespace tykup::simulation {

/// What is wrong with the code under test on purpose, to see that the judge notices.
enum class Bug {
  None,
  IgnoresFreezes,
  IgnoresZones,      ///< every window is read as one of UTC
  ClosesLate,        ///< windows last a quarter of an hour longer
  NeverStarts,       ///< windows are a minute long
};

/// How often what happened.
using Tally = std::map<std::string, std::uint64_t>;

/// One year of one host: the real `step` and the real saved state, with packages, executor, clock and operator made up.
class WindowsYear {
 public:
  explicit WindowsYear(std::uint64_t seed, Bug bug = Bug::None);

  void live();
  [[nodiscard]] Tally const& tally() const { return tally_; }
  /// What must never be; empty: all is well.
  [[nodiscard]] std::vector<std::string> const& violations() const { return violations_; }

 private:
  struct Planned {
    Instant at;  ///< of steady time
    std::uint64_t order;
    std::function<void()> act;
    bool operator>(Planned const& other) const { return std::tie(at, order) > std::tie(other.at, other.order); }
  };
  struct Package {
    std::string name;
    int installed = 0;
    int offered = 0;
    Instant offered_since = {};  ///< steady time
    std::set<int> bad = {};      ///< versions that cannot be made to work
    std::set<int> failed = {};   ///< versions whose step has failed here
    bool broken = false;
  };
  /// A window that a step is owed to.
  struct Owed {
    std::string component;
    Instant until;
  };

  // The world.
  void plan_the_year();
  void recur(std::chrono::seconds low, std::chrono::seconds high, std::function<void()> act);
  void at(Instant steady, std::function<void()> act);
  void after(std::chrono::seconds delay, std::function<void()> act) { at(steady_ + delay, std::move(act)); }
  [[nodiscard]] Instant wall() const { return steady_ + offset_; }
  void advance();
  void release_version();
  void set_clock();
  void suspend();
  void reboot();
  void change_zone();
  void change_freezes();
  void ask_to_run();
  void hold();
  void adopt(DrawnPolicy policy);

  // The daemon.
  void begin_life();
  [[nodiscard]] rollout::Context context();
  void deliver(rollout::Event const& event);
  void carry_out(rollout::Command const& command);
  void submit(job::Request const& request);
  void finish_job(job::Request const& request);
  Result<job::Outcome> perform(job::Operation const& operation);
  Result<job::Outcome> apply(job::Apply const& asked);
  void watch(HealthExpectation const& expectation);
  void crash(std::chrono::seconds away);
  [[nodiscard]] HostFacts facts() const;
  Package& package(std::string const& component);

  // The judgement.
  void look_at(rollout::Phase const& before, rollout::Phase const& after);
  void judge_start(rollout::Run const& run, char const* what, bool counts);
  void expect_openings();
  void expect_opening(std::string const& component, Instant after);
  void opening_begins(std::string const& component, Interval const& opening);
  [[nodiscard]] std::optional<std::string> pending() const;
  void violation(std::string const& what);

  std::uint64_t seed_;
  Bug bug_;
  Dice dice_;
  Instant steady_;
  Instant end_;
  Duration offset_{0};
  std::uint64_t order_ = 0;
  std::priority_queue<Planned, std::vector<Planned>, std::greater<>> planned_;

  std::vector<Package> packages_;
  DrawnPolicy policy_;
  std::optional<Judge> judge_;
  std::uint64_t plans_ = 0;  ///< of openings to expect; older ones are void

  bool up_ = false;
  std::uint64_t life_ = 0;
  std::uint64_t boot_ = 0;
  Instant up_since_;
  Liveness watched_;
  rollout::State state_;
  Config config_;
  Memory memory_;
  Digest digest_;
  std::string machine_id_;
  Instant held_until_ = {};  ///< wall time
  std::optional<Instant> wake_;
  std::map<std::string, Result<job::Outcome>> outcomes_;
  std::set<std::string> begun_;  ///< jobs that change a package
  std::optional<Owed> owed_;

  Tally tally_;
  std::vector<std::string> violations_;
};

}  // namespace tykup::simulation
