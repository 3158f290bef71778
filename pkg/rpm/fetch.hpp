#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pkg/package_manager.hpp"
#include "pkg/rpm/configuration.hpp"

struct _LrHandle;

namespace tykup::pkg::rpm {

/// What is fetched: `path` below `base`, or `base` alone.
struct Remote {
  std::string base;
  std::string path = {};
  std::string checksum_type = {};  ///< "sha256"; empty: the bytes are checked by somebody else
  std::string checksum = {};
  std::uint64_t size = 0;  ///< 0: unknown, and then 256 MiB are too many
};

/// Fetches files through librepo as dnf's configuration wants it: proxy, certificates, users, limits. TLS is verified in
/// any case, and a transfer in which nothing moves has an end.
class Fetcher {
 public:
  explicit Fetcher(Transport const& transport);
  Fetcher(Fetcher const&) = delete;
  Fetcher& operator=(Fetcher const&) = delete;
  ~Fetcher();

  /// Into a new file. The kind is classified, the detail has librepo's words; the message is the caller's to write.
  Result<void> fetch(Remote const& remote, std::string const& file, std::string const& phase, ProgressSink const& progress);

  /// Where an entry's files are: its URLs, or those of its list of mirrors.
  Result<std::vector<std::string>> bases_of(RepositoryEntry const& entry);

 private:
  Result<void> set(Transport const& transport);
  _LrHandle* handle_;
  Result<void> ready_;
};

/// The server answered, but has no such file.
bool is_missing(Error const& error);

}  // namespace tykup::pkg::rpm
