#include "pkg/rpm/package_fetch.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include "pkg/common/fetching.hpp"
#include "pkg/rpm/fetch.hpp"
#include "pkg/rpm/rpm_file.hpp"

namespace tykup::pkg::rpm {
namespace {

Error failure_of(Offer const& offer, Error const& error) {
  if (error.kind == ErrorKind::Stopping) return error;
  if (is_missing(error)) return file_is_gone(offer.candidate, error.detail);
  return repository_failed(offer.candidate, error.kind, error.detail);
}

Result<std::vector<std::string>> bases_of(Fetcher& fetcher, Offer const& offer) {
  if (!offer.base.empty()) return std::vector{offer.base};
  return fetcher.bases_of(*offer.source->trusted.entry);
}

Result<void> download(Offer const& offer, std::string const& file, ProgressSink const& progress) {
  Fetcher fetcher(offer.source->trusted.entry->transport);
  auto const bases = bases_of(fetcher, offer);
  if (!bases) return fail(failure_of(offer, bases.error()));
  Result<void> got = fail(ErrorKind::RepositoryUnreachable, "it has no URL");
  for (auto const& base : *bases) {
    got = fetcher.fetch({base, offer.path, "sha256", offer.candidate.sha256, offer.candidate.size}, file, "download",
                        progress);
    if (got) return {};
  }
  return fail(failure_of(offer, got.error()));
}

/// By the keys of its entry and no others, without those that this host's crypto policy refuses.
Result<void> check_package(std::string const& file, std::vector<PinnedKey> const& keys) {
  std::vector<std::string> files;
  for (auto const& key : keys) {
    if (!key.refused) files.push_back(key.file);
  }
  return check_signature(file, files);
}

std::string_view said_of_package(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::RepositoryUnsigned:
      return "is not signed; it is not used until its publisher signs it";
    case ErrorKind::RepositoryWrongKey:
      return "is signed by a key that its repository's entry does not name; check the key with the publisher, then "
             "subscribe "
             "again with its fingerprint";
    default:
      return "is damaged: it holds other bytes than those that were signed";
  }
}

Result<KeptPackage> fetch_one(Archive const& archive, std::string const& partial, Offer const& offer,
                              ProgressSink const& progress) {
  auto const& build = offer.candidate;
  auto const file = partial + "/" + build.sha256 + ".rpm";
  if (auto got = download(offer, file, progress); !got) return fail(got.error());
  if (auto good = check_package(file, offer.source->trusted.keys); !good) {
    return fail(good.error().kind,
                fmt::format("the package {} {} of {} {}", build.package, build.version, build.repository,
                            said_of_package(good.error().kind)),
                good.error().message + "\n" + good.error().detail);
  }
  auto kept = adopt_as(archive, file, build);
  unlink(file.c_str());
  return kept;
}

}  // namespace

Result<std::vector<KeptPackage>> fetch_into(Archive const& archive, std::vector<Offer> const& offers,
                                            ProgressSink const& progress) {
  return fetch_missing(archive, offers, "root",
                       [&](std::string const& partial, Offer const& offer) { return fetch_one(archive, partial, offer, progress); });
}

}  // namespace tykup::pkg::rpm
