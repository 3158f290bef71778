#pragma once

#include <string>

#include "pkg/package_manager.hpp"

namespace tykup::pkg {

/// Says it to whoever listens; nobody may.
inline void report(ProgressSink const& sink, std::string phase, double percent, std::string message) {
  if (sink) sink(job::Progress{std::move(phase), percent, std::move(message)});
}

}  // namespace tykup::pkg
