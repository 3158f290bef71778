#include "pkg/rpm/variables.hpp"

#include <glib.h>
#include <libdnf/dnf-context.h>
#include <libdnf/hy-util.h>
#include <rpm/header.h>
#include <rpm/rpmdb.h>
#include <rpm/rpmds.h>
#include <rpm/rpmts.h>
#include <libdnf/conf/ConfigMain.hpp>

#include <array>
#include <fstream>
#include <memory>
#include <optional>

#include "pkg/rpm/library.hpp"

namespace tykup::pkg::rpm {
namespace {

// What the package of a release says it provides, in dnf's order.
constexpr std::array kReleasePackages{
    "system-release(releasever)", "system-release", "distribution-release(releasever)",
    "distribution-release",       "redhat-release", "suse-release"};

/// The version of the release's package, or of the capability where another package provides it.
std::string version_of(Header header, char const* capability) {
  std::string version = headerGetString(header, RPMTAG_VERSION);
  if (std::string_view(headerGetString(header, RPMTAG_NAME)) == capability) return version;
  auto* provides = rpmdsNew(header, RPMTAG_PROVIDENAME, 0);
  while (rpmdsNext(provides) >= 0) {
    if (std::string_view(rpmdsN(provides)) == capability && rpmdsFlags(provides) == RPMSENSE_EQUAL)
      version = rpmdsEVR(provides);
  }
  rpmdsFree(provides);
  return version;
}

std::optional<std::string> installed_release(std::string const& root) {
  std::unique_ptr<rpmts_s, decltype(&rpmtsFree)> const ts(rpmtsCreate(), rpmtsFree);
  rpmtsSetRootDir(ts.get(), root.c_str());
  for (auto const* capability : kReleasePackages) {
    std::unique_ptr<rpmdbMatchIterator_s, decltype(&rpmdbFreeIterator)> const found(
        rpmtsInitIterator(ts.get(), RPMDBI_PROVIDENAME, capability, 0), rpmdbFreeIterator);
    if (auto* header = rpmdbNextIterator(found.get()); header != nullptr) return version_of(header, capability);
  }
  return std::nullopt;
}

std::optional<std::string> os_release(RpmPaths const& paths) {
  constexpr std::string_view kField = "VERSION_ID=";
  for (auto const* file : {"/etc/os-release", "/usr/lib/os-release"}) {
    std::ifstream stream(below_root(paths, file));
    for (std::string line; std::getline(stream, line);) {
      if (!line.starts_with(kField)) continue;
      auto value = line.substr(kField.size());
      std::erase(value, '"');
      std::erase(value, '\'');
      return value;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<DnfVariables> dnf_variables(RpmPaths const& paths) {
  DnfVariables out;
  char* arch = nullptr;
  if (hy_detect_arch(&arch) != 0 || arch == nullptr)
    return fail(ErrorKind::Internal, "libdnf does not know this machine's architecture");
  out.arch = arch;
  g_free(arch);
  auto const* base = find_base_arch(out.arch.c_str());
  out.values["arch"] = out.arch;
  out.values["basearch"] = base == nullptr ? out.arch : base;
  auto release = installed_release(paths.root);
  if (!release) release = os_release(paths);
  if (release) out.values["releasever"] = *release;
  for (auto const* folder : {"/etc/yum/vars", "/etc/dnf/vars"}) {
    libdnf::ConfigMain::addVarsFromDir(out.values, below_root(paths, folder));
  }
  libdnf::ConfigMain::addVarsFromEnv(out.values);
  return out;
}

}  // namespace tykup::pkg::rpm
