#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "pkg/common/progress.hpp"
#include "pkg/common/stall.hpp"
#include "pkg/common/stamps.hpp"
#include "pkg/common/sync.hpp"
#include "pkg/common/words.hpp"
#include "pkg/rpm/library.hpp"
#include "pkg/rpm/source_refresh.hpp"

namespace tykup::pkg::rpm {
namespace fs = std::filesystem;
namespace {

/// The new folder takes the place of the old one in one step.
Result<void> put_in_place(std::string const& fresh, std::string const& folder) {
  auto const flags = fs::exists(folder) ? RENAME_EXCHANGE : 0U;
  if (renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, folder.c_str(), flags) != 0) {
    return fail(ErrorKind::Internal, fmt::format("{} cannot be put in place of {}", fresh, folder));
  }
  std::error_code ignored;
  if (flags != 0) fs::remove_all(fresh, ignored);
  return {};
}

Result<void> make_folder(std::string const& folder) {
  std::error_code failed;
  fs::remove_all(folder, failed);
  fs::create_directories(fs::path(folder).parent_path(), failed);
  if (failed || mkdir(folder.c_str(), 0755) != 0) return fail(ErrorKind::Internal, folder + " cannot be made");
  return {};
}

struct Wanted {
  RepositoryEntry const* entry;
  bool unsigned_metadata;
};

/// An entry that serves two scopes is fetched once; the stricter word counts.
std::vector<Wanted> distinct_sources(Configuration const& configuration, std::vector<Scope> const& scopes) {
  std::vector<Wanted> all;
  for (auto const& scope : scopes) {
    for (auto const* entry : sources_of(configuration, scope)) {
      auto const same =
          std::find_if(all.begin(), all.end(), [&](Wanted const& wanted) { return wanted.entry == entry; });
      if (same == all.end()) {
        all.push_back({entry, scope.unsigned_metadata});
      } else {
        same->unsigned_metadata = same->unsigned_metadata && scope.unsigned_metadata;
      }
    }
  }
  return all;
}

}  // namespace

SourceRefresh::SourceRefresh(RpmPaths const& paths, TrustedEntry const& source)
    : paths_(paths),
      source_(source),
      fetcher_(source.entry->transport),
      folder_(metadata_folder(paths, *source.entry)) {}

std::optional<Error> SourceRefresh::run(ProgressSink const& progress) {
  auto const bases = fetcher_.bases_of(*source_.entry);
  if (!bases) return said(bases.error());
  std::optional<Error> trouble;
  for (auto const& base : *bases) {
    trouble = from(base, progress);
    // Another mirror helps against a dead one, not against a bad signature.
    if (!trouble || trouble->kind != ErrorKind::RepositoryUnreachable) break;
  }
  std::error_code ignored;
  fs::remove_all(fresh(), ignored);
  return trouble;
}

Error SourceRefresh::said(Error const& error) const {
  auto const detail = error.detail.empty() ? error.message : error.detail;
  return {error.kind,
          fmt::format("the repository {} {} {}", shown_url(*source_.entry), source_.entry->id,
                      said_of_repository(error.kind, detail)),
          detail};
}

std::optional<Error> SourceRefresh::from(std::string const& base, ProgressSink const& progress) {
  if (auto made = make_folder(fresh()); !made) return made.error();
  if (auto got = fetch_repomd(base, progress); !got) return said(got.error());
  auto const repomd = read_repomd(fresh() + "/repomd.xml");
  if (!repomd) return said(repomd.error());
  if (auto const before = seen_before(); before && repomd->date.value_or(Instant::min()) < *before) {
    return said({ErrorKind::RepositoryStale,
                 {},
                 fmt::format("served: {}, seen before: {}", repomd->date ? to_rfc3339(*repomd->date) : "no date",
                             to_rfc3339(*before))});
  }
  auto const& primary = repomd->primary;
  auto const file = fresh() + "/" + fs::path(primary.path).filename().string();
  Remote const remote{base, primary.path, primary.checksum_type, primary.checksum, primary.size};
  if (auto got = fetcher_.fetch(remote, file, "refresh", progress); !got) return said(got.error());
  sync_files_in(fresh());
  if (auto placed = put_in_place(fresh(), folder_); !placed) return placed.error();
  sync_file(fs::path(folder_).parent_path());
  auto const now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  write_stamp(stamps_of(paths_), metadata_name(*source_.entry), Stamp{now, repomd->date});
  return std::nullopt;
}

Result<void> SourceRefresh::fetch_repomd(std::string const& base, ProgressSink const& progress) {
  auto const file = fresh() + "/repomd.xml";
  if (auto got = fetcher_.fetch({base, "repodata/repomd.xml"}, file, "refresh", progress); !got) return got;
  if (!source_.entry->repo_gpgcheck) return {};
  if (auto got = fetcher_.fetch({base, "repodata/repomd.xml.asc"}, file + ".asc", "refresh", progress); !got) {
    auto const& error = got.error();
    return is_missing(error) ? fail(ErrorKind::RepositoryUnsigned, error.message, error.detail) : fail(error);
  }
  return check_signature(source_.keys, file, file + ".asc");
}

std::optional<Instant> SourceRefresh::seen_before() const {
  auto const stamp = read_stamp(stamps_of(paths_), metadata_name(*source_.entry));
  return stamp ? stamp->metadata : std::nullopt;
}

std::string stamps_of(RpmPaths const& paths) {
  return paths.archives + ".refreshed";
}

Result<std::vector<job::RefreshedSource>> RpmPackageManager::refresh(std::vector<Scope> const& scopes,
                                                                     ProgressSink const& progress) {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  auto const configuration = read_configuration(paths_);
  if (!configuration) return fail(configuration.error());
  std::vector<job::RefreshedSource> refreshed;
  for (auto const& [entry, unsigned_metadata] : distinct_sources(*configuration, scopes)) {
    auto const source = trust(paths_, *configuration, *entry, unsigned_metadata);
    auto error = source ? SourceRefresh(paths_, *source).run(progress) : std::optional(source.error());
    if (error && error->kind == ErrorKind::Stopping) return fail(put_off("metadata"));
    refreshed.push_back({shown_url(*entry), entry->id, std::move(error)});
  }
  return refreshed;
}

}  // namespace tykup::pkg::rpm
