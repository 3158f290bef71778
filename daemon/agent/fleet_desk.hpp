#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "daemon/agent/controls.hpp"
#include "daemon/agent/etcd_port.hpp"
#include "daemon/core/fleet/steer.hpp"
#include "daemon/wire/fleet_saying.hpp"

namespace tykup::agent {

/// Where operators ask about the whole fleet and steer it, from any of its hosts. Every question reads the cluster at once;
/// every change is one transaction that compares what was read.
class FleetDesk {
 public:
  /// `host`: this one, for "who said so". All must outlive the running of the loop.
  FleetDesk(boost::asio::any_io_executor executor, Etcd& etcd, std::string cluster, std::string host, std::function<Instant()> now, Digest digest);

  void fleet_json(Answered answered);
  void plan_fleet(Caller const& caller, std::string const& word, Answered answered);
  /// EtcdUnknown where its answer was lost: status tells whether it was done. Busy where the records changed again and again.
  void steer_fleet(Caller const& caller, std::string const& word, Answered answered);

 private:
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;
  Awaitable<Result<fleet::Board>> read();
  Awaitable<Result<std::string>> show();
  Awaitable<Result<std::string>> plan(std::string by, wire::Said said);
  Awaitable<Result<std::string>> steer(std::string by, wire::Said said);
  Awaitable<Result<bool>> make(fleet::Board board, fleet::Change change);
  Awaitable<Result<void>> prepare();
  [[nodiscard]] fleet::Beginning beginning(std::string const& by, wire::Said const& said) const;
  void spawn(Awaitable<Result<std::string>> work, Answered answered);
  [[nodiscard]] std::string name_of(Caller const& caller) const;

  boost::asio::any_io_executor executor_;
  Etcd& etcd_;
  std::string cluster_;
  std::string host_;
  std::function<Instant()> now_;
  Digest digest_;
};

}  // namespace tykup::agent
