#pragma once

#include <string>
#include <string_view>

#include "daemon/core/fleet/steer.hpp"
#include "daemon/core/result.hpp"

namespace tykup::wire {

/// An operator's word with its reason, as the command hands it to the daemon.
struct Said {
  fleet::Saying saying;
  std::string why = {};
};

/// {"schema":1,"verb":"exclude","why":"broken disk","what":{"host":"gw-1","stopped":false}}; `what` as the word has its fields.
[[nodiscard]] std::string said_text(Said const& said);
/// BadRequest with the place where it is not so; OtherVersion where a newer command wrote it.
[[nodiscard]] Result<Said> parse_said(std::string_view text);

}  // namespace tykup::wire
