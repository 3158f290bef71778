#include "pkg/rpm/sources.hpp"

#include <fmt/format.h>

#include "pkg/common/words.hpp"

namespace tykup::pkg::rpm {

Result<std::vector<Source>> checked_sources(RpmPaths const& paths, Configuration const& configuration,
                                            Scope const& scope) {
  std::vector<Source> sources;
  for (auto const* entry : sources_of(configuration, scope)) {
    auto trusted = trust(paths, configuration, *entry, scope.unsigned_metadata);
    if (!trusted) return fail(trusted.error());
    if (!has_metadata(paths, *entry)) continue;
    auto metadata = check_metadata(*trusted, metadata_folder(paths, *entry));
    if (!metadata) {
      auto const& error = metadata.error();
      return fail(error.kind,
                  fmt::format("the metadata on this host of the repository {} {} {}", shown_url(*entry), entry->id,
                              said_of_repository(error.kind)),
                  error.detail.empty() ? error.message : error.detail);
    }
    sources.push_back({std::move(*trusted), std::move(*metadata)});
  }
  return sources;
}

}  // namespace tykup::pkg::rpm
