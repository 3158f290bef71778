#pragma once

#include <string>
#include <string_view>

#include "daemon/core/fleet/participant.hpp"
#include "daemon/core/result.hpp"

/// What a host keeps of its fleet in its own store.
namespace tykup::wire {

[[nodiscard]] std::string memory_text(fleet::Memory const& memory);
/// StateUnusable, with the place.
[[nodiscard]] Result<fleet::Memory> parse_memory(std::string_view text);

}  // namespace tykup::wire
