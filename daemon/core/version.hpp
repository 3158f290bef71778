#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/result.hpp"

namespace tykup {

/// The package formats whose version rules differ.
enum class PackageFormat { Deb, Rpm };

/// Compares two full version strings by dpkg's or rpm's own rules ([epoch:]upstream[-revision]).
/// Checked against `dpkg --compare-versions` and librpm in the tests.
std::strong_ordering compare_versions(PackageFormat format, std::string_view a, std::string_view b);

/// The upstream part: without epoch and revision ("1:5.8.15-1" → "5.8.15").
std::string upstream_of(std::string_view version);

/// What a release version means to us: major.minor.patch, more parts kept in `rest`, a pre-release marked by "~rc1", "-rc1".
struct Release {
  int major = 0;
  int minor = 0;
  int patch = 0;
  bool prerelease = false;
};
/// The release that a package version names, or nothing if it does not begin with number.number.
std::optional<Release> release_of(std::string_view version);

/// Equal as a service reports it: a leading "v" and a package revision do not count ("v5.8.15" is "5.8.15-1").
bool same_release(std::string_view reported, std::string_view package_version);

}  // namespace tykup
