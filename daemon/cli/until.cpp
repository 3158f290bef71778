#include "daemon/cli/until.hpp"

#include <fmt/format.h>

#include "daemon/cli/text.hpp"
#include "daemon/core/config.hpp"
#include "daemon/core/timestamp.hpp"

namespace tykup::cli {
namespace {

std::optional<Instant> instant_of(std::string const& text, Instant now, Zone const& zone) {
  if (auto const length = parse_duration(text)) return std::chrono::floor<std::chrono::seconds>(now + *length);
  auto const stamp = parse_timestamp(text);
  if (!stamp) return std::nullopt;
  if (stamp->offset) return Instant{stamp->local.time_since_epoch() - *stamp->offset};
  // The later of two: what is held stays so in doubt.
  return to_instant(zone, stamp->local).second;
}

}  // namespace

Result<std::optional<Instant>> parse_until(std::string const& text, Instant now, Zone const& zone) {
  if (text.empty()) return std::optional<Instant>{};
  auto const instant = instant_of(text, now, zone);
  if (!instant)
    return fail(ErrorKind::BadRequest,
                fmt::format("--until \"{}\" is no time; expected 2026-12-18, \"2026-12-18 18:00\", "
                            "2026-12-18T18:00:00Z, or a time from now such as 3d.",
                            printable(text)));
  if (*instant <= now)
    return fail(ErrorKind::BadRequest, fmt::format("--until {} is {}, which is not after now.", printable(text), to_rfc3339(*instant)));
  return instant;
}

}  // namespace tykup::cli
