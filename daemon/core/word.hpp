#pragma once

#include <optional>
#include <string>
#include <variant>

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
/// The plan of that hash may run; eight digits of it or more are enough.
struct Approve {
  std::string plan;
  std::optional<Instant> until = {};
};
/// Versions that failed here may be tried again.
struct ForgetBad {
  std::string component = {};
};
}  // namespace word

using Word = std::variant<word::Hold, word::Release, word::Approve, word::ForgetBad>;

}  // namespace tykup
