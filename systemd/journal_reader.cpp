#include "systemd/journal_reader.hpp"

#include <systemd/sd-journal.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

namespace tykup::systemd {
namespace {

constexpr Duration kTolerance = std::chrono::seconds{1};
constexpr char const* kUnitStarting = "MESSAGE_ID=7d4958e842da4a758f6c1cdc7b36dcc5";
constexpr char const* kUnitStarted = "MESSAGE_ID=39f53479d3a045ac8e11786248231fbf";
/// A unit that is restarted in a loop is started this often at most before we stop counting.
constexpr std::size_t kMostStarts = 1000;

struct JournalCloser {
  void operator()(sd_journal* journal) const { sd_journal_close(journal); }
};
using Journal = std::unique_ptr<sd_journal, JournalCloser>;

tl::unexpected<Error> not_read(int status, std::string_view what) {
  return fail(ErrorKind::Internal, "cannot " + std::string{what} + ": " + std::generic_category().message(-status) +
                                       "; is tykup in the group systemd-journal?");
}

Result<Journal> open_journal(std::string const& directory) {
  sd_journal* raw = nullptr;
  // Without SD_JOURNAL_SYSTEM: a service under an ordinary uid logs into that user's file.
  int const r = directory.empty() ? sd_journal_open(&raw, SD_JOURNAL_LOCAL_ONLY)
                                  : sd_journal_open_directory(&raw, directory.c_str(), 0);
  if (r < 0) return not_read(r, "open the journal");
  Journal journal{raw};
  // The name of the field counts too.
  if (int const limited = sd_journal_set_data_threshold(raw, JournalReader::kMostBytes + sizeof("MESSAGE=")); limited < 0) {
    return not_read(limited, "set up reading the journal");
  }
  return journal;
}

std::optional<std::string> field(sd_journal* journal, std::string_view name) {
  void const* data = nullptr;
  std::size_t size = 0;
  if (sd_journal_get_data(journal, std::string{name}.c_str(), &data, &size) < 0) return std::nullopt;
  std::string_view const text{static_cast<char const*>(data), size};
  if (text.size() <= name.size()) return std::nullopt;
  return std::string{text.substr(name.size() + 1, JournalReader::kMostBytes)};
}

Result<void> match(sd_journal* journal, std::initializer_list<std::string> terms) {
  sd_journal_flush_matches(journal);
  for (auto const& term : terms) {
    if (int const r = sd_journal_add_match(journal, term.data(), term.size()); r < 0) return not_read(r, "search the journal");
  }
  return {};
}

std::uint64_t microseconds(Instant at) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(at.time_since_epoch().count(), 0));
}

/// What systemd said about starting the unit.
struct Starts {
  bool seen = false;
  std::set<std::string> invocations;
};

Result<Starts> find_starts(sd_journal* journal, std::string const& unit, Instant since) {
  if (auto set = match(journal, {"_PID=1", "UNIT=" + unit, kUnitStarting, kUnitStarted}); !set) return fail(set.error());
  if (int const r = sd_journal_seek_realtime_usec(journal, microseconds(since - kTolerance)); r < 0) {
    return not_read(r, "search the journal");
  }
  Starts starts;
  int r = 0;
  for (std::size_t i = 0; i < kMostStarts && (r = sd_journal_next(journal)) > 0; ++i) {
    std::uint64_t at = 0;
    if (sd_journal_get_realtime_usec(journal, &at) < 0 || at < microseconds(since - kTolerance)) continue;
    starts.seen = true;
    if (auto id = field(journal, "INVOCATION_ID")) starts.invocations.insert(std::move(*id));
  }
  if (r < 0) return not_read(r, "read the journal");
  return starts;
}

bool is_ours(sd_journal* journal, Starts const& starts) {
  if (starts.invocations.empty()) return true;
  auto const id = field(journal, "_SYSTEMD_INVOCATION_ID");
  return !id || starts.invocations.count(*id) > 0;
}

Result<std::vector<std::string>> collect(sd_journal* journal, std::string const& unit, Instant since, Starts const& starts) {
  if (auto set = match(journal, {"_SYSTEMD_UNIT=" + unit}); !set) return fail(set.error());
  if (int const r = sd_journal_seek_tail(journal); r < 0) return not_read(r, "search the journal");
  std::vector<std::string> lines;
  int r = 0;
  while (lines.size() < JournalReader::kMostLines && (r = sd_journal_previous(journal)) > 0) {
    std::uint64_t at = 0;
    if (sd_journal_get_realtime_usec(journal, &at) < 0) continue;
    if (at < microseconds(since)) break;
    if (!is_ours(journal, starts)) continue;
    if (auto text = field(journal, "MESSAGE")) lines.push_back(std::move(*text));
  }
  if (r < 0) return not_read(r, "read the journal");
  std::reverse(lines.begin(), lines.end());
  return lines;
}

}  // namespace

Result<agent::Host::JournalSight> JournalReader::read(std::string const& unit, Instant since) const {
  auto const journal = open_journal(directory_);
  if (!journal) return fail(journal.error());
  auto const starts = find_starts(journal->get(), unit, since);
  if (!starts) return fail(starts.error());
  auto lines = collect(journal->get(), unit, since, *starts);
  if (!lines) return fail(lines.error());
  agent::Host::JournalSight sight;
  sight.readable = starts->seen;
  sight.lines = std::move(*lines);
  return sight;
}

}  // namespace tykup::systemd
