#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/fleet/participant.hpp"
#include "tests/simulation/fleet/fleet_world.hpp"

namespace tykup::simulation {

class FleetNetwork;

/// How far a step is. What is kept survives the daemon's end, as the real run does.
enum class Doing { Nothing, Preparing, AsksDrain, Draining, AsksApply, Applying, Watching, Undoing, Inspecting, Ended };

/// One host: its machine, packages and executor, its daemon with the real part in the fleet, and a small model of its run that
/// speaks to the fleet as the real one does.
class FleetMember {
 public:
  FleetMember(FleetWorld& world, FleetNetwork& network, DrawnHost drawn, unsigned number);

  // ---- what befalls it
  void power_on();
  void power_off();
  void crash(Duration away);
  void reboot(Duration away);
  void pause(Duration length);
  void cut(bool out, bool in, Duration length);
  void skew(Duration by);
  /// The machine is put back to what it was before its last step; its store too where `store`.
  void put_back(bool store);
  void leave();
  void repair();
  void learn_releases();
  /// A clone has the same name and store, and another machine.
  void become_clone_of(FleetMember const& original);

  // ---- the loop around the real part
  void deliver(fleet::Event event);
  void answered(std::uint64_t life, fleet::Event event);
  void poll();

  // ---- what others ask
  [[nodiscard]] std::string const& name() const { return drawn_.name; }
  [[nodiscard]] unsigned number() const { return number_; }
  [[nodiscard]] DrawnHost const& drawn() const { return drawn_; }
  [[nodiscard]] fleet::State const& state() const { return state_; }
  [[nodiscard]] std::uint64_t life() const { return life_; }
  [[nodiscard]] bool is_on() const { return on_; }
  [[nodiscard]] bool is_up() const { return up_; }
  [[nodiscard]] bool has_left() const { return left_; }
  [[nodiscard]] bool is_paused() const { return paused_; }
  [[nodiscard]] bool is_cut_out() const { return cut_out_; }
  [[nodiscard]] bool is_cut_in() const { return cut_in_; }
  [[nodiscard]] Doing doing() const { return run_.doing; }
  [[nodiscard]] bool works() const { return run_.doing != Doing::Nothing; }
  [[nodiscard]] unsigned place_of_run() const { return packages_[run_.index].place; }
  [[nodiscard]] std::int64_t slot() const { return run_.grant.slot; }
  [[nodiscard]] bool has_failed() const;
  [[nodiscard]] bool is_well_at(int version, bool back) const;
  [[nodiscard]] std::vector<int> versions() const;
  [[nodiscard]] bool was_steady_since(Instant since) const { return !paused_ && steady_since_ <= since; }
  [[nodiscard]] bool is_open_at(Instant clock) const;
  [[nodiscard]] Instant clock() const { return world_.time.now() + skew_; }
  [[nodiscard]] Duration clock_skew() const { return skew_; }
  [[nodiscard]] std::uint64_t watch_serial(fleet::Watched which) const { return watches_[static_cast<std::size_t>(which)]; }
  [[nodiscard]] std::string status() const { return fleet::status_line(state_); }

  // ---- what the network notes
  void watch_is_over(fleet::Watched which) { ++watches_[static_cast<std::size_t>(which)]; }
  void confirmed_by_etcd(std::int64_t slot, Instant sent);
  void heard_of_etcd() { clock_off_ = std::chrono::abs(skew_); }

 private:
  struct Package {
    unsigned place = 0;
    int version = 1;
    bool well = true;
    int before = 1;   ///< what the last step led from
    int kept = 0;     ///< the other version in the archive
    int failed = 0;   ///< the version whose step failed here
  };
  struct Run {
    Doing doing = Doing::Nothing;
    fleet::Grant grant = {};
    std::size_t index = 0;  ///< of the package
    PackagePin pin = {};
    int target = 0;
    bool interrupted = false;
    bool over = false;    ///< the executor has come to the end
    bool fails = false;
    fleet::need::Ended ended = {};
    Instant asked = {};   ///< since when it asks at this point
    std::uint64_t confirmed = 0;
    Instant confirmed_at = {};
  };

  // The daemon.
  void begin_life();
  void look_at_window();
  void end_life();
  void handle(fleet::Event const& event);
  void carry_out(fleet::Command const& command);
  void wake_at(Instant clock);
  void later(Duration delay, std::function<void()> act);
  void tell_facts();
  void tell_need();
  [[nodiscard]] fleet::HostRecord record() const;
  [[nodiscard]] fleet::Build build(Package const& package, int version) const;

  // The run.
  void download();
  [[nodiscard]] std::optional<std::size_t> next() const;
  [[nodiscard]] bool is_behind(Package const& package) const;
  [[nodiscard]] bool may_go(Package const& package) const;
  [[nodiscard]] fleet::Need need() const;
  void begin_run();
  void resume_run();
  void look_at_answer();
  void ask(Doing doing);
  void drain();
  void apply();
  void apply_is_over(std::uint64_t boot);
  void after_apply();
  void watch_health();
  void undo();
  void undone();
  void inspect(fleet::need::Ended ended);
  void give_up(std::string reason);
  void heard(std::int64_t slot);
  void set_doing(Doing doing);
  [[nodiscard]] std::string const& component(Package const& package) const;
  Package& package() { return packages_[run_.index]; }
  [[nodiscard]] unsigned place() const { return packages_[run_.index].place; }

  FleetWorld& world_;
  FleetNetwork& network_;
  DrawnHost drawn_;
  unsigned number_;
  fleet::Identity identity_;
  std::vector<Package> packages_;
  int offered_ = 2;  ///< newest version that it has heard of
  bool on_ = false;
  bool left_ = false;
  bool cut_out_ = false;
  bool cut_in_ = false;
  std::uint64_t cuts_ = 0;
  std::uint64_t boot_ = 0;
  Duration skew_{0};

  bool up_ = false;
  bool paused_ = false;
  bool ready_ = false;  ///< the run's state was entered again
  std::uint64_t life_ = 0;
  Instant steady_since_ = {};
  std::deque<std::function<void()>> held_;  ///< while paused
  fleet::State state_;
  fleet::Memory disk_;
  fleet::Memory old_disk_;
  fleet::View view_;
  std::optional<fleet::Need> told_;
  std::optional<fleet::HostRecord> facts_;
  Duration clock_off_{0};
  std::uint64_t wakes_ = 0;
  std::optional<Instant> wake_;
  std::array<std::uint64_t, 2> watches_{};
  std::set<std::size_t> downloading_;
  Run run_;
};

}  // namespace tykup::simulation
