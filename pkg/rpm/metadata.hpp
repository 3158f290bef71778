#pragma once

#include <optional>
#include <string>

#include "daemon/core/time.hpp"
#include "pkg/rpm/repositories.hpp"

namespace tykup::pkg::rpm {

/// What repomd.xml says of the index of packages.
struct Index {
  std::string path;  ///< below the repository
  std::string checksum_type;
  std::string checksum;
  std::uint64_t size = 0;
};
struct RepoMd {
  Index primary;
  std::optional<Instant> date = {};  ///< the newest of its timestamps
};
/// HashMismatch where it is no repomd.xml; KeyTooWeak where its index is named by a digest weaker than SHA-256.
Result<RepoMd> read_repomd(std::string const& file);

/// Metadata on this host whose signature and digests were checked a moment ago.
struct Metadata {
  std::string repomd;
  std::string primary;
  std::optional<Instant> date;
};

/// Our folder of a repository's metadata. Another URL under the same id is another folder.
std::string metadata_folder(RpmPaths const& paths, RepositoryEntry const& entry);
/// The name that its stamp has.
std::string metadata_name(RepositoryEntry const& entry);

/// Checks what is in a folder against the keys that the entry names today: what another key signed is worth nothing once the
/// key was exchanged. Without `repo_gpgcheck` only the digests are checked.
Result<Metadata> check_metadata(TrustedEntry const& source, std::string const& folder);

/// True if the entry was ever refreshed.
bool has_metadata(RpmPaths const& paths, RepositoryEntry const& entry);

}  // namespace tykup::pkg::rpm
