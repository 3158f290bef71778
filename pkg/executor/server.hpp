#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>

#include "daemon/core/config.hpp"
#include "pkg/executor/connection.hpp"
#include "pkg/executor/paths.hpp"
#include "pkg/executor/sandbox.hpp"
#include "pkg/executor/units.hpp"
#include "pkg/package_manager.hpp"

namespace tykup::executor {

/// What a process of the executor is made of.
struct Host {
  Paths paths = {};
  uid_t daemon = 0;  ///< the uid of user tykup; root is always heard
  std::function<Result<Config>()> load_config;
  std::function<std::unique_ptr<pkg::PackageManager>()> package_manager;
  std::function<std::unique_ptr<Units>()> units;
  std::function<bool()> told_to_stop = [] { return false; };
  /// Held while a package or a service changes; `why` is for people.
  std::function<Fd(std::string const& why)> inhibit = [](std::string const&) { return Fd(); };
  Duration send_limit = std::chrono::seconds{5};       ///< for a peer to send its request, or to take an answer
  Duration busy_wait = std::chrono::minutes{1};        ///< for another operation to end
  Duration patience = std::chrono::seconds{10};
  std::function<std::unique_ptr<Sandbox>()> sandbox = [] { return nullptr; };
  /// Takes the fields of an entry in the journal.
  std::function<void(std::vector<std::string> const& fields)> say = [](std::vector<std::string> const&) {};
};

/// Answers the one request of a connection. `peer` is who sent it, by the kernel's word. The last line is always sent:
/// ok or error.
void serve(Host const& host, Connection& connection, Result<Peer> const& peer);

}  // namespace tykup::executor
