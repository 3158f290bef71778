#include "pkg/apt/sources.hpp"

#include <apt-pkg/indexfile.h>
#include <apt-pkg/metaindex.h>
#include <apt-pkg/sourcelist.h>
#include <apt-pkg/strutl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "pkg/apt/errors.hpp"
#include "pkg/common/keyring.hpp"
#include "pkg/apt/library.hpp"

namespace tykup::pkg::apt {
namespace fs = std::filesystem;
namespace {

std::string folder_url(metaIndex const& source) {
  auto const dist = source.GetDist();
  if (dist == "/") return source.GetURI();
  return source.GetURI() + (dist.ends_with('/') ? dist : "dists/" + dist + "/");
}

std::optional<std::string> release_path(metaIndex const& source) {
  for (auto const* name : {"InRelease", "Release"}) {
    auto path = apt_dir("Dir::State::lists") + URItoFileName(folder_url(source) + name);
    if (fs::exists(path)) return path;
  }
  return std::nullopt;
}

std::optional<Instant> instant_of(time_t at) {
  if (at == 0) return std::nullopt;
  return Instant{std::chrono::seconds{at}};
}

bool below(std::string const& url, std::string prefix) {
  if (!prefix.ends_with('/')) prefix += '/';
  return url.rfind(prefix, 0) == 0;
}

bool provides(metaIndex const& source, Scope const& scope) {
  if (!scope.url_prefix.empty()) return below(shown_url(source), scope.url_prefix);
  if (scope.origin.empty()) return false;
  auto const release = release_of(source);
  return release && release->origin == scope.origin;
}

std::vector<std::string> global_keyrings() {
  std::vector<std::string> files{apt_file("Dir::Etc::trusted")};
  std::error_code failed;
  for (auto const& entry : fs::directory_iterator(apt_dir("Dir::Etc::trustedparts"), failed)) {
    auto const extension = entry.path().extension();
    if (extension == ".gpg" || extension == ".asc") files.push_back(entry.path());
  }
  return files;
}

/// A Signed-By that is a fingerprint narrows the global keyrings to one key.
Result<std::vector<Key>> key_of_fingerprint(std::string fingerprint) {
  if (fingerprint.ends_with('!')) fingerprint.pop_back();
  for (auto const& file : global_keyrings()) {
    auto const keys = keys_in(file);
    if (!keys) continue;
    auto const found = std::find_if(keys->begin(), keys->end(), [&](Key const& key) { return key.fingerprint == fingerprint; });
    if (found != keys->end()) return std::vector<Key>{*found};
  }
  return fail(ErrorKind::RepositoryWrongKey, "no keyring of this host holds the key " + fingerprint);
}

Result<std::vector<Key>> embedded_keys(std::string const& block) {
  auto const file = fs::temp_directory_path() / fmt::format("tykup-key-{}.asc", std::rand());
  std::ofstream(file) << block << '\n';
  auto keys = keys_in(file);
  std::error_code ignored;
  fs::remove(file, ignored);
  return keys;
}

Result<std::vector<Key>> keys_of(metaIndex const& source) {
  auto const signed_by = source.GetSignedBy();
  if (signed_by.find("-----BEGIN PGP") != std::string::npos) return embedded_keys(signed_by);
  std::vector<Key> all;
  for (auto const& word : VectorizeString(signed_by, ',')) {
    auto const keys = word.starts_with('/') ? keys_in(word) : key_of_fingerprint(word);
    if (!keys) return keys;
    all.insert(all.end(), keys->begin(), keys->end());
  }
  return all;
}

Instant now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

/// The key that holds longest: of a keyring with a successor in it, that is what counts.
Key const* longest(std::vector<Key> const& keys) {
  auto const later = [](Key const& a, Key const& b) {
    return a.expires.value_or(Instant::max()) < b.expires.value_or(Instant::max());
  };
  auto const best = std::max_element(keys.begin(), keys.end(), later);
  return best == keys.end() ? nullptr : &*best;
}

std::string at(metaIndex const& source) {
  return fmt::format("the source {} {} in {}", shown_url(source), source.GetDist(), entry_file(source));
}

}  // namespace

std::optional<ReleaseFacts> release_of(metaIndex const& source) {
  auto const path = release_path(source);
  if (!path) return std::nullopt;
  std::unique_ptr<metaIndex> const copy(source.UnloadedClone());
  std::string why;
  if (copy == nullptr || !copy->Load(*path, &why)) {
    drain_errors();
    return std::nullopt;
  }
  return ReleaseFacts{*path, copy->GetOrigin(), instant_of(copy->GetDate()), instant_of(copy->GetValidUntil())};
}

std::vector<metaIndex*> sources_of(pkgSourceList const& list, Scope const& scope) {
  std::vector<metaIndex*> found;
  std::copy_if(list.begin(), list.end(), std::back_inserter(found),
               [&](metaIndex* source) { return provides(*source, scope); });
  return found;
}

std::string shown_url(metaIndex const& source) {
  ::URI url(source.GetURI());
  url.User.clear();
  url.Password.clear();
  return url;
}

std::string entry_file(metaIndex const& source) {
  for (auto const& target : source.GetIndexTargets()) {
    auto const entry = target.Option(IndexTarget::SOURCESENTRY);
    if (!entry.empty()) return entry.substr(0, entry.rfind(':'));
  }
  return "apt's source list";
}

std::optional<Error> switched_off(metaIndex const& source) {
  auto const refuse = [&](std::string_view option) {
    return Error{ErrorKind::RepositoryUnsigned,
                 fmt::format("{} says {}, which switches signature checks off; remove it and name the publisher's key "
                             "with Signed-By",
                             at(source), option)};
  };
  if (source.GetTrusted() == metaIndex::TRI_YES) return refuse("trusted=yes");
  using Option = std::pair<IndexTarget::OptionKeys, std::string_view>;
  constexpr std::array kOptions{Option{IndexTarget::ALLOW_INSECURE, "allow-insecure=yes"},
                                Option{IndexTarget::ALLOW_WEAK, "allow-weak=yes"},
                                Option{IndexTarget::ALLOW_DOWNGRADE_TO_INSECURE, "allow-downgrade-to-insecure=yes"}};
  for (auto const& target : source.GetIndexTargets()) {
    for (auto const& [key, name] : kOptions) {
      if (target.OptionBool(key)) return refuse(name);
    }
  }
  return std::nullopt;
}

std::optional<Error> distrust(metaIndex const& source) {
  if (auto off = switched_off(source)) return off;
  if (auto const refused = refuse_insecure_options(); !refused) return refused.error();
  if (source.GetTrusted() == metaIndex::TRI_NO) {
    return Error{ErrorKind::RepositoryUnsigned, at(source) + " says trusted=no; remove that to use it"};
  }
  if (source.GetSignedBy().empty()) {
    return Error{ErrorKind::RepositoryUnsigned,
                 at(source) + " names no key, so any key of this host's global keyrings could sign it; name the "
                              "publisher's keyring with Signed-By"};
  }
  auto const keys = keys_of(source);
  if (!keys) return with_context(keys.error(), at(source));
  auto const* key = longest(*keys);
  if (key != nullptr && key->expires && *key->expires <= now()) {
    return Error{ErrorKind::RepositoryExpired,
                 fmt::format("{} names the key {}, which expired at {}; get the publisher's new key and subscribe again",
                             at(source), key->fingerprint, to_rfc3339(*key->expires))};
  }
  return std::nullopt;
}

Subscription subscription_of(metaIndex const& source) {
  Subscription subscription;
  subscription.file = entry_file(source);
  subscription.url = shown_url(source);
  subscription.suite = source.GetDist();
  if (auto const keys = source.GetSignedBy().empty() ? std::vector<Key>{} : keys_of(source).value_or(std::vector<Key>{});
      auto const* key = longest(keys)) {
    subscription.key_fingerprint = key->fingerprint;
    subscription.key_expires = key->expires;
  }
  if (auto const reason = distrust(source)) subscription.problem = reason->message;
  return subscription;
}

}  // namespace tykup::pkg::apt
