#include "pkg/rpm/package_fetch.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include "pkg/common/space.hpp"
#include "pkg/common/words.hpp"
#include "pkg/rpm/fetch.hpp"
#include "pkg/rpm/rpm_file.hpp"

namespace tykup::pkg::rpm {
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

Error failure_of(Offer const& offer, Error const& error) {
  auto const& build = offer.candidate;
  if (error.kind == ErrorKind::Stopping) return error;
  // The index promises a file that is not there: taken out, or about to be published.
  if (is_missing(error)) {
    return {ErrorKind::UnknownVersion,
            fmt::format("{} {} is in the index of {}, but its file is not there (any more); refresh again later",
                        build.package, build.version, build.repository),
            error.detail};
  }
  return {error.kind,
          fmt::format("{} {}: the repository {} {}", build.package, build.version, build.repository,
                      said_of_repository(error.kind, error.detail)),
          error.detail};
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
  auto kept = archive.adopt(file, build.sha256);
  unlink(file.c_str());
  if (kept && (kept->name != build.package || kept->version != build.version)) {
    return fail(ErrorKind::HashMismatch,
                fmt::format("the index of {} calls a file {} {} that says it is {} {}", build.repository, build.package,
                            build.version, kept->name, kept->version));
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
  auto const partial = archive.fresh_partial("root");
  if (!partial) return fail(partial.error());
  Result<void> whole;
  for (auto const& offer : missing) {
    auto one = fetch_one(archive, *partial, offer, progress);
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

}  // namespace tykup::pkg::rpm
