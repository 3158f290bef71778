#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/facts.hpp"
#include "pkg/package_manager.hpp"
#include "pkg/rpm/configuration.hpp"
#include "pkg/rpm/pinned_keys.hpp"

namespace tykup::pkg::rpm {

/// The enabled entries that may provide the packages of a scope: every URL below its own; or, for a custom component,
/// the one whose id is its origin. A release file's `Origin:` has no like in rpm's metadata, and dnf's users know a
/// repository by its id.
std::vector<RepositoryEntry const*> sources_of(Configuration const& configuration, Scope const& scope);

/// "https://host/path", without a password; the first of several.
std::string shown_url(RepositoryEntry const& entry);
/// "the repository ID in FILE"
std::string place_of(RepositoryEntry const& entry);

/// An entry that may be used, with the keys that its metadata and packages are checked against.
struct TrustedEntry {
  RepositoryEntry const* entry;
  std::vector<PinnedKey> keys;
};

/// The keys of an entry, or why nothing may be taken from it: checks switched off, keys by URL, missing, exchanged, expired.
/// `unsigned_metadata` waives the signature of the metadata alone, and only where TLS or a local folder brings it.
Result<TrustedEntry> trust(RpmPaths const& paths, Configuration const& configuration, RepositoryEntry const& entry,
                           bool unsigned_metadata);

/// For reports: all but the time of the last refresh.
Subscription subscription_of(RpmPaths const& paths, Configuration const& configuration, RepositoryEntry const& entry,
                             bool unsigned_metadata);

}  // namespace tykup::pkg::rpm
