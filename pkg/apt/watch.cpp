#include "pkg/apt/watch.hpp"

#include <apt-pkg/acquire-item.h>
#include <apt-pkg/acquire.h>
#include <apt-pkg/error.h>

#include <chrono>

#include "pkg/common/progress.hpp"

namespace tykup::pkg::apt {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kStall = std::chrono::minutes{2};

class Watch final : public pkgAcquireStatus {
 public:
  Watch(std::string phase, ProgressSink progress, Arrived arrived)
      : phase_(std::move(phase)), progress_(std::move(progress)), arrived_(std::move(arrived)) {}

  bool MediaChange(std::string, std::string) override { return false; }
  void Fetch(pkgAcquire::ItemDesc& item) override { said_ = item.ShortDesc; }
  void Done(pkgAcquire::ItemDesc& item) override {
    moved_ = Clock::now();
    if (arrived_) arrived_(item.URI, item.Owner->DestFile);
  }

  bool Pulse(pkgAcquire* owner) override {
    pkgAcquireStatus::Pulse(owner);
    if (CurrentBytes != seen_) {
      seen_ = CurrentBytes;
      moved_ = Clock::now();
      report(progress_, phase_, Percent, said_);
    }
    if (Clock::now() - moved_ < kStall) return true;
    _error->Error("Nothing arrived for two minutes; the connection timed out");
    return false;
  }

 private:
  std::string phase_;
  ProgressSink progress_;
  Arrived arrived_;
  std::string said_;
  unsigned long long seen_ = 0;
  Clock::time_point moved_ = Clock::now();
};

}  // namespace

std::unique_ptr<pkgAcquireStatus> watch_fetch(std::string phase, ProgressSink progress, Arrived arrived) {
  return std::make_unique<Watch>(std::move(phase), std::move(progress), std::move(arrived));
}

}  // namespace tykup::pkg::apt
