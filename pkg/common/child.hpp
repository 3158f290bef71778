#pragma once

#include <string>
#include <utility>
#include <vector>

#include "daemon/core/result.hpp"

namespace tykup::pkg {

struct ChildEnd {
  int status = 0;      ///< exit status; 128 + signal where it was killed
  std::string output;  ///< stdout and stderr together, the last 64 KiB
};

/// Runs a program with stdin from /dev/null and waits for its end. `environment` is added to ours.
/// Internal where it cannot be started.
Result<ChildEnd> run_child(std::vector<std::string> const& command,
                           std::vector<std::pair<std::string, std::string>> const& environment = {});

/// The last `lines` lines.
std::string tail_of(std::string const& text, std::size_t lines);

}  // namespace tykup::pkg
