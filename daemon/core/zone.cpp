#include "daemon/core/zone.hpp"

#include <algorithm>
#include <iterator>

namespace tykup {
namespace {

using std::chrono::hours;

// No zone was ever further than this from UTC.
constexpr hours kFurthest{26};

Instant as_utc(LocalTime local) {
  return Instant{local.time_since_epoch()};
}

/// The first transition after `at`.
auto following(Zone const& zone, Instant at) {
  return std::ranges::upper_bound(zone.transitions, at, {}, &Transition::at);
}

std::chrono::seconds offset_before(Zone const& zone, std::vector<Transition>::const_iterator next) {
  return next == zone.transitions.begin() ? zone.initial_offset : std::prev(next)->offset;
}

}  // namespace

Zone utc_zone() {
  return Zone{"UTC", std::chrono::seconds{0}, "UTC", {}};
}

std::chrono::seconds offset_at(Zone const& zone, Instant at) {
  return offset_before(zone, following(zone, at));
}

std::string const& abbreviation_at(Zone const& zone, Instant at) {
  auto const next = following(zone, at);
  return next == zone.transitions.begin() ? zone.initial_abbreviation : std::prev(next)->abbreviation;
}

LocalTime to_local(Zone const& zone, Instant at) {
  return LocalTime{(at + offset_at(zone, at)).time_since_epoch()};
}

LocalLookup to_instant(Zone const& zone, LocalTime local) {
  auto const civil = as_utc(local);
  std::optional<Instant> first;
  Instant last{};
  Instant after_gap{};
  auto next = following(zone, civil - kFurthest);
  for (Instant begin = Instant::min();; ++next) {
    bool const final = next == zone.transitions.end();
    auto const offset = offset_before(zone, next);
    auto const candidate = civil - offset;
    if (candidate >= begin && (final || candidate < next->at)) {
      if (!first) first = candidate;
      last = candidate;
    }
    if (final || next->at > civil + kFurthest) break;
    if (candidate >= next->at && civil - next->offset < next->at) after_gap = next->at;
    begin = next->at;
  }
  if (!first) return {LocalLookup::Kind::Gap, after_gap, after_gap};
  auto const kind = *first == last ? LocalLookup::Kind::Unique : LocalLookup::Kind::Ambiguous;
  return {kind, *first, last};
}

}  // namespace tykup
