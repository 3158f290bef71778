#include "daemon/agent/fleet_inquirer.hpp"

#include <algorithm>
#include <utility>

#include "daemon/wire/prometheus_json.hpp"

namespace tykup::agent {
namespace {

/// What is measured needs a while to show.
constexpr Duration kQueryAgain = std::chrono::seconds{10};
constexpr Duration kQueryLimit = std::chrono::seconds{10};

/// Another one each time: a job of the same id is never done twice.
job::Request request_of(fleet::Inquiry const& inquiry, Instant now) {
  auto const since = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  job::Hook hook;
  hook.step = {inquiry.rollout, inquiry.stage.component};
  hook.point = inquiry.gate ? job::Hook::Point::Gate : job::Hook::Point::Promote;
  hook.from = inquiry.from;
  hook.to = inquiry.to;
  hook.fleet = job::Hook::OfFleet{inquiry.stage.datacenter, inquiry.group, {}, {}, inquiry.limit};
  if (inquiry.gate) hook.fleet->after = std::string(fleet::to_string(inquiry.gate->after));
  if (inquiry.gate) hook.fleet->gate = inquiry.gate->command;
  auto const what = inquiry.gate ? "gate-" + inquiry.gate->name : std::string("promote");
  return {"fleet-" + inquiry.rollout + "-" + std::to_string(since) + "-" + what, std::move(hook)};
}

}  // namespace

Awaitable<Result<void>> FleetInquirer::ask(fleet::Inquiry inquiry) {
  bool const queries = inquiry.gate && inquiry.gate->command.empty();
  Result<void> answer;
  if (queries) answer = co_await query(std::move(inquiry));
  else answer = co_await run(std::move(inquiry));
  co_return answer;
}

Awaitable<Result<void>> FleetInquirer::run(fleet::Inquiry inquiry) {
  auto request = request_of(inquiry, clock_.now());
  Executor::ProgressSink nobody = [](job::Progress const&) {};
  auto const outcome = co_await executor_.perform(std::move(request), std::move(nobody));
  Result<void> answer;
  if (!outcome) answer = fail(outcome.error());
  co_return answer;
}

/// Until it is open, or the limit is over.
Awaitable<Result<void>> FleetInquirer::query(fleet::Inquiry inquiry) {
  auto const end = clock_.steady() + inquiry.limit;
  Result<void> answer;
  for (;;) {
    Probe probe{Probe::Kind::Http, fleet::query_url(*inquiry.gate)};
    auto const left = std::max(end - clock_.steady(), Duration{std::chrono::seconds{1}});
    auto const got = co_await prober_.ask(std::move(probe), std::min(left, kQueryLimit));
    auto const closed = fleet::closed_by(wire::prometheus_answer(got.http.status, got.http.body, got.http.problem));
    if (closed.empty()) break;
    if (clock_.steady() + kQueryAgain >= end) {
      answer = fail(ErrorKind::HookFailed, closed + ", for " + to_human(inquiry.limit) + " ([hooks] gate in the fleet's policy)");
      break;
    }
    co_await clock_.sleep_until(clock_.now() + kQueryAgain);
  }
  co_return answer;
}

}  // namespace tykup::agent
