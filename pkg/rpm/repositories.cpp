#include "pkg/rpm/repositories.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pkg/rpm/errors.hpp"

namespace tykup::pkg::rpm {
namespace {

bool below(std::string const& url, std::string prefix) {
  if (!prefix.ends_with('/')) prefix += '/';
  return without_users(url).starts_with(prefix) && url.find("/../") == std::string::npos;
}

bool has_only_sources(RepositoryEntry const& entry) {
  return std::all_of(entry.urls.begin(), entry.urls.end(),
                     [](std::string const& url) { return url.ends_with("/SRPMS") || url.ends_with("/SRPMS/"); });
}

bool provides(RepositoryEntry const& entry, Scope const& scope) {
  if (!entry.enabled) return false;
  if (scope.url_prefix.empty()) return !scope.origin.empty() && entry.id == scope.origin;
  // A list of mirrors could lead anywhere.
  if (entry.urls.empty() || !entry.mirrors.empty() || !entry.metalink.empty() || has_only_sources(entry)) return false;
  return std::all_of(entry.urls.begin(), entry.urls.end(),
                     [&](std::string const& url) { return below(url, scope.url_prefix); });
}

Instant now() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

Error refuse(RepositoryEntry const& entry, std::string_view option, std::string const& where, std::string_view cure) {
  return {ErrorKind::RepositoryUnsigned,
          fmt::format("{} has {}{}, which switches a check off; {}", place_of(entry), option,
                      where == entry.file ? std::string() : " from " + where, cure)};
}

bool private_way(std::string const& url) {
  return url.starts_with("https://") || url.starts_with("file://");
}

bool private_ways(RepositoryEntry const& entry) {
  return std::all_of(entry.urls.begin(), entry.urls.end(), private_way) &&
         (entry.mirrors.empty() || private_way(entry.mirrors)) &&
         (entry.metalink.empty() || private_way(entry.metalink));
}

std::optional<Error> switched_off(RepositoryEntry const& entry, bool unsigned_metadata) {
  if (!entry.trouble.empty())
    return Error{ErrorKind::BadConfig, fmt::format("{} says {}", place_of(entry), entry.trouble)};
  if (!entry.gpgcheck)
    return refuse(entry, "gpgcheck=0", entry.where_gpgcheck,
                  "set gpgcheck=1 and name the publisher's key file with gpgkey");
  if (!entry.sslverify) return refuse(entry, "sslverify=0", entry.where_sslverify, "remove it");
  if (!entry.proxy_sslverify) return refuse(entry, "proxy_sslverify=0", entry.where_proxy_sslverify, "remove it");
  if (entry.repo_gpgcheck) return std::nullopt;
  if (!unsigned_metadata)
    return refuse(entry, "repo_gpgcheck=0", entry.where_repo_gpgcheck,
                  "set repo_gpgcheck=1, or, where this host refuses the publisher's key, set "
                  "metadata_signature = \"waived\" under [repository] in /etc/tykup/tykup.toml");
  if (!private_ways(entry))
    return refuse(entry, "repo_gpgcheck=0", entry.where_repo_gpgcheck,
                  "without it the metadata must come over https, so that nobody on the way can change it");
  return std::nullopt;
}

std::optional<Error> bad_keys(RepositoryEntry const& entry, std::vector<PinnedKey> const& keys) {
  auto const refused = [](PinnedKey const& key) { return key.refused; };
  if (std::all_of(keys.begin(), keys.end(), refused)) {
    return Error{
        ErrorKind::KeyTooWeak,
        fmt::format("{} names the key {}, which SHA-1 alone binds: this host's crypto policy refuses it; ask the "
                    "publisher for a newer key",
                    place_of(entry), keys.front().key.fingerprint)};
  }
  auto const expired = [at = now()](PinnedKey const& key) { return key.key.expires && *key.key.expires <= at; };
  if (!std::all_of(keys.begin(), keys.end(), expired)) return std::nullopt;
  return Error{ErrorKind::RepositoryExpired,
               fmt::format("{} names the key {}, which expired at {}; get the publisher's new key and subscribe again",
                           place_of(entry), keys.front().key.fingerprint, to_rfc3339(*keys.front().key.expires))};
}

}  // namespace

std::vector<RepositoryEntry const*> sources_of(Configuration const& configuration, Scope const& scope) {
  std::vector<RepositoryEntry const*> found;
  for (auto const& entry : configuration.repositories) {
    if (provides(entry, scope)) found.push_back(&entry);
  }
  return found;
}

std::string shown_url(RepositoryEntry const& entry) {
  if (!entry.urls.empty()) return without_users(entry.urls.front());
  return without_users(entry.metalink.empty() ? entry.mirrors : entry.metalink);
}

std::string place_of(RepositoryEntry const& entry) {
  return fmt::format("the repository {} in {}", entry.id, entry.file);
}

Result<TrustedEntry> trust(RpmPaths const& paths, Configuration const& configuration, RepositoryEntry const& entry,
                           bool unsigned_metadata) {
  if (auto off = switched_off(entry, unsigned_metadata)) return fail(*off);
  if (auto const safe = refuse_insecure_options(configuration); !safe) return fail(safe.error());
  if (entry.keys.empty()) {
    return fail(ErrorKind::RepositoryUnsigned,
                place_of(entry) +
                    " names no key, so any key of this host's rpm database could sign its packages; name the "
                    "publisher's key file with gpgkey");
  }
  auto keys = pinned_keys(paths, entry);
  if (!keys) return fail(with_context(keys.error(), place_of(entry)));
  if (auto bad = bad_keys(entry, *keys)) return fail(*bad);
  return TrustedEntry{&entry, std::move(*keys)};
}

Subscription subscription_of(RpmPaths const& paths, Configuration const& configuration, RepositoryEntry const& entry,
                             bool unsigned_metadata) {
  Subscription subscription;
  subscription.file = entry.file;
  subscription.url = shown_url(entry);
  subscription.suite = entry.id;
  if (auto const keys = pinned_keys(paths, entry); keys && !keys->empty()) {
    subscription.key_fingerprint = keys->front().key.fingerprint;
    subscription.key_expires = keys->front().key.expires;
  }
  if (auto const trusted = trust(paths, configuration, entry, unsigned_metadata); !trusted) {
    subscription.problem = trusted.error().message;
  }
  if (!entry.repo_gpgcheck && unsigned_metadata) {
    subscription.weakness =
        "the signature of its metadata is not checked (repo_gpgcheck=0): who holds the server can hide "
        "versions from this host, the packages' own signatures are checked";
  }
  return subscription;
}

}  // namespace tykup::pkg::rpm
