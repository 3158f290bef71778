#include "pkg/rpm/sack.hpp"

#include <libdnf/libdnf.h>

#include "pkg/rpm/errors.hpp"

namespace tykup::pkg::rpm {
namespace {

Result<void> load(DnfSack* sack, Source const& source) {
  GError* error = nullptr;
  auto* repository = hy_repo_create(source.trusted.entry->id.c_str());
  hy_repo_set_string(repository, HY_REPO_MD_FN, source.metadata.repomd.c_str());
  hy_repo_set_string(repository, HY_REPO_PRIMARY_FN, source.metadata.primary.c_str());
  bool const loaded = dnf_sack_load_repo(sack, repository, DNF_SACK_LOAD_FLAG_NONE, &error) == TRUE;
  hy_repo_free(repository);
  if (loaded) return {};
  return fail(library_error(ErrorKind::HashMismatch,
                            place_of(*source.trusted.entry) + " has metadata that libdnf cannot read", error));
}

}  // namespace

void SackRelease::operator()(_DnfSack* sack) const {
  g_object_unref(sack);
}

Result<Sack> make_sack(RpmPaths const& paths, Configuration const& configuration, std::vector<Source> const& sources,
                       Installed installed) {
  GError* error = nullptr;
  Sack sack(dnf_sack_new());
  dnf_sack_set_rootdir(sack.get(), paths.root.c_str());
  dnf_sack_set_cachedir(sack.get(), paths.metadata.c_str());
  bool const ready = dnf_sack_set_arch(sack.get(), configuration.arch.c_str(), &error) == TRUE &&
                     dnf_sack_setup(sack.get(), DNF_SACK_SETUP_FLAG_NONE, &error) == TRUE;
  if (!ready) return fail(library_error(ErrorKind::Internal, "libdnf's pool of packages cannot be made", error));
  if (installed == Installed::Loaded &&
      dnf_sack_load_system_repo(sack.get(), nullptr, DNF_SACK_LOAD_FLAG_NONE, &error) == FALSE) {
    return fail(library_error(ErrorKind::Internal, "libdnf cannot read the rpm database", error));
  }
  for (auto const& source : sources) {
    if (auto loaded = load(sack.get(), source); !loaded) return fail(loaded.error());
  }
  return sack;
}

}  // namespace tykup::pkg::rpm
