#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"

namespace tykup {

/// One component and the version it moves to, as an operator names a step: "dashboard=5.3.0".
struct NamedVersion {
  std::string component;
  std::string version;  ///< a full version, or its upstream part
  friend bool operator==(NamedVersion const&, NamedVersion const&) = default;
};

/// BadRequest for anything but COMPONENT=VERSION without blanks.
[[nodiscard]] Result<NamedVersion> parse_named_version(std::string_view text);
[[nodiscard]] std::string to_string(NamedVersion const& named);
/// "dashboard=5.3.0, portal=1.14.0".
[[nodiscard]] std::string to_string(std::vector<NamedVersion> const& named);

}  // namespace tykup
