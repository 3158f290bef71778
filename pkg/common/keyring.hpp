#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

namespace tykup::pkg {

/// A primary key of a keyring file.
struct Key {
  std::string fingerprint;              ///< upper-case hex
  std::optional<Instant> expires = {};  ///< nothing: never
};

/// The keys in a keyring file, binary or ASCII armor. RepositoryWrongKey where the file cannot be read or holds none.
Result<std::vector<Key>> keys_in(std::string const& file);

/// True where every binding signature in a keyring file is SHA-1: newer distributions refuse its keys.
bool sha1_bound(std::string const& file);

/// What a person needs to know of a key before it is trusted.
struct KeyFacts {
  std::string fingerprint;
  std::string owner;
  std::optional<Instant> expires = {};
  bool sha1_bound = false;  ///< every binding signature is SHA-1: newer distributions refuse it
};
/// RepositoryWrongKey where the file holds no key, or more than one.
Result<KeyFacts> read_key(std::string const& file);

/// The key in ASCII armor, as rpm reads keys.
Result<std::string> armored_key(std::string const& key_file);

/// The key as a binary keyring, 0644.
Result<void> write_keyring(std::string const& key_file, std::string const& keyring);

}  // namespace tykup::pkg
