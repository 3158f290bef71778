#pragma once

#include <string>
#include <vector>

#include "pkg/common/archive.hpp"
#include "pkg/package_manager.hpp"

namespace tykup::pkg {

// What both package managers do when builds come into the archive: each offer has a `candidate`.

[[nodiscard]] PackagePin pin_of(Candidate const& candidate);
[[nodiscard]] PackagePin pin_of(KeptPackage const& kept);

/// NoSpace unless the archive has room for these, each of them twice: once as it comes in, once as the copy that is hashed
/// and kept.
[[nodiscard]] Result<void> require_room(Archive const& archive, std::vector<Candidate> const& builds);

/// Keeps a file that came in. HashMismatch: it says of itself that it is another package or version than its index does.
[[nodiscard]] Result<KeptPackage> adopt_as(Archive const& archive, std::string const& file, Candidate const& build);

/// What its repository's index promises and does not have: taken out, or about to be published.
[[nodiscard]] Error file_is_gone(Candidate const& build, std::string const& detail);
/// "tyk-gateway 5.8.15: the repository URL is …": what went wrong there, as `said_of_repository` puts it.
[[nodiscard]] Error repository_failed(Candidate const& build, ErrorKind kind, std::string const& detail);

/// Brings builds into the archive; what is there and sound is not fetched again. Room for the rest is asked for first.
/// `fetch_one(partial, offer)` fetches into the folder `partial`, which belongs to the user `owner`, and verifies. On failure
/// whatever arrived wholly stays.
template <typename Offer, typename Fetch>
Result<std::vector<KeptPackage>> fetch_missing(Archive const& archive, std::vector<Offer> const& offers, std::string const& owner,
                                               Fetch fetch_one) {
  std::vector<KeptPackage> kept;
  std::vector<Offer> missing;
  std::vector<Candidate> builds;
  for (auto const& offer : offers) {
    auto const& build = offer.candidate;
    if (archive.open(pin_of(build))) {
      kept.push_back({build.package, build.version, build.sha256});
      continue;
    }
    missing.push_back(offer);
    builds.push_back(build);
  }
  if (missing.empty()) return kept;
  if (auto room = require_room(archive, builds); !room) return fail(room.error());
  auto const partial = archive.fresh_partial(owner);
  if (!partial) return fail(partial.error());
  Result<void> whole;
  for (auto const& offer : missing) {
    auto one = fetch_one(*partial, offer);
    if (!one) {
      whole = fail(one.error());
      break;
    }
    kept.push_back(std::move(*one));
  }
  archive.drop_partial();
  if (!whole) return fail(whole.error());
  return kept;
}

}  // namespace tykup::pkg
