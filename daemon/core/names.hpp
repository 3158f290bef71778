#pragma once

#include <span>
#include <string_view>

namespace tykup::rollout {
/// The names of all phases, in the order of the variant.
std::span<std::string_view const> phase_names();
}  // namespace tykup::rollout

namespace tykup::job {
/// The names of all operations, in the order of the variant.
std::span<std::string_view const> operation_names();
}  // namespace tykup::job
