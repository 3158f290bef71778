#include "systemd/client/run_journal.hpp"

#include <grp.h>
#include <pwd.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>

namespace tykup::systemd {
namespace {

constexpr std::string_view kDaemon = "tykupd.service";
constexpr std::string_view kExecutors = "tykup-executor@";

struct JournalCloser {
  void operator()(sd_journal* journal) const { sd_journal_close(journal); }
};
using Handle = std::unique_ptr<sd_journal, JournalCloser>;

tl::unexpected<Error> not_read(int status, std::string const& what) {
  return fail(ErrorKind::Internal, "The journal cannot be " + what + ": " + std::generic_category().message(-status) + ".");
}

std::string caller() {
  passwd const* const user = ::getpwuid(::geteuid());
  return user == nullptr ? "uid " + std::to_string(::geteuid()) : std::string(user->pw_name);
}

/// sd-journal passes over files that it may not open, and says nothing.
bool may_read_system_journal() {
  sd_id128_t machine{};
  std::array<char, SD_ID128_STRING_MAX> text{};
  if (sd_id128_get_machine(&machine) < 0) return true;
  sd_id128_to_string(machine, text.data());
  for (char const* const place : {"/var/log/journal/", "/run/log/journal/"}) {
    auto const file = std::string(place) + text.data() + "/system.journal";
    if (::access(file.c_str(), R_OK) != 0 && errno == EACCES) return false;
  }
  return true;
}

Result<Handle> open_journal(std::string const& directory) {
  if (directory.empty() && !may_read_system_journal())
    return fail(ErrorKind::NotAllowed, caller() + " may not read this host's journal: that is for root and the group systemd-journal.");
  sd_journal* raw = nullptr;
  int const r = directory.empty() ? sd_journal_open(&raw, SD_JOURNAL_LOCAL_ONLY) : sd_journal_open_directory(&raw, directory.c_str(), 0);
  if (r < 0) return not_read(r, "opened");
  return Handle{raw};
}

std::string field(sd_journal* journal, std::string_view name) {
  void const* data = nullptr;
  std::size_t size = 0;
  if (sd_journal_get_data(journal, std::string(name).c_str(), &data, &size) < 0) return {};
  std::string_view const text{static_cast<char const*>(data), size};
  return text.size() <= name.size() ? std::string{} : std::string(text.substr(name.size() + 1));
}

bool is_ours(sd_journal* journal) {
  auto const unit = field(journal, "_SYSTEMD_UNIT");
  return unit == kDaemon || unit.starts_with(kExecutors);
}

Result<void> match(sd_journal* journal, std::string const& run, std::set<std::string> const& invocations) {
  sd_journal_flush_matches(journal);
  auto const add = [&](std::string const& term) { return sd_journal_add_match(journal, term.data(), term.size()); };
  int r = add("TYKUP_RUN=" + run);
  for (auto const& invocation : invocations) {
    if (r >= 0) r = sd_journal_add_disjunction(journal);
    if (r >= 0) r = add("_SYSTEMD_INVOCATION_ID=" + invocation);
  }
  return r < 0 ? Result<void>{not_read(r, "searched")} : Result<void>{};
}

/// Which processes of the executor worked for the run.
Result<std::set<std::string>> executors_of(sd_journal* journal, std::string const& run) {
  if (auto set = match(journal, run, {}); !set) return fail(set.error());
  if (int const r = sd_journal_seek_head(journal); r < 0) return not_read(r, "searched");
  std::set<std::string> invocations;
  int r = 0;
  while ((r = sd_journal_next(journal)) > 0) {
    if (!field(journal, "_SYSTEMD_UNIT").starts_with(kExecutors)) continue;
    if (auto id = field(journal, "_SYSTEMD_INVOCATION_ID"); !id.empty()) invocations.insert(std::move(id));
  }
  if (r < 0) return not_read(r, "read");
  return invocations;
}

int priority_of(sd_journal* journal) {
  auto const text = field(journal, "PRIORITY");
  int priority = 6;
  std::from_chars(text.data(), text.data() + text.size(), priority);
  return priority;
}

cli::LogEntry entry_of(sd_journal* journal) {
  std::uint64_t at = 0;
  sd_journal_get_realtime_usec(journal, &at);
  return {.at = Instant{Duration{static_cast<std::int64_t>(at)}},
          .priority = priority_of(journal),
          .source = field(journal, "SYSLOG_IDENTIFIER"),
          .message = field(journal, "MESSAGE"),
          .event = field(journal, "TYKUP_EVENT"),
          .step = field(journal, "TYKUP_STEP"),
          .component = field(journal, "TYKUP_COMPONENT"),
          .from = field(journal, "TYKUP_FROM"),
          .to = field(journal, "TYKUP_TO"),
          .reason = field(journal, "TYKUP_REASON"),
          .unit = field(journal, "UNIT"),
          .job = field(journal, "TYKUP_JOB")};
}

}  // namespace

Result<std::vector<cli::LogEntry>> RunJournal::of_run(std::string const& run) {
  auto const journal = open_journal(directory_);
  if (!journal) return fail(journal.error());
  auto const invocations = executors_of(journal->get(), run);
  if (!invocations) return fail(invocations.error());
  if (auto set = match(journal->get(), run, *invocations); !set) return fail(set.error());
  if (int const r = sd_journal_seek_tail(journal->get()); r < 0) return not_read(r, "searched");
  std::vector<cli::LogEntry> entries;
  int r = 0;
  while (entries.size() < kMostEntries && (r = sd_journal_previous(journal->get())) > 0)
    if (is_ours(journal->get())) entries.push_back(entry_of(journal->get()));
  if (r < 0) return not_read(r, "read");
  std::ranges::reverse(entries);
  return entries;
}

}  // namespace tykup::systemd
