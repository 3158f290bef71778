#include "pkg/rpm/pinned_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "pkg/common/child.hpp"
#include "pkg/common/scratch_folder.hpp"
#include "pkg/rpm/errors.hpp"
#include "pkg/rpm/library.hpp"

namespace tykup::pkg::rpm {
namespace fs = std::filesystem;
namespace {

Result<std::string> file_of(RpmPaths const& paths, std::string key) {
  constexpr std::string_view kScheme = "file://";
  if (key.starts_with(kScheme)) key.erase(0, kScheme.size());
  if (!key.starts_with('/')) {
    return fail(
        ErrorKind::RepositoryWrongKey,
        fmt::format("gpgkey={} is no local file: whoever answers there would choose the key; run tykup subscribe, "
                    "which pins the publisher's key by its fingerprint",
                    key));
  }
  // The entry of another root may name its files as that root sees them, or in full.
  return key.starts_with(paths.root) ? key : below_root(paths, key);
}

bool is_fingerprint(std::string const& text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

Result<void> check_name(std::string const& file, std::vector<Key> const& keys) {
  auto const stem = fs::path(file).stem().string();
  if (!is_fingerprint(stem)) return {};
  auto const expected = upper(stem);
  for (auto const& key : keys) {
    if (key.fingerprint == expected) continue;
    return fail(
        ErrorKind::RepositoryWrongKey,
        fmt::format("{} holds the key {}, not the one that it is named after; somebody replaced it: check the key "
                    "with the publisher, then subscribe again",
                    file, key.fingerprint));
  }
  return {};
}

/// What `update-crypto-policies` wrote down. A host without it refuses nothing.
bool refuses_sha1(RpmPaths const& paths) {
  std::ifstream policy(below_root(paths, "/etc/crypto-policies/state/CURRENT.pol"));
  bool asked = false;
  for (std::string line; std::getline(policy, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name != "sign") continue;
    asked = true;
    for (std::string algorithm; words >> algorithm;) {
      if (algorithm.ends_with("-SHA1")) return false;
    }
  }
  return asked;
}

/// gpgv reads binary keyrings; several put together are one.
Result<std::string> keyring_of(std::vector<PinnedKey> const& keys, std::string const& folder) {
  auto const keyring = folder + "/keyring.gpg";
  std::ofstream all(keyring, std::ios::binary);
  std::vector<std::string> done;
  for (auto const& key : keys) {
    if (std::find(done.begin(), done.end(), key.file) != done.end()) continue;
    done.push_back(key.file);
    std::error_code failed;
    auto const copy = folder + "/key.asc";
    fs::copy_file(key.file, copy, fs::copy_options::overwrite_existing, failed);
    if (failed)
      return fail(ErrorKind::RepositoryWrongKey, fmt::format("{} cannot be read: {}", key.file, failed.message()));
    if (auto written = write_keyring(copy, folder + "/key.gpg"); !written) return fail(written.error());
    all << std::ifstream(folder + "/key.gpg", std::ios::binary).rdbuf();
  }
  return keyring;
}

}  // namespace

Result<std::vector<PinnedKey>> pinned_keys(RpmPaths const& paths, RepositoryEntry const& entry) {
  std::vector<PinnedKey> all;
  bool const strict = refuses_sha1(paths);
  for (auto const& named : entry.keys) {
    auto const file = file_of(paths, named);
    if (!file) return fail(file.error());
    auto const keys = keys_in(*file);
    if (!keys) return fail(keys.error());
    if (auto right = check_name(*file, *keys); !right) return fail(right.error());
    bool const refused = strict && sha1_bound(*file);
    for (auto const& key : *keys) all.push_back({*file, key, refused});
  }
  return all;
}

Result<void> check_signature(std::vector<PinnedKey> const& keys, std::string const& file,
                             std::string const& signature) {
  ScratchFolder const scratch;
  auto const keyring = keyring_of(keys, scratch.path());
  if (!keyring) return fail(keyring.error());
  auto const end =
      run_child({"gpgv", "--homedir", scratch.path(), "--status-fd", "1", "--keyring", *keyring, signature, file});
  if (!end) return fail(end.error());
  auto const verdict = verdict_in(end->output);
  if (!verdict.good)
    return fail(verdict.kind, "the signature is no good one of a key that the entry names", end->output);
  auto const signer =
      std::find_if(keys.begin(), keys.end(), [&](auto const& key) { return key.key.fingerprint == verdict.signer; });
  if (signer == keys.end())
    return fail(ErrorKind::RepositoryWrongKey, "the signature is of a key that the entry does not name", end->output);
  if (signer->refused)
    return fail(ErrorKind::KeyTooWeak, "the signature is of a key that SHA-1 alone binds", end->output);
  return {};
}

}  // namespace tykup::pkg::rpm
