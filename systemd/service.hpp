#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/agent/controls.hpp"
#include "systemd/bus/system_bus.hpp"
#include "systemd/polkit.hpp"

namespace tykup::systemd {

inline constexpr char const* kBusName = "org.tykup1";
inline constexpr char const* kObjectPath = "/org/tykup1";
inline constexpr char const* kInterface = "org.tykup1.Manager";

/// The arguments of GetHistory and Run as far as they make sense at all; BadRequest names the one that does not.
[[nodiscard]] Result<void> check_history_arguments(unsigned limit, std::string const& run);
[[nodiscard]] Result<void> check_run_arguments(std::string const& plan_hash);
/// A word to the fleet as far as its length makes sense.
[[nodiscard]] Result<void> check_fleet_word(std::string const& word);
/// The name of a component as far as it makes sense at all.
[[nodiscard]] Result<void> check_component(std::string const& component);
/// An instant in RFC 3339 or nothing; BadRequest for any other text.
[[nodiscard]] Result<std::optional<Instant>> check_until(std::string const& text);

/// Our interface on the bus, as systemd/dbus/org.tykup1.Manager.xml has it. Reading is open to everybody; what changes
/// something is polkit's decision. Every call is answered. Must outlive the running of the loop.
class Service {
 public:
  /// Registers itself with `bus`, which exports the object and takes the name in its `start`: Busy, with the process at
  /// work, if another tykupd has it. All must outlive this.
  Service(boost::asio::any_io_executor executor, bus::SystemBus& bus, agent::Controls& controls, std::string version);
  Service(Service const&) = delete;
  Service& operator=(Service const&) = delete;

  /// Something may have changed, and the status line is this now: says PropertiesChanged for what differs from the last time,
  /// State and Progress included. Progress is told four times a second at most; the last of it always comes.
  void status_changed(std::string const& text);

  /// Used by the handlers of the bus.
  [[nodiscard]] agent::Controls& controls() { return controls_; }
  [[nodiscard]] std::string const& version() const { return version_; }
  [[nodiscard]] std::string const& status_text() const { return text_; }
  void answer(bus::Message const& call, Result<std::string> const& text);
  enum class Change { Check, Run, RunInFreeze, Stop, Hold, Release, Approve, ForgetBad, ApproveWithoutWayBack, RunWithoutWayBack, RollBack, RunOutsideFleet };
  void serve(bus::Message call, Change change);
  void get_fleet(bus::Message const& call);
  void plan_fleet(bus::Message call);
  void steer_fleet(bus::Message call);

 private:
  void tell_progress();
  void emit(std::vector<char const*> properties);
  bus::Awaitable<Result<void>> set_up(std::shared_ptr<bus::Connection> connection);
  bus::Awaitable<Result<void>> take_name(std::shared_ptr<bus::Connection> connection);
  bus::Awaitable<void> serve_change(std::shared_ptr<bus::Connection> connection, bus::Message call, Change change);
  [[nodiscard]] agent::Answered to(bus::Message call);
  bus::Awaitable<void> serve_steering(std::shared_ptr<bus::Connection> connection, bus::Message call, std::string word);
  void begin_steering(agent::Caller const& caller, std::string word, bus::Message call);
  Result<bus::Message> carry_out_run(bus::Message const& call, Change change, agent::Caller const& caller);
  Result<bus::Message> carry_out_roll_back(bus::Message const& call, agent::Caller const& caller);
  Result<bus::Message> carry_out_word(bus::Message const& call, Change change, agent::Caller const& caller);
  Result<bus::Message> carry_out(bus::Message const& call, Change change, agent::Caller const& caller);

  boost::asio::any_io_executor executor_;
  agent::Controls& controls_;
  std::string version_;
  Gatekeeper gatekeeper_;
  std::weak_ptr<bus::Connection> connection_;
  std::string text_;
  std::string state_;
  std::string progress_;
  boost::asio::steady_timer progress_pause_;
  bool progress_waits_ = false;
  std::shared_ptr<Service*> alive_ = std::make_shared<Service*>(this);  ///< etcd may answer when the service is gone
};

}  // namespace tykup::systemd
