#pragma once

#include <string>

#include "daemon/cli/arguments.hpp"

namespace tykup::cli {

inline constexpr char const* kSubscribeProgram = "/usr/libexec/tykup/tykup-subscribe";

/// Becomes root's own command; returns only if that is not possible, with what to say. Asking it for help needs no
/// root.
[[nodiscard]] Notice become_subscribe(verb::Subscribe const& asked, std::string const& program = kSubscribeProgram);

}  // namespace tykup::cli
