#pragma once

#include <optional>
#include <string>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "daemon/core/zone.hpp"

namespace tykup::cli {

/// An end as an operator types it: "2026-12-18", "2026-12-18 18:00" in `zone`, an instant with its offset, or a length of
/// time from now ("3d", "1h 30m"). Nothing for an empty text. BadRequest for any other, and for what is not after now.
[[nodiscard]] Result<std::optional<Instant>> parse_until(std::string const& text, Instant now, Zone const& zone);

}  // namespace tykup::cli
