#include "daemon/core/one_way.hpp"

#include <array>
#include <utility>

namespace tykup {
namespace {

struct OneWay {
  ServiceKind kind;
  std::string_view below;  ///< only from versions below this; empty: from all
  std::string_view first;  ///< the first version that migrates; empty: each does
  std::string_view migrates;
  std::string_view consequence;
  bool shared_database;
};

/// Of one component the newest is the last.
constexpr std::array kOneWay{
    OneWay{ServiceKind::Dashboard, "5.0", "5.1.0", "changes the Tyk OAS API definitions in the Dashboard's database",
           "back on a 4.x they may be broken", true},
    OneWay{ServiceKind::Dashboard, "", "5.3.0", "migrates the Tyk OAS API definitions in the Dashboard's database",
           "no Dashboard or Gateway before 5.3.0 can read them", true},
    OneWay{ServiceKind::Portal, "", "", "migrates the Portal's database when it first starts",
           "the version before it needs the database as it was", true}};

/// "5.3.0~rc1" → "5.3.0": what a pre-release migrates it migrates too.
std::string final_of(std::string const& version) { return version.substr(0, version.find('~')); }

bool lies_between(OneWay const& row, PackageFormat format, std::string const& lower, std::string const& upper) {
  auto const below = [&](std::string const& version, std::string_view bound) {
    return compare_versions(format, version, bound) < 0;
  };
  if (!row.below.empty() && !below(lower, row.below)) return false;
  return row.first.empty() || (below(lower, row.first) && !below(final_of(upper), row.first));
}

std::string sentence(OneWay const& row, std::string const& upper) {
  std::string const version(row.first.empty() ? upper : row.first);
  return version + " " + std::string(row.migrates) + ": " + std::string(row.consequence);
}

}  // namespace

std::optional<Migration> migration_between(ServiceKind kind, PackageFormat format, std::string_view from,
                                           std::string_view to) {
  auto lower = upstream_of(from);
  auto upper = upstream_of(to);
  if (lower.empty() || upper.empty()) return std::nullopt;
  auto const order = compare_versions(format, lower, upper);
  if (order == 0) return std::nullopt;
  if (order > 0) std::swap(lower, upper);
  std::optional<Migration> found;
  for (OneWay const& row : kOneWay) {
    if (row.kind == kind && lies_between(row, format, lower, upper)) found = {sentence(row, upper), row.shared_database};
  }
  return found;
}

}  // namespace tykup
