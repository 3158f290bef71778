#include "pkg/rpm/installed_build.hpp"

#include <rpm/header.h>
#include <rpm/rpmcli.h>
#include <rpm/rpmdb.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmts.h>

#include <memory>

#include "pkg/rpm/database.hpp"
#include "pkg/rpm/rpm_log.hpp"

namespace tykup::pkg::rpm {
namespace {

struct FileRelease {
  void operator()(FD_t file) const { Fclose(file); }
};
using OpenFile = std::unique_ptr<_FD_s, FileRelease>;

std::string digest_of(Header header) {
  for (auto const tag : {RPMTAG_SHA256HEADER, RPMTAG_SHA1HEADER}) {
    if (auto const* text = headerGetString(header, tag); text != nullptr) return text;
  }
  return {};
}

std::string header_digest_of(std::string const& file) {
  TransactionSet const set(rpmtsCreate());
  rpmtsSetVSFlags(set.get(), static_cast<rpmVSFlags>(_RPMVSF_NODIGESTS | _RPMVSF_NOSIGNATURES));
  OpenFile const opened(Fopen(file.c_str(), "r.ufdio"));
  if (!opened || Ferror(opened.get()) != 0) return {};
  RpmLog const log;
  Header header = nullptr;
  rpmReadPackageFile(set.get(), opened.get(), file.c_str(), &header);
  std::unique_ptr<headerToken_s, decltype(&headerFree)> const owned(header, headerFree);
  return header == nullptr ? std::string() : digest_of(header);
}

bool has_sound_digests(std::string const& file) {
  TransactionSet const set(rpmtsCreate());
  rpmtsSetVfyLevel(set.get(), RPMSIG_DIGEST_TYPE);
  rpmtsSetVfyFlags(set.get(), static_cast<rpmVSFlags>(_RPMVSF_NOSIGNATURES));
  OpenFile const opened(Fopen(file.c_str(), "r.ufdio"));
  RpmLog const log;
  struct rpmQVKArguments_s arguments {};
  return opened && rpmVerifySignatures(&arguments, set.get(), opened.get(), file.c_str()) == 0;
}

}  // namespace

bool is_installed_build(RpmPaths const& paths, std::string const& name, std::string const& file) {
  auto const digest = header_digest_of(file);
  auto const database = open_database(paths);
  if (digest.empty() || !database) return false;
  std::unique_ptr<rpmdbMatchIterator_s, decltype(&rpmdbFreeIterator)> const found(
      rpmtsInitIterator(database->get(), RPMDBI_NAME, name.c_str(), 0), rpmdbFreeIterator);
  while (auto* installed = rpmdbNextIterator(found.get())) {
    if (digest_of(installed) == digest) return has_sound_digests(file);
  }
  return false;
}

}  // namespace tykup::pkg::rpm
