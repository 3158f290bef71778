#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
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
  /// The machine is put back to what it was before its last step; its store too where `store`. It is there again after `away`.
  void put_back(bool store, Duration away);
  void leave();
  void repair();
  /// Somebody installs by hand what is published by now of the version that it has. False: it has that. `at_pin`: only where
  /// other bytes of that version are pinned.
  bool install_anew(bool at_pin);
  /// It asks its repository anew.
  void refresh();
  /// A clone has the same name and store, and another machine.
  void become_clone_of(FleetMember const& original);

  // ---- the loop around the real part
  void deliver(fleet::Event const& event);
  void answered(std::uint64_t life, fleet::Event const& event);
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
  /// Its package is being changed, or has been and how that ended is not known yet.
  [[nodiscard]] bool has_begun() const { return run_.doing >= Doing::Applying && run_.doing <= Doing::Inspecting; }
  [[nodiscard]] bool works() const { return run_.doing != Doing::Nothing; }
  [[nodiscard]] unsigned place_of_run() const { return packages_[run_.index].place; }
  [[nodiscard]] std::int64_t slot() const { return run_.grant.slot; }
  [[nodiscard]] bool has_failed() const;
  [[nodiscard]] bool is_well_at(Goals const& goals) const;
  /// What it carries, in the order of its places.
  [[nodiscard]] std::vector<File> files() const;
  /// Some step of the rollout that it knows wants a file that it has not and nobody offers any more.
  [[nodiscard]] bool lacks_pinned_file() const;
  [[nodiscard]] bool was_steady_since(Instant since) const { return !paused_ && steady_since_ <= since; }
  [[nodiscard]] bool is_open_at(Instant clock) const;
  [[nodiscard]] Instant clock() const { return world_.time.now() + skew_; }
  [[nodiscard]] Duration clock_skew() const { return skew_; }
  [[nodiscard]] std::uint64_t watch_serial(fleet::Watched which) const { return watches_[static_cast<std::size_t>(which)]; }
  [[nodiscard]] std::string status() const { return fleet::status_line(state_); }
  /// What it has and where it is sent, for stories.
  [[nodiscard]] std::string described() const;

  // ---- what the network notes
  void watch_is_over(fleet::Watched which) { ++watches_[static_cast<std::size_t>(which)]; }
  void confirmed_by_etcd(std::int64_t slot, Instant sent);
  void heard_of_etcd() { clock_off_ = std::chrono::abs(skew_); }
  void asks();

 private:
  struct Package {
    unsigned place = 0;
    File installed = {};
    bool well = true;
    File before = {};                     ///< what the last step led from
    std::set<File> archive = {File{}};    ///< with what is installed
    std::optional<File> failed = {};      ///< whose step failed here
    std::vector<File> offered = {};       ///< by its repository when that was asked last, newest first
  };
  struct Run {
    Doing doing = Doing::Nothing;
    fleet::Grant grant = {};
    std::size_t index = 0;  ///< of the package
    File target = {};
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
  [[nodiscard]] fleet::Build build(Package const& package, File const& file) const;

  // The run.
  void download();
  [[nodiscard]] std::optional<std::size_t> next() const;
  [[nodiscard]] std::optional<File> pinned(Package const& package) const;
  [[nodiscard]] bool is_published(Package const& package, File const& file) const;
  [[nodiscard]] bool has_other_bytes(Package const& package) const;
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
  void take_run_back();
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
  bool takes_run_back_ = false;
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
  Instant counted_since_ = {};  ///< for a minute
  unsigned counted_ = 0;        ///< questions to etcd
  Run run_;
};

}  // namespace tykup::simulation
