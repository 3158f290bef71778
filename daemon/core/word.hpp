#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/core/named_version.hpp"
#include "daemon/core/time.hpp"

namespace tykup {

/// What an operator may tell the daemon at any time, without its doing anything at once. An empty component stands for
/// all of them.
namespace word {
/// The component stays where it is, until then or until it is released.
struct Hold {
  std::string component = {};
  std::optional<Instant> until = {};
  std::string reason = {};
};
struct Release {
  std::string component = {};
};
/// The plan of that hash may run; eight digits of it or more are enough. Its steps without a way back only where they are
/// named.
struct Approve {
  std::string plan;
  std::optional<Instant> until = {};
  std::vector<NamedVersion> without_way_back = {};
};
/// Versions that failed here may be tried again.
struct ForgetBad {
  std::string component = {};
};
}  // namespace word

using Word = std::variant<word::Hold, word::Release, word::Approve, word::ForgetBad>;

}  // namespace tykup
