#include "systemd/journal.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include <system_error>

#include "systemd/logging.hpp"

namespace tykup::systemd {
namespace {

int send_to_journald(std::vector<std::string> const& fields) {
  std::vector<iovec> parts;
  parts.reserve(fields.size());
  // The interface is not const-correct; it only reads.
  for (auto const& field : fields) parts.push_back({const_cast<char*>(field.data()), field.size()});
  return sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

spdlog::level::level_enum level_of(rollout::Priority priority) {
  switch (priority) {
    case rollout::Priority::Error: return spdlog::level::err;
    case rollout::Priority::Warning: return spdlog::level::warn;
    case rollout::Priority::Notice:
    case rollout::Priority::Info: break;
  }
  return spdlog::level::info;
}

}  // namespace

std::vector<std::string> journal_fields(rollout::Announcement const& announcement) {
  std::vector<std::string> fields{"MESSAGE=" + announcement.message,
                                  fmt::format("PRIORITY={}", static_cast<int>(announcement.priority)),
                                  fmt::format("MESSAGE_ID={}", message_id(announcement.said)),
                                  "SYSLOG_IDENTIFIER=tykupd",
                                  fmt::format("TYKUP_EVENT={}", rollout::to_string(announcement.said))};
  auto const add = [&fields](std::string_view name, std::string const& value) {
    if (!value.empty()) fields.push_back(fmt::format("{}={}", name, value));
  };
  add("TYKUP_RUN", announcement.run);
  add("TYKUP_STEP", announcement.step);
  add("TYKUP_COMPONENT", announcement.component);
  add("TYKUP_FROM", announcement.from);
  add("TYKUP_TO", announcement.to);
  add("TYKUP_REASON", announcement.reason);
  add("UNIT", announcement.unit);
  return fields;
}

Journal::Journal() {
  if (stderr_is_journal()) send_ = send_to_journald;
}

void Journal::write(rollout::Announcement const& announcement) {
  auto const level = level_of(announcement.priority);
  if (!send_) {
    spdlog::log(level, "{}", announcement.message);
    return;
  }
  int const r = send_(journal_fields(announcement));
  if (r >= 0) return;
  spdlog::log(level, "{} (not written to the journal: {})", announcement.message, std::generic_category().message(-r));
}

}  // namespace tykup::systemd
