#pragma once

#include <memory>
#include <string>

#include "daemon/agent/controls.hpp"
#include "systemd/bus/connection.hpp"

namespace tykup::systemd {

/// Whether callers may do what changes something. Root always may, polkit or not; everybody else is polkit's decision,
/// asked without blocking; polkit puts a question to the caller's user only where the call allows it.
class Gatekeeper {
 public:
  /// Who sent `call`, if polkit lets them do `action`, else NotAllowed with a sentence that names both. Ends within two
  /// and a half minutes.
  [[nodiscard]] bus::Awaitable<Result<agent::Caller>> authorize(std::shared_ptr<bus::Connection> connection,
                                                                bus::Message call, std::string action);

  /// More questions than this are not put to polkit at once (Busy); root is never turned away.
  static constexpr unsigned kMostQuestions = 16;

 private:
  bus::Awaitable<Result<void>> ask_polkit(std::shared_ptr<bus::Connection> connection, bus::Message call,
                                          std::string action, std::string who);

  unsigned questions_ = 0;
};

}  // namespace tykup::systemd
