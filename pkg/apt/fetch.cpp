#include "pkg/apt/fetch.hpp"

#include <apt-pkg/acquire-item.h>
#include <apt-pkg/acquire.h>
#include <apt-pkg/configuration.h>
#include <apt-pkg/hashes.h>
#include <fmt/format.h>

#include <memory>

#include "pkg/apt/errors.hpp"
#include "pkg/common/space.hpp"
#include "pkg/common/stall.hpp"
#include "pkg/apt/watch.hpp"

namespace tykup::pkg::apt {
namespace {

PackagePin pin_of(Offer const& offer) {
  return {offer.candidate.package, offer.candidate.version, offer.candidate.sha256};
}

/// Twice: once as it comes in, once as the copy that is hashed and kept.
Result<void> require_room(Archive const& archive, std::vector<Offer> const& offers) {
  std::uint64_t bytes = 0;
  for (auto const& offer : offers) bytes += 2 * offer.candidate.size;
  constexpr std::uint64_t kSlack = 1024 * 1024;
  return require_space(archive.folder(), bytes + kSlack, 2 * offers.size() + 8, "the download");
}

Error failure_of(Offer const& offer, std::string const& words) {
  // The index promises a file that is not there: taken out, or about to be published.
  if (words.find("404 ") != std::string::npos)
    return {ErrorKind::UnknownVersion, fmt::format("{} {} is in the index of {}, but its file is not there (any more); refresh again later",
                                                   offer.candidate.package, offer.candidate.version, offer.candidate.repository), words};
  auto const kind = classify_fetch(words);
  auto const where = fmt::format("{} {}: the repository {}", offer.candidate.package, offer.candidate.version,
                                 offer.candidate.repository);
  return {kind, fmt::format("{} {}", where, said_of_repository(kind, words)), words};
}

Result<KeptPackage> fetch_one(Archive const& archive, std::string const& partial, Offer const& offer,
                              ProgressSink const& progress) {
  HashStringList hashes;
  hashes.push_back(HashString("SHA256", offer.candidate.sha256));
  hashes.FileSize(offer.candidate.size);
  auto const watch = watch_fetch("download", progress);
  pkgAcquire fetcher(watch.get());
  auto const file = partial + "/" + offer.candidate.sha256 + ".deb";
  // Owned by the fetcher, which destroys its items.
  auto* item = new pkgAcqFile(&fetcher, offer.uri, hashes, offer.candidate.size, offer.uri,
                              offer.candidate.package + " " + offer.candidate.version, "", file);
  bool const ran = fetcher.Run() == pkgAcquire::Continue;
  if (!ran || item->Status != pkgAcquire::Item::StatDone) {
    auto const said = item->ErrorText;
    if (progress.told_to_stop()) return fail(put_off(offer.candidate.package + " " + offer.candidate.version));
    return fail(failure_of(offer, said + "\n" + drain_errors()));
  }
  auto kept = archive.adopt(file, offer.candidate.sha256);
  if (kept && (kept->name != offer.candidate.package || kept->version != offer.candidate.version)) {
    return fail(ErrorKind::HashMismatch, fmt::format("the index of {} calls a file {} {} that says it is {} {}",
                                                     offer.candidate.repository, offer.candidate.package,
                                                     offer.candidate.version, kept->name, kept->version));
  }
  return kept;
}

}  // namespace

Result<std::vector<KeptPackage>> fetch_into(Archive const& archive, std::vector<Offer> const& offers,
                                            ProgressSink const& progress) {
  std::vector<KeptPackage> kept;
  std::vector<Offer> missing;
  for (auto const& offer : offers) {
    if (archive.open(pin_of(offer))) {
      kept.push_back({offer.candidate.package, offer.candidate.version, offer.candidate.sha256});
    } else {
      missing.push_back(offer);
    }
  }
  if (missing.empty()) return kept;
  if (auto room = require_room(archive, missing); !room) return fail(room.error());
  auto const partial = archive.fresh_partial(_config->Find("APT::Sandbox::User", "_apt"));
  if (!partial) return fail(partial.error());
  for (auto const& offer : missing) {
    auto one = fetch_one(archive, *partial, offer, progress);
    if (!one) {
      archive.drop_partial();
      return fail(one.error());
    }
    kept.push_back(std::move(*one));
  }
  archive.drop_partial();
  return kept;
}

}  // namespace tykup::pkg::apt
