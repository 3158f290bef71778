#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/agent/ports.hpp"

namespace tykup::agent {

/// Keeps the freezes of calendar files true: reads them when a file changes, when the clock is set, and every day, for
/// what recurs without end is worked out for some time only. Says what it finds. Runs on one io_context.
class FreezeWatch {
 public:
  /// Takes the freezes of all calendars, whenever they are others than before.
  using Sink = std::function<void(std::vector<Freeze> const&)>;

  /// All outlive this.
  FreezeWatch(boost::asio::io_context& loop, FreezeFiles& files, Clock& clock, Announcer& announcer, Sink sink);

  /// From now on it is these calendars; they are read before this returns.
  void adopt(std::vector<FreezeCalendar> calendars);

 private:
  void read_all();
  std::vector<Freeze> read(FreezeCalendar const& calendar);
  void say_problem(FreezeCalendar const& calendar, std::string const& problem);
  void say_readable(FreezeCalendar const& calendar, std::vector<Freeze> const& events);
  Awaitable<void> follow_files();
  Awaitable<void> follow_time();

  boost::asio::io_context& loop_;
  FreezeFiles& files_;
  Clock& clock_;
  Announcer& announcer_;
  Sink sink_;
  std::vector<FreezeCalendar> calendars_;
  std::vector<Freeze> told_;
  std::map<std::string, std::string> problems_;           ///< by file: why it cannot be read; empty: it can
  std::map<std::string, std::vector<Freeze>> events_;     ///< by file: what it said last
  bool following_ = false;
};

}  // namespace tykup::agent
