#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pkg/apt/apt_package_manager.hpp"

class metaIndex;
class pkgSourceList;

namespace tykup::pkg::apt {

/// What the release file on this host says; nothing where there is none.
struct ReleaseFacts {
  std::string file;
  std::string origin;
  std::optional<Instant> date = {};
  std::optional<Instant> valid_until = {};
};
std::optional<ReleaseFacts> release_of(metaIndex const& source);

/// The configured sources that may provide the packages of a scope: below its URL, or of its origin.
std::vector<metaIndex*> sources_of(pkgSourceList const& list, Scope const& scope);

/// "https://host/path", without a password.
std::string shown_url(metaIndex const& source);
/// The file of the source entry.
std::string entry_file(metaIndex const& source);

/// Why nothing may be taken from a source: checks switched off in its entry. Nothing: no reason.
std::optional<Error> switched_off(metaIndex const& source);
/// The same, and: no key named, keyring unreadable, key expired. For sources of components.
std::optional<Error> distrust(metaIndex const& source);

/// For reports: all but the time of the last refresh.
Subscription subscription_of(metaIndex const& source);

}  // namespace tykup::pkg::apt
