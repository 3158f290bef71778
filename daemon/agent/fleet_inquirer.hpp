#pragma once

#include "daemon/agent/ports.hpp"
#include "daemon/core/fleet/inquiry.hpp"

namespace tykup::agent {

/// Asks the operator's gates and hooks of a fleet: a command through the executor, a query of Prometheus over the network.
class FleetInquirer {
 public:
  FleetInquirer(Executor& executor, Prober& prober, Clock& clock) : executor_(executor), prober_(prober), clock_(clock) {}

  /// Ends within the limit and what the executor needs besides. No error: go on. HookFailed: no, and why. Others of the
  /// executor's: it was not asked to the end.
  Awaitable<Result<void>> ask(fleet::Inquiry inquiry);

 private:
  Awaitable<Result<void>> run(fleet::Inquiry inquiry);
  Awaitable<Result<void>> query(fleet::Inquiry inquiry);

  Executor& executor_;
  Prober& prober_;
  Clock& clock_;
};

}  // namespace tykup::agent
