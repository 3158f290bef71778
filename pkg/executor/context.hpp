#pragma once

#include <functional>

#include "daemon/core/config.hpp"
#include "pkg/executor/paths.hpp"
#include "pkg/executor/sandbox.hpp"
#include "pkg/executor/units.hpp"
#include "pkg/package_manager.hpp"

namespace tykup::executor {

/// What an operation works with. Everything outlives it.
struct Context {
  Paths const& paths;
  Config const& config;
  pkg::PackageManager& packages;
  Units& units;
  pkg::ProgressSink progress;
  bool by_root = false;
  /// SIGTERM came, or the like: nothing new is begun.
  std::function<bool()> told_to_stop = [] { return false; };
  Duration patience = std::chrono::seconds{10};  ///< for a fresh process to become its binary, for other units to settle
  Duration boot_limit = std::chrono::minutes{5};  ///< for the host to have booted, before a service of it is judged
  Sandbox* sandbox = nullptr;                    ///< null: new programs are not asked anything
};

/// Stopping if the host goes down or we were told to end.
Result<void> refuse_when_stopping(Context const& context, std::string const& what);

}  // namespace tykup::executor
