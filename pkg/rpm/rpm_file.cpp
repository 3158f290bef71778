#include "pkg/rpm/rpm_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rpm/header.h>
#include <rpm/rpmcli.h>
#include <rpm/rpmkeyring.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmpgp.h>
#include <rpm/rpmts.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

#include "pkg/common/words.hpp"
#include "pkg/rpm/database.hpp"
#include "pkg/rpm/rpm_log.hpp"

namespace tykup::pkg::rpm {
namespace {

struct HeaderRelease {
  void operator()(Header header) const { headerFree(header); }
};
using OwnedHeader = std::unique_ptr<headerToken_s, HeaderRelease>;

struct FileRelease {
  void operator()(FD_t file) const { Fclose(file); }
};
using OwnedFile = std::unique_ptr<_FD_s, FileRelease>;

struct ReadPackage {
  OwnedHeader header = {};
  rpmRC trust = RPMRC_FAIL;
};

Result<ReadPackage> read_package(rpmts set, std::string const& path) {
  OwnedFile const file(Fopen(path.c_str(), "r.ufdio"));
  if (!file || Ferror(file.get()) != 0) return fail(ErrorKind::HashMismatch, path + " cannot be opened");
  RpmLog const log;
  Header header = nullptr;
  auto const trust = rpmReadPackageFile(set, file.get(), path.c_str(), &header);
  OwnedHeader owned(header);
  if (owned == nullptr && trust == RPMRC_NOTFOUND)
    return fail(ErrorKind::HashMismatch, path + " is not an rpm package", log.words());
  if (owned == nullptr) {
    return fail(ErrorKind::HashMismatch,
                fmt::format("{} is not a sound rpm package: {}", path, first_line(log.words())), log.words());
  }
  return ReadPackage{std::move(owned), trust};
}

TransactionSet without_checks() {
  TransactionSet set(rpmtsCreate());
  rpmtsSetVSFlags(set.get(), _RPMVSF_NOSIGNATURES | _RPMVSF_NODIGESTS);
  return set;
}

struct KeyringRelease {
  void operator()(rpmKeyring keyring) const { rpmKeyringFree(keyring); }
};
using Keyring = std::unique_ptr<rpmKeyring_s, KeyringRelease>;

void add_subkeys(rpmKeyring keyring, rpmPubkey main) {
  int count = 0;
  auto* subkeys = rpmGetSubkeys(main, &count);
  for (int i = 0; i < count; ++i) {
    rpmKeyringAddKey(keyring, subkeys[i]);
    rpmPubkeyFree(subkeys[i]);
  }
  free(subkeys);
}

/// A block holds one certificate after another. False where it holds none.
bool add_certificates(rpmKeyring keyring, std::uint8_t const* bytes, std::size_t size) {
  bool any = false;
  while (size > 0) {
    std::size_t length = 0;
    if (pgpPubKeyCertLen(bytes, size, &length) != 0 || length == 0 || length > size) break;
    if (auto* key = rpmPubkeyNew(bytes, length)) {
      rpmKeyringAddKey(keyring, key);
      add_subkeys(keyring, key);
      rpmPubkeyFree(key);
      any = true;
    }
    bytes += length;
    size -= length;
  }
  return any;
}

bool add_key_file(rpmKeyring keyring, std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  std::string const text{std::istreambuf_iterator<char>(file), {}};
  constexpr std::string_view kBegin = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
  auto at = text.find(kBegin);
  if (at == std::string::npos) {
    return add_certificates(keyring, reinterpret_cast<std::uint8_t const*>(text.data()), text.size());
  }
  bool any = false;
  for (; at != std::string::npos; at = text.find(kBegin, at + 1)) {
    std::uint8_t* bytes = nullptr;
    std::size_t size = 0;
    if (pgpParsePkts(text.c_str() + at, &bytes, &size) == PGPARMOR_PUBKEY)
      any = add_certificates(keyring, bytes, size) || any;
    free(bytes);
  }
  return any;
}

Result<Keyring> keyring_of(std::vector<std::string> const& key_files) {
  Keyring keyring(rpmKeyringNew());
  bool any = false;
  for (auto const& file : key_files) any = add_key_file(keyring.get(), file) || any;
  if (any) return keyring;
  return fail(ErrorKind::RepositoryWrongKey,
              fmt::format("no key that rpm can use is in {}", fmt::join(key_files, ", ")));
}

bool is_signed(Header header) {
  for (auto const tag : {RPMTAG_RSAHEADER, RPMTAG_DSAHEADER, RPMTAG_SIGPGP, RPMTAG_SIGGPG}) {
    if (headerIsEntry(header, tag) != 0) return true;
  }
  return false;
}

/// Reads the package to its end: signature, and the digests that it covers.
Result<void> check_all_bytes(rpmts set, std::string const& path) {
  OwnedFile const file(Fopen(path.c_str(), "r.ufdio"));
  RpmLog const log;
  struct rpmQVKArguments_s arguments {};
  if (file && rpmVerifySignatures(&arguments, set, file.get(), path.c_str()) == 0) return {};
  return fail(ErrorKind::HashMismatch,
              path + " holds other bytes than those that were signed; remove it, it will be downloaded again",
              log.words());
}

}  // namespace

ArchiveFormat rpm_files() {
  auto const label = [](std::string const& file) -> Result<PackageLabel> {
    auto const set = without_checks();
    auto const package = read_package(set.get(), file);
    if (!package) return fail(package.error());
    auto* header = package->header.get();
    return PackageLabel{headerGetString(header, RPMTAG_NAME), version_of(header), headerGetString(header, RPMTAG_ARCH)};
  };
  return {PackageFormat::Rpm, ".rpm", label};
}

Result<std::uint64_t> installed_size_of(std::string const& file) {
  auto const set = without_checks();
  auto const package = read_package(set.get(), file);
  if (!package) return fail(package.error());
  return headerGetNumber(package->header.get(),
                         headerIsEntry(package->header.get(), RPMTAG_LONGSIZE) != 0 ? RPMTAG_LONGSIZE : RPMTAG_SIZE);
}

Result<void> check_signature(std::string const& file, std::vector<std::string> const& key_files) {
  auto const keyring = keyring_of(key_files);
  if (!keyring) return fail(keyring.error());
  // First without checks: an unsigned package is to be called so.
  auto const plain = without_checks();
  auto const package = read_package(plain.get(), file);
  if (!package) return fail(package.error());
  if (!is_signed(package->header.get())) {
    return fail(ErrorKind::RepositoryUnsigned,
                fmt::format("{} is not signed; it is not used until its publisher signs it", file));
  }
  TransactionSet const set(rpmtsCreate());
  rpmtsSetKeyring(set.get(), keyring->get());
  rpmtsSetVSFlags(set.get(), RPMVSF_DEFAULT);
  rpmtsSetVfyFlags(set.get(), RPMVSF_DEFAULT);
  rpmtsSetVfyLevel(set.get(), RPMSIG_VERIFIABLE_TYPE);
  auto const checked = read_package(set.get(), file);
  if (!checked) return fail(checked.error());
  if (checked->trust == RPMRC_NOKEY || checked->trust == RPMRC_NOTTRUSTED) {
    return fail(
        ErrorKind::RepositoryWrongKey,
        fmt::format(
            "{} is signed by a key that its repository does not name ({}); ask the publisher, and subscribe again "
            "with the fingerprint of the right key",
            file, fmt::join(key_files, ", ")));
  }
  return check_all_bytes(set.get(), file);
}

}  // namespace tykup::pkg::rpm
