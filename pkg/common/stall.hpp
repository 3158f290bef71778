#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "daemon/core/time.hpp"
#include "pkg/package_manager.hpp"

namespace tykup::pkg {

/// Of a fetch, no byte of which arrives. Slow is not still: what trickles goes on.
inline constexpr Duration kStall = std::chrono::seconds{60};

/// Watches over the bytes of one fetch. An attempt that begins anew and gets no further than the one before stands still.
class StallWatch {
 public:
  using Clock = std::chrono::steady_clock;
  void begin(std::string file) { file_ = std::move(file); }
  /// True where more is there than ever before.
  bool moved(std::uint64_t bytes) {
    if (bytes <= most_) return false;
    most_ = bytes;
    touch();
    return true;
  }
  void touch() { last_ = Clock::now(); }
  [[nodiscard]] bool stands_still() const { return Clock::now() - last_ >= kStall; }
  /// "no byte of FILE arrived for 60s"
  [[nodiscard]] std::string words() const { return "no byte of " + file_ + " arrived for " + to_human(kStall); }

 private:
  std::string file_ = "it";
  std::uint64_t most_ = 0;
  Clock::time_point last_ = Clock::now();
};

/// Why a fetch was given up, where the executor was told to end.
inline Error put_off(std::string const& what) {
  return {ErrorKind::Stopping, "the executor was told to end while it fetched " + what + "; nothing was changed, it is fetched again"};
}

}  // namespace tykup::pkg
