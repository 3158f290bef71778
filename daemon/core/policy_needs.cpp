#include <array>
#include <tuple>

#include "daemon/core/policy_parts.hpp"

namespace tykup {
namespace {

struct Need {
  int major;
  int minor;
  int patch;  ///< from this one of the line on
  std::string_view mdcb;
};

/// "Compatibility matrix" of the release notes of Gateway and Dashboard, oldest MDCB that works, as of July 2026. The last
/// row that is not above a release holds for it.
constexpr std::array kNeeds{Need{5, 3, 0, "2.4.2"},  Need{5, 8, 0, "2.8.0"},  Need{5, 8, 15, "2.12.0"},
                            Need{5, 9, 0, "2.8.2"},  Need{5, 10, 0, "2.8.5"}, Need{5, 11, 0, "2.8.7"},
                            Need{5, 12, 0, "2.9.0"}, Need{5, 13, 0, "2.11.0"}, Need{5, 13, 1, "2.12.0"},
                            Need{5, 14, 0, "2.12.0"}};
/// The release notes of 5.3.0 ask more for the Dashboard: OAS definitions are migrated.
constexpr std::string_view kFirstForDashboard = "2.5.0";

}  // namespace

std::optional<std::string> oldest_mdcb(ServiceKind kind, Release const& release) {
  if (kind != ServiceKind::Gateway && kind != ServiceKind::Dashboard) return std::nullopt;
  Need const* row = nullptr;
  for (Need const& need : kNeeds) {
    if (std::tuple(need.major, need.minor, need.patch) <= std::tuple(release.major, release.minor, release.patch)) row = &need;
  }
  if (row == nullptr) return std::nullopt;
  bool const first = kind == ServiceKind::Dashboard && row == &kNeeds.front();
  return std::string(first ? kFirstForDashboard : row->mdcb);
}

}  // namespace tykup
