#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "daemon/core/zone.hpp"

namespace tykup {

/// A calendar event of systemd.time(7), parsed. Immutable and cheap to copy.
///
/// Where clocks change the rule is ours: a time that does not exist begins at the first valid instant after the gap;
/// one that exists twice begins once, at its first occurrence; several inside one gap are one. Everywhere else the
/// answers equal systemd's.
class Calendar {
 public:
  /// Parses the whole grammar, "Sun *-*-* 02:00", "weekly", "Mon..Fri *-*~01 22:30 Europe/London". The error
  /// (BadConfig) points at the offending character with a caret line in `detail` and says what was expected.
  static Result<Calendar> parse(std::string_view text);

  /// The first occurrence strictly after `after`, or nothing if there is none up to the year 2199. `zone` is the zone
  /// that the caller resolved: the expression's own (see `zone_name`) or the window's.
  [[nodiscard]] std::optional<Instant> next(Zone const& zone, Instant after) const;

  /// The zone suffix of the expression, empty where there is none.
  [[nodiscard]] std::string const& zone_name() const;
  /// The normalised form, as `systemd-analyze calendar` prints it.
  [[nodiscard]] std::string const& normalized() const;

  struct Spec;

 private:
  explicit Calendar(std::shared_ptr<Spec const> spec) : spec_(std::move(spec)) {}
  std::shared_ptr<Spec const> spec_;
};

}  // namespace tykup
