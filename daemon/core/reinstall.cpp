#include "daemon/core/reinstall.hpp"

#include <algorithm>
#include <array>

namespace tykup {
namespace {

struct Era {
  ServiceKind kind;
  std::string_view first;  ///< empty: from the beginning
  std::string_view fixed;  ///< the first version without the fault
  std::string_view fault;
};

constexpr std::string_view kRemovesAll = "removes unit file and init scripts when it is replaced";
constexpr std::string_view kUnguarded = "stops its service and removes its unit file when it is replaced";

constexpr std::array kEras{Era{ServiceKind::Gateway, "", "2.5", kRemovesAll},
                           Era{ServiceKind::Dashboard, "", "1.5", kRemovesAll},
                           Era{ServiceKind::Gateway, "3.0.6", "3.0.7", kUnguarded},
                           Era{ServiceKind::Gateway, "3.2.0", "3.2.2", kUnguarded},
                           Era{ServiceKind::Dashboard, "3.0.6", "3.0.7", kUnguarded},
                           Era{ServiceKind::Dashboard, "3.2.0", "3.2.2", kUnguarded},
                           Era{ServiceKind::IdentityBroker, "1.2.0", "1.2.2", kUnguarded},
                           Era{ServiceKind::Pump, "1.4", "1.6", kUnguarded}};

bool within(Era const& era, std::string const& version) {
  auto const below = [&](std::string_view bound) { return compare_versions(PackageFormat::Rpm, version, bound) < 0; };
  return (era.first.empty() || !below(era.first)) && below(era.fixed);
}

}  // namespace

std::optional<std::string> reinstall_after(ServiceKind kind, PackageFormat format, std::string_view from) {
  auto const version = upstream_of(from);
  if (format != PackageFormat::Rpm || version.empty()) return std::nullopt;
  auto const final_version = version.substr(0, version.find('~'));
  auto const era = std::ranges::find_if(
      kEras, [&](Era const& one) { return one.kind == kind && (within(one, version) || within(one, final_version)); });
  if (era == kEras.end()) return std::nullopt;
  return "the package of " + version + " " + std::string(era->fault);
}

}  // namespace tykup
