#pragma once

#include <functional>
#include <memory>
#include <string>

#include "pkg/package_manager.hpp"

class pkgAcquireStatus;

namespace tykup::pkg::apt {

/// Told of every file that arrived, before it is verified: its URI and where it lies.
using Arrived = std::function<void(std::string const& uri, std::string const& file)>;

/// Hears what apt's acquire system reports, passes it on as progress of `phase`, and ends a fetch in which nothing
/// arrives for `kStall`, or which the sink says is to end. Never answers a question with yes.
std::unique_ptr<pkgAcquireStatus> watch_fetch(std::string phase, ProgressSink progress, Arrived arrived = {});

}  // namespace tykup::pkg::apt
