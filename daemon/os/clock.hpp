#pragma once

#include "daemon/agent/ports.hpp"

namespace tykup::os {

/// The host's wall clock. Sleeps on a timer of the kernel that also ends when somebody sets the clock.
class WallClock final : public agent::Clock {
 public:
  Instant now() override;
  agent::Awaitable<bool> sleep_until(Instant at) override;
};

}  // namespace tykup::os
