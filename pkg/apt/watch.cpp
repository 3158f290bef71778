#include "pkg/apt/watch.hpp"

#include <apt-pkg/acquire-item.h>
#include <apt-pkg/acquire.h>
#include <apt-pkg/error.h>
#include <apt-pkg/strutl.h>

#include "pkg/common/progress.hpp"
#include "pkg/common/stall.hpp"

namespace tykup::pkg::apt {
namespace {

/// What is asked for and did not come. A server that does not even answer is no `Fetch` to apt.
std::string open_item(pkgAcquire& owner) {
  for (auto item = owner.ItemsBegin(); item != owner.ItemsEnd(); ++item)
    if ((*item)->Status != pkgAcquire::Item::StatDone) return URI::NoUserPassword((*item)->DescURI());
  return "it";
}

class Watch final : public pkgAcquireStatus {
 public:
  Watch(std::string phase, ProgressSink progress, Arrived arrived)
      : phase_(std::move(phase)), progress_(std::move(progress)), arrived_(std::move(arrived)) {}

  bool MediaChange(std::string, std::string) override { return false; }
  void Fetch(pkgAcquire::ItemDesc& item) override {
    said_ = item.ShortDesc;
  }
  void Done(pkgAcquire::ItemDesc& item) override {
    stall_.touch();
    if (arrived_) arrived_(item.URI, item.Owner->DestFile);
  }

  bool Pulse(pkgAcquire* owner) override {
    pkgAcquireStatus::Pulse(owner);
    if (stall_.moved(CurrentBytes)) report(progress_, phase_, Percent, said_);
    if (progress_.told_to_stop()) return false;
    if (!stall_.stands_still()) return true;
    stall_.begin(open_item(*owner));
    _error->Error("%s", stall_.words().c_str());
    return false;
  }

 private:
  std::string phase_;
  ProgressSink progress_;
  Arrived arrived_;
  std::string said_;
  StallWatch stall_;
};

}  // namespace

std::unique_ptr<pkgAcquireStatus> watch_fetch(std::string phase, ProgressSink progress, Arrived arrived) {
  return std::make_unique<Watch>(std::move(phase), std::move(progress), std::move(arrived));
}

}  // namespace tykup::pkg::apt
