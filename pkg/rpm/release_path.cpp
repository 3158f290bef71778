#include "pkg/rpm/release_path.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include "daemon/core/words.hpp"

namespace tykup::pkg::rpm {
namespace {

constexpr int kOldest = 7;
constexpr int kNewest = 9;
constexpr std::array<std::string_view, 6> kEl{"rhel", "centos", "rocky", "almalinux", "ol", "el"};

std::string value_of(std::map<std::string, std::string> const& os_release, char const* name) {
  auto const found = os_release.find(name);
  return found == os_release.end() ? std::string{} : found->second;
}

bool is_el(std::string const& id) { return std::ranges::find(kEl, id) != kEl.end(); }

bool like_el(std::string const& ids) {
  std::istringstream words(ids);
  for (std::string id; words >> id;)
    if (is_el(id)) return true;
  return false;
}

/// "9" and "9.4" are 9; anything else is nothing.
int major_of(std::string const& version) {
  int major = -1;
  auto const [end, failed] = std::from_chars(version.data(), version.data() + version.size(), major);
  bool const whole = end == version.data() + version.size() || *end == '.';
  return failed == std::errc{} && whole && major > 0 ? major : -1;
}

Error refusal(std::string const& id, std::string const& version, std::string_view cure) {
  return {ErrorKind::NotAllowed, "packages are published for EL 7 to 9 and for Amazon Linux 2 and 2023; this host says ID=" + quoted(id) +
                                     ", VERSION_ID=" + quoted(version) + " in /etc/os-release: " + std::string(cure)};
}

}  // namespace

Result<ReleasePath> release_path(std::map<std::string, std::string> const& os_release) {
  auto const id = value_of(os_release, "ID");
  auto const version = value_of(os_release, "VERSION_ID");
  int const major = major_of(version);
  if (id == "amzn") {
    if (major == 2 || major == 2023) return ReleasePath{"amazon/" + std::to_string(major)};
    return fail(refusal(id, version, "run Tyk on one of these"));
  }
  if (id == "fedora")
    return fail(refusal(id, version, "builds for EL are not tried on Fedora by anybody; run Tyk on an EL host, or in a container of one"));
  if (!is_el(id) && !like_el(value_of(os_release, "ID_LIKE"))) return fail(refusal(id, version, "run Tyk on one of these"));
  if (major < 0) return fail(refusal(id, version, "VERSION_ID has to begin with the major release"));
  if (major < kOldest) return fail(refusal(id, version, "bring the host to a release that is still built for"));
  if (major <= kNewest) return ReleasePath{"el/" + std::to_string(major)};
  return ReleasePath{"el/9", "packages are not published for EL " + std::to_string(major) + ": those of el/9 are taken"};
}

Result<void> check_architecture(std::string const& architecture) {
  static constexpr std::array<std::string_view, 3> kKnown{"x86_64", "aarch64", "s390x"};
  if (std::ranges::find(kKnown, architecture) != kKnown.end()) return {};
  return fail(ErrorKind::NotAllowed, "packages are published for x86_64, aarch64 and s390x, not for " + quoted(architecture));
}

}  // namespace tykup::pkg::rpm
