#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "pkg/common/archive.hpp"

namespace tykup::pkg::rpm {

/// .rpm files in an archive. `open_library` was called before a label is read.
ArchiveFormat rpm_files();

/// Bytes that the package says its files take. HashMismatch where the file is no package.
Result<std::uint64_t> installed_size_of(std::string const& file);

/// Checks the package's own signature, and through it every byte of the package, against the keys in these files and no
/// others: those of rpm's database are not asked. RepositoryUnsigned: there is none; RepositoryWrongKey: by another
/// key; HashMismatch: the bytes are not those that were signed.
Result<void> check_signature(std::string const& file, std::vector<std::string> const& key_files);

}  // namespace tykup::pkg::rpm
