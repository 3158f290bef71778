#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/core/time.hpp"

/// Times as programs read them.
namespace tykup::wire {

/// RFC 3339 in whole seconds; null for what is not known or never comes.
inline nlohmann::json instant(std::optional<Instant> at) {
  if (!at || *at == Instant{} || *at == Instant::max()) return nullptr;
  return to_rfc3339(std::chrono::floor<std::chrono::seconds>(*at));
}

inline std::int64_t whole_seconds(Duration length) { return std::chrono::floor<std::chrono::seconds>(length).count(); }

}  // namespace tykup::wire
