#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/fault/points.hpp"

/// The one seam through which a test ends a process at a named point. Only a build with TYKUP_FAULTS has anything behind
/// it; in every other build each of these is an empty inline function.
namespace tykup::fault {

#define TYKUP_FAULT_IDENTIFIER(identifier, ...) identifier,
enum class Point { TYKUP_FAULT_POINTS(TYKUP_FAULT_IDENTIFIER) };
enum class Family { TYKUP_FAULT_FAMILIES(TYKUP_FAULT_IDENTIFIER) };
#undef TYKUP_FAULT_IDENTIFIER

enum class Whose { Daemon, Executor, Apt, Rpm };

#ifdef TYKUP_FAULTS

inline constexpr bool kCompiledIn = true;

/// Takes what `--fault` was given, "POINT:KIND[@N]" each: at the N-th time the point is reached (the first where none is
/// said), counted over all processes since the host's start in the size of /run/tykup-fault/POINT, which lets each happen
/// once. Kinds: `kill` ends the process, `hold` leaves it there until
/// /run/tykup-fault/POINT.go is there, `fail` and `skip` are for the points that ask.
/// "list" prints the points of these programs, "trace" adds the name of each point reached to /run/tykup-fault/trace.
/// Returns the exit status where there is nothing else to do.
[[nodiscard]] std::optional<int> obey(std::vector<std::string> const& words, std::vector<Whose> const& programs);

/// The process is here.
void reached(Point point);
void reached(Family family, std::string_view member);
/// Whether what stands here has to fail this time.
[[nodiscard]] bool fails(Point point);
/// Whether what stands here is left out, this time and every other.
[[nodiscard]] bool skipped(Point point);

#else

inline constexpr bool kCompiledIn = false;

[[nodiscard]] inline std::optional<int> obey(std::vector<std::string> const&, std::vector<Whose> const&) { return {}; }
inline void reached(Point) {}
inline void reached(Family, std::string_view) {}
[[nodiscard]] inline bool fails(Point) { return false; }
[[nodiscard]] inline bool skipped(Point) { return false; }

#endif

}  // namespace tykup::fault
