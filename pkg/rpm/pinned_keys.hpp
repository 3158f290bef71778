#pragma once

#include <string>
#include <vector>

#include "pkg/common/keyring.hpp"
#include "pkg/rpm/configuration.hpp"

namespace tykup::pkg::rpm {

/// A key that an entry pins: a local file that it names.
struct PinnedKey {
  std::string file;
  Key key;
  bool refused = false;  ///< bound by SHA-1 alone, which this host's crypto policy does not take
};

/// All keys that an entry names, in its order. RepositoryWrongKey where one is named by URL (whoever holds the server
/// would choose the key), a file cannot be read, or is named after a fingerprint that its key does not have.
Result<std::vector<PinnedKey>> pinned_keys(RpmPaths const& paths, RepositoryEntry const& entry);

/// Checks a detached signature against these keys and no others: the keyring is made for this one question.
/// The kind says what is wrong; RepositoryUnsigned where the file holds no signature.
Result<void> check_signature(std::vector<PinnedKey> const& keys, std::string const& file, std::string const& signature);

}  // namespace tykup::pkg::rpm
