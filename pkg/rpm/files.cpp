#include <fmt/format.h>
#include <rpm/rpmdb.h>
#include <rpm/rpmfiles.h>
#include <rpm/rpmfileutil.h>
#include <rpm/rpmpgp.h>
#include <rpm/rpmts.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "pkg/rpm/database.hpp"
#include "pkg/rpm/library.hpp"
#include "pkg/rpm/rpm_package_manager.hpp"

namespace tykup::pkg::rpm {
namespace {

using State = PackagedFile::State;

struct FilesRelease {
  void operator()(rpmfiles files) const { rpmfilesFree(files); }
};
using Files = std::unique_ptr<rpmfiles_s, FilesRelease>;

std::string taken(char* text) {
  std::string copy = text == nullptr ? "" : text;
  free(text);
  return copy;
}

std::string hex_of(unsigned char const* digest, std::size_t length) {
  std::string hex;
  for (std::size_t i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

struct Digest {
  int algorithm = 0;
  std::string hex = {};
};
Digest digest_of(rpmfiles files, int index) {
  int algorithm = 0;
  std::size_t length = 0;
  auto const* digest = rpmfilesFDigest(files, index, &algorithm, &length);
  if (digest == nullptr || !S_ISREG(rpmfilesFMode(files, index))) return {};
  return {algorithm, hex_of(digest, length)};
}

std::string shipped_as(Digest const& digest) {
  if (digest.hex.empty()) return {};
  auto const* name = digest.algorithm == PGPHASHALGO_SHA256 ? "sha256"
                     : digest.algorithm == PGPHASHALGO_MD5  ? "md5"
                                                            : "rpm";
  return fmt::format("{}:{}", name, digest.hex);
}

bool same_bytes(std::string const& path, Digest const& shipped) {
  std::array<unsigned char, 64> digest{};
  if (rpmDoDigest(shipped.algorithm, path.c_str(), 0, digest.data()) != 0) return false;
  return hex_of(digest.data(), shipped.hex.size() / 2) == shipped.hex;
}

bool same_target(std::string const& path, std::string const& shipped) {
  std::array<char, 4096> target{};
  auto const length = readlink(path.c_str(), target.data(), target.size());
  return length >= 0 && std::string(target.data(), static_cast<std::size_t>(length)) == shipped;
}

/// Contents and kind alone: that the packages' own scripts change owners and modes says nothing of the operator.
State state_of(rpmfiles files, int index, std::string const& path, Contents contents) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return State::Missing;
  // Another package owns what is there now.
  if (rpmfilesFState(files, index) == RPMFILE_STATE_REPLACED) return State::Unchanged;
  auto const mode = rpmfilesFMode(files, index);
  // A folder that the operator moved elsewhere and linked.
  if (S_ISDIR(mode))
    return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) ? State::Unchanged : State::Changed;
  if ((mode & S_IFMT) != (status.st_mode & S_IFMT)) return State::Changed;
  if (contents == Contents::Unread) return State::Unchanged;
  auto const asked = rpmfilesVFlags(files, index);
  if (S_ISLNK(mode) && (asked & RPMVERIFY_LINKTO) != 0) {
    auto const* target = rpmfilesFLink(files, index);
    return same_target(path, target == nullptr ? "" : target) ? State::Unchanged : State::Changed;
  }
  auto const shipped = digest_of(files, index);
  if ((asked & RPMVERIFY_FILEDIGEST) == 0 || shipped.hex.empty()) return State::Unchanged;
  return same_bytes(path, shipped) ? State::Unchanged : State::Changed;
}

bool counts(rpmfiles files, int index, State state) {
  auto const how = rpmfilesFState(files, index);
  if (how == RPMFILE_STATE_NETSHARED || how == RPMFILE_STATE_NOTINSTALLED || how == RPMFILE_STATE_WRONGCOLOR)
    return false;
  auto const flags = rpmfilesFFlags(files, index);
  return (flags & RPMFILE_GHOST) == 0 && ((flags & RPMFILE_MISSINGOK) == 0 || state != State::Missing);
}

}  // namespace

Result<std::vector<PackagedFile>> packaged_files(RpmPaths const& paths, std::string const& package, Contents contents) {
  auto const headers = headers_of(paths, package);
  if (!headers) return fail(headers.error());
  if (headers->empty()) return fail(ErrorKind::UnknownPackage, package + " is not installed on this host");
  auto const set = open_database(paths);
  if (!set) return fail(set.error());
  auto const instance = headers->back().instance;
  auto* iterator = rpmtsInitIterator(set->get(), RPMDBI_PACKAGES, &instance, sizeof instance);
  std::vector<PackagedFile> found;
  if (auto* header = rpmdbNextIterator(iterator)) {
    Files const files(rpmfilesNew(nullptr, header, RPMTAG_BASENAMES, RPMFI_FLAGS_VERIFY));
    auto const count = static_cast<int>(rpmfilesFC(files.get()));
    for (int i = 0; i < count; ++i) {
      auto const path = taken(rpmfilesFN(files.get(), i));
      auto const state = state_of(files.get(), i, below_root(paths, path), contents);
      bool const config = (rpmfilesFFlags(files.get(), i) & RPMFILE_CONFIG) != 0;
      if (counts(files.get(), i, state)) found.push_back({state, path, config, shipped_as(digest_of(files.get(), i))});
    }
  }
  rpmdbFreeIterator(iterator);
  return found;
}

Result<std::vector<PackagedFile>> RpmPackageManager::files(std::string const& package) {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  return packaged_files(paths_, package, Contents::Compared);
}

}  // namespace tykup::pkg::rpm
