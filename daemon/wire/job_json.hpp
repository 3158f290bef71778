#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "daemon/core/job.hpp"
#include "daemon/wire/json_basics.hpp"

/// The executor's protocol: one JSON object a line.
///
/// Request: {"protocol":1,"job":"ID","operation":"apply","arguments":{…}}. Answer: any number of
/// {"progress":{"phase","percent"|null,"message"}}, then one final line, {"ok":{"applied":{…}}} or
/// {"error":{"code","message","detail"}}. Reading is strict: an unknown field, kind or operation is BadRequest and names
/// its place; another protocol number is BadRequest "restart tykupd".
///
/// A job that the executor has no record of is NotFound to `result`: it was never begun (or only read, `inspect` is not
/// recorded), so that the same request may be sent again.
namespace tykup::wire {

/// The longest request line that the executor reads.
inline constexpr std::size_t kLongestRequest = std::size_t{1} << 20;

/// Without the end of line.
std::string request_line(job::Request const& request);
Result<job::Request> read_request(std::string_view line);

std::string progress_line(job::Progress const& progress);
std::string final_line(Result<job::Outcome> const& outcome);

/// One line of an answer: progress, or the end.
using Answer = std::variant<job::Progress, Result<job::Outcome>>;
/// BadRequest where the line is none of these.
Result<Answer> read_answer(std::string_view line);

/// True for [A-Za-z0-9._-]{1,120} that does not begin with a dot: job and run ids become file names.
bool is_id(std::string_view id);

}  // namespace tykup::wire
