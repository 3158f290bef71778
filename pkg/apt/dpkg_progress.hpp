#pragma once

#include <memory>
#include <string>

#include "pkg/package_manager.hpp"

namespace APT::Progress {
class PackageManager;
}

namespace tykup::pkg::apt {

/// Turns dpkg's status lines, as libapt-pkg reports them, into our progress.
class DpkgProgress {
 public:
  virtual ~DpkgProgress() = default;
  virtual APT::Progress::PackageManager& listener() = 0;
  /// What dpkg called an error, one a line.
  [[nodiscard]] virtual std::string const& failures() const = 0;
};

std::unique_ptr<DpkgProgress> dpkg_progress(ProgressSink sink);

}  // namespace tykup::pkg::apt
