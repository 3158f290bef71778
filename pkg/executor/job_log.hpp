#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/job.hpp"
#include "daemon/core/result.hpp"

/// What the executor says of its jobs in the journal: entries that `tykup log RUN` and `journalctl TYKUP_RUN=` find.
namespace tykup::executor {

/// systemd/catalog/tykup.catalog explains them.
inline constexpr std::string_view kJobBegun = "6f0c4a0a5c3b4fd0a2d9a2c5e9f4b1d7";
inline constexpr std::string_view kJobEnded = "d3b7e1c89a4f4c5fb7a8406a1c52e9f0";

/// The fields of an entry, "NAME=value", those without a value left out.
std::vector<std::string> begun_fields(job::Request const& request);
std::vector<std::string> ended_fields(job::Request const& request, Result<job::Outcome> const& outcome, Duration took);

/// Whether the job is worth an entry: it may change something, or belongs to a run.
bool is_told(job::Request const& request);

/// To the journal of this host. What cannot be written is lost: the outcome itself goes to the daemon.
void send_to_journal(std::vector<std::string> const& fields);

}  // namespace tykup::executor
