#pragma once

#include "daemon/agent/ports.hpp"

namespace tykup::os {

/// The host's wall clock. Sleeps on a timer of the kernel that also ends when somebody sets the clock.
class WallClock final : public agent::Clock {
 public:
  Instant now() override;
  Duration steady() override;
  agent::Awaitable<bool> sleep_until(Instant at) override;

 private:
  std::chrono::steady_clock::time_point made_ = std::chrono::steady_clock::now();
};

}  // namespace tykup::os
