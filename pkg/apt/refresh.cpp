#include <apt-pkg/acquire-item.h>
#include <apt-pkg/acquire.h>
#include <apt-pkg/metaindex.h>
#include <apt-pkg/sourcelist.h>
#include <apt-pkg/strutl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "pkg/apt/apt_package_manager.hpp"
#include "pkg/apt/errors.hpp"
#include "pkg/apt/library.hpp"
#include "pkg/apt/lock.hpp"
#include "pkg/apt/sources.hpp"
#include "pkg/common/stall.hpp"
#include "pkg/common/stamps.hpp"
#include "pkg/common/sync.hpp"
#include "pkg/apt/watch.hpp"

namespace tykup::pkg::apt {
namespace {

/// The Date of a release file that just came in. Not verified: good for a refusal, never for a consent.
std::optional<Instant> date_in(std::string const& file) {
  std::ifstream stream(file);
  constexpr std::string_view kField = "Date: ";
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind(kField, 0) != 0) continue;
    time_t at = 0;
    if (RFC1123StrToTime(line.substr(kField.size()), at)) return Instant{std::chrono::seconds{at}};
  }
  return std::nullopt;
}

/// The items' own words and the library's; empty where everything arrived.
std::string complaints_of(pkgAcquire& fetcher, bool ran) {
  std::string words;
  bool failed = !ran;
  for (auto item = fetcher.ItemsBegin(); item != fetcher.ItemsEnd(); ++item) {
    if ((*item)->Status == pkgAcquire::Item::StatDone) continue;
    failed = true;
    if (!(*item)->ErrorText.empty()) words += (*item)->ErrorText + '\n';
  }
  words += drain_errors();
  if (!failed) return {};
  return words.empty() ? "the fetch was not completed" : words;
}

class SourceRefresh {
 public:
  SourceRefresh(metaIndex& source, std::string stamps) : source_(source), stamps_(std::move(stamps)) {}

  std::optional<Error> run(ProgressSink const& progress) {
    if (auto reason = distrust(source_)) return reason;
    auto const before = seen_before();
    if (auto const words = fetch(progress); !words.empty()) {
      auto const kind = classify_fetch(words);
      return Error{kind, say(kind, words), words};
    }
    auto const release = release_of(source_);
    if (!release) return Error{ErrorKind::RepositoryUnreachable, say(ErrorKind::RepositoryUnreachable)};
    auto const served = served_.value_or(release->date.value_or(Instant::min()));
    if (before && served < *before) return stale(served, *before);
    if (release->valid_until && *release->valid_until < std::chrono::system_clock::now()) {
      return Error{ErrorKind::RepositoryExpired, say(ErrorKind::RepositoryExpired)};
    }
    auto const now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    write_stamp(stamps_, std::filesystem::path(release->file).filename(), Stamp{now, release->date});
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::string say(ErrorKind kind, std::string_view words = {}) const {
    return fmt::format("the repository {} {} {}", shown_url(source_), source_.GetDist(), said_of_repository(kind, words));
  }

  [[nodiscard]] Error stale(Instant served, Instant before) const {
    return {ErrorKind::RepositoryStale, say(ErrorKind::RepositoryStale),
            fmt::format("served: {}, seen before: {}", to_rfc3339(served), to_rfc3339(before))};
  }

  [[nodiscard]] std::optional<Instant> seen_before() const {
    auto const release = release_of(source_);
    if (!release) return std::nullopt;
    auto const stamp = read_stamp(stamps_, std::filesystem::path(release->file).filename());
    auto const noted = stamp && stamp->metadata ? *stamp->metadata : Instant::min();
    return std::max(noted, release->date.value_or(Instant::min()));
  }

  /// One fetcher for each source: apt commits its files together or not at all. No hooks, no clean-up of other lists.
  std::string fetch(ProgressSink const& progress) {
    auto const arrived = [this](std::string const& uri, std::string const& file) {
      // The first report counts: after the check apt points at the file it decided to keep.
      if (!served_ && uri.ends_with("Release")) served_ = date_in(file);
    };
    auto const watch = watch_fetch("refresh", progress, arrived);
    pkgAcquire fetcher(watch.get());
    if (!source_.GetIndexes(&fetcher, false)) return drain_errors();
    bool const ran = fetcher.Run() == pkgAcquire::Continue;
    return complaints_of(fetcher, ran);
  }

  metaIndex& source_;
  std::string stamps_;
  std::optional<Instant> served_ = {};
};

std::vector<metaIndex*> distinct_sources(pkgSourceList const& list, std::vector<Scope> const& scopes) {
  std::vector<metaIndex*> all;
  for (auto const& scope : scopes) {
    for (auto* source : sources_of(list, scope)) {
      if (std::find(all.begin(), all.end(), source) == all.end()) all.push_back(source);
    }
  }
  return all;
}

}  // namespace

Result<std::vector<job::RefreshedSource>> AptPackageManager::refresh(std::vector<Scope> const& scopes,
                                                                     ProgressSink const& progress) {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  pkgSourceList list;
  if (!list.ReadMainList()) return fail(library_error(ErrorKind::BadConfig, "apt's source list cannot be read"));
  auto const lists = apt_dir("Dir::State::lists");
  pkgAcquire guard;
  auto const lock = [&]() -> Result<void> {
    if (guard.GetLock(lists)) return {};
    auto const error = library_error(ErrorKind::Internal, "apt's lists cannot be locked");
    // Somebody may have come between our question and the attempt.
    return holder_of(lists + "lock") ? fail(ErrorKind::LockHeld, "a process that was faster") : fail(error);
  };
  if (auto locked = retry_lock(lists + "lock", paths_.lists_wait, progress, lock); !locked) return fail(locked.error());
  std::vector<job::RefreshedSource> refreshed;
  for (auto* source : distinct_sources(list, scopes)) {
    SourceRefresh one(*source, paths_.archives + ".refreshed");
    auto error = one.run(progress);
    if (progress.told_to_stop()) return fail(put_off("metadata"));
    refreshed.push_back({shown_url(*source), source->GetDist(), std::move(error)});
  }
  // apt itself does not: after a loss of power one empty list makes all of them unreadable, and with them the way back.
  sync_files_in(lists);
  return refreshed;
}

}  // namespace tykup::pkg::apt
