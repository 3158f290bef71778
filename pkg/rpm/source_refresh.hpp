#pragma once

#include <optional>
#include <string>

#include "pkg/package_manager.hpp"
#include "pkg/rpm/fetch.hpp"
#include "pkg/rpm/metadata.hpp"

namespace tykup::pkg::rpm {

/// The folder of the notes of what was seen when.
std::string stamps_of(RpmPaths const& paths);

/// Brings one repository's metadata up to date: repomd.xml, its signature by the pinned keys, and only then the index that
/// it names; the folder is exchanged as a whole. On failure what was there stays.
class SourceRefresh {
 public:
  SourceRefresh(RpmPaths const& paths, TrustedEntry const& source);
  std::optional<Error> run(ProgressSink const& progress);

 private:
  [[nodiscard]] Error said(Error const& error) const;
  [[nodiscard]] std::string fresh() const { return folder_ + ".new"; }
  std::optional<Error> from(std::string const& base, ProgressSink const& progress);
  Result<void> fetch_repomd(std::string const& base, ProgressSink const& progress);
  [[nodiscard]] std::optional<Instant> seen_before() const;

  RpmPaths const& paths_;
  TrustedEntry const& source_;
  Fetcher fetcher_;
  std::string folder_;
};

}  // namespace tykup::pkg::rpm
