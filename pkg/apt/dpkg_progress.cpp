#include "pkg/apt/dpkg_progress.hpp"

#include <apt-pkg/install-progress.h>

#include <algorithm>
#include <cctype>

#include "pkg/common/progress.hpp"

namespace tykup::pkg::apt {
namespace {

/// "Unpacking tyk-gateway (amd64)" → "unpack": the phases that the rest of the house knows.
std::string phase_of(std::string const& action) {
  if (action.rfind("Unpack", 0) == 0 || action.rfind("Preparing", 0) == 0) return "unpack";
  if (action.rfind("Config", 0) == 0 || action.rfind("Installed", 0) == 0) return "configure";
  return "install";
}

class Listener final : public DpkgProgress, private APT::Progress::PackageManager {
 public:
  explicit Listener(ProgressSink sink) : sink_(std::move(sink)) {}
  APT::Progress::PackageManager& listener() override { return *this; }
  [[nodiscard]] std::string const& failures() const override { return failures_; }

 private:
  bool StatusChanged(std::string package, unsigned int done, unsigned int total, std::string action) override {
    APT::Progress::PackageManager::StatusChanged(package, done, total, action);
    report(sink_, phase_of(action), total == 0 ? -1 : 100.0 * done / total, action);
    return true;
  }
  void Error(std::string package, unsigned int, unsigned int, std::string message) override {
    failures_ += package + ": " + message + "\n";
  }
  void ConffilePrompt(std::string package, unsigned int, unsigned int, std::string message) override {
    failures_ += package + ": dpkg asked about a conffile: " + message + "\n";
  }

  ProgressSink sink_;
  std::string failures_;
};

}  // namespace

std::unique_ptr<DpkgProgress> dpkg_progress(ProgressSink sink) { return std::make_unique<Listener>(std::move(sink)); }

}  // namespace tykup::pkg::apt
