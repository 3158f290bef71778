#include "pkg/apt/fetch.hpp"

#include <apt-pkg/acquire-item.h>
#include <apt-pkg/acquire.h>
#include <apt-pkg/configuration.h>
#include <apt-pkg/hashes.h>
#include <fmt/format.h>

#include <memory>

#include "pkg/apt/errors.hpp"
#include "pkg/common/fetching.hpp"
#include "pkg/common/stall.hpp"
#include "pkg/apt/watch.hpp"

namespace tykup::pkg::apt {
namespace {

Error failure_of(Offer const& offer, std::string const& words) {
  if (words.find("404 ") != std::string::npos) return file_is_gone(offer.candidate, words);
  return repository_failed(offer.candidate, classify_fetch(words), words);
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
  return adopt_as(archive, file, offer.candidate);
}

}  // namespace

Result<std::vector<KeptPackage>> fetch_into(Archive const& archive, std::vector<Offer> const& offers,
                                            ProgressSink const& progress) {
  return fetch_missing(archive, offers, _config->Find("APT::Sandbox::User", "_apt"),
                       [&](std::string const& partial, Offer const& offer) { return fetch_one(archive, partial, offer, progress); });
}

}  // namespace tykup::pkg::apt
