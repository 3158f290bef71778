#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pkg/apt/apt_package_manager.hpp"

namespace tykup::pkg::apt {

/// Internal, with apt's own words, if the whole source list cannot be read: apt would be dead on this host.
Result<void> check_source_lists(AptPaths const& paths);

/// The entries for sources below that URL, each with what is wrong with it.
Result<std::vector<Subscription>> existing_entries(AptPaths const& paths, std::string const& url_prefix);

/// Fetches a URL into that file by apt's own methods: certificates are verified, proxies are apt's.
Result<void> fetch_file(AptPaths const& paths, std::string const& url, std::string const& file);

/// "amd64": what this host's packages are built for.
Result<std::string> native_architecture(AptPaths const& paths);

/// What a person needs to know of a key before it is trusted.
struct KeyFacts {
  std::string fingerprint;
  std::string owner;
  std::optional<Instant> expires = {};
  bool sha1_bound = false;  ///< every binding signature is SHA-1: newer distributions refuse it
};
/// RepositoryWrongKey where the file holds no key, or more than one.
Result<KeyFacts> read_key(std::string const& file);

/// The key as a binary keyring, 0644.
Result<void> write_keyring(std::string const& key_file, std::string const& keyring);

}  // namespace tykup::pkg::apt
