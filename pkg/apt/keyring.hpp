#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

namespace tykup::pkg::apt {

/// A primary key of a keyring file.
struct Key {
  std::string fingerprint;              ///< upper-case hex
  std::optional<Instant> expires = {};  ///< nothing: never
};

/// The keys in a keyring file, binary or ASCII armor. RepositoryWrongKey where the file cannot be read or holds none.
Result<std::vector<Key>> keys_in(std::string const& file);

}  // namespace tykup::pkg::apt
