#pragma once

#include <optional>
#include <string>

#include "daemon/core/time.hpp"

namespace tykup::pkg {

/// When a source was last refreshed well, and how new its metadata was then. apt itself keeps neither: the times of its
/// list files are the server's, and an unchanged list is not touched.
struct Stamp {
  Instant refreshed;
  std::optional<Instant> metadata = {};
};

/// One small file for each source in `folder`, named after its release file.
std::optional<Stamp> read_stamp(std::string const& folder, std::string const& name);
/// Best effort: without it the last refresh is merely unknown.
void write_stamp(std::string const& folder, std::string const& name, Stamp const& stamp);

}  // namespace tykup::pkg
