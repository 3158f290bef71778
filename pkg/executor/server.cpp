#include "pkg/executor/server.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "daemon/fault/fault.hpp"
#include "daemon/wire/job_json.hpp"
#include "pkg/executor/job_log.hpp"
#include "pkg/executor/ledger.hpp"
#include "pkg/executor/operations.hpp"

namespace tykup::executor {
namespace {

using Outcome = Result<job::Outcome>;

constexpr Duration kLongestWait = std::chrono::hours{2};
constexpr std::size_t kRecords = 500;

Result<job::Request> receive(Host const& host, Connection& connection, Result<Peer> const& peer) {
  if (!peer) return fail(peer.error());
  if (peer->uid != 0 && peer->uid != host.daemon)
    return fail(ErrorKind::NotAllowed, "user id " + std::to_string(peer->uid) +
                                           " may not ask the executor: it answers tykupd (user tykup) and root only");
  auto const line = connection.read_line(host.send_limit, wire::kLongestRequest);
  if (!line) return fail(line.error());
  return wire::read_request(*line);
}

/// Lines that say nothing new are not sent.
pkg::ProgressSink progress_to(Host const& host, Connection& connection) {
  auto say = [&connection, last = job::Progress{}](job::Progress const& progress) mutable {
    bool const same = progress.phase == last.phase && progress.message == last.message &&
                      std::abs(progress.percent - last.percent) < 1;
    if (same) return;
    last = progress;
    connection.try_send(wire::progress_line(progress));
  };
  return {std::move(say), host.told_to_stop};
}

/// The journal tells when it began and what came of it.
template <typename Work>
Outcome told(Host const& host, job::Request const& request, Work work) {
  if (!is_told(request)) return work();
  host.say(begun_fields(request));
  auto const begun = std::chrono::steady_clock::now();
  Outcome outcome = work();
  host.say(ended_fields(request, outcome, std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begun)));
  return outcome;
}

Outcome act(Host const& host, job::Request const& request, bool by_root, pkg::ProgressSink const& progress) {
  auto const config = host.load_config();
  if (!config) return fail(config.error());
  auto const packages = host.package_manager();
  auto const units = host.units();
  auto const sandbox = host.sandbox();
  Context context{host.paths, *config, *packages, *units, progress, by_root, host.told_to_stop, host.patience};
  context.sandbox = sandbox.get();
  return perform(context, request.operation);
}

Duration wait_for_turn(Host const& host, job::Operation const& operation) {
  auto const* apply = std::get_if<job::Apply>(&operation);
  return apply == nullptr ? host.busy_wait : std::clamp(apply->lock_wait, Duration{}, kLongestWait);
}

/// What is said to somebody who would switch the host off; empty where that does no harm.
struct Errand {
  std::string operator()(job::Apply const& o) const { return "the package of " + o.step.component + " is being changed"; }
  std::string operator()(job::Restart const& o) const { return "the service of " + o.step.component + " is being restarted"; }
  std::string operator()(job::Restore const& o) const { return "the configuration of " + o.step.component + " is being put back"; }
  std::string operator()(job::Recover const&) const { return "an interrupted package change is being finished"; }
  template <typename Harmless>
  std::string operator()(Harmless const&) const {
    return {};
  }
};

Outcome act_alone(Host const& host, job::Request const& request, bool by_root, pkg::ProgressSink const& progress) {
  auto const holder = std::string(job::name_of(request.operation)) + ", job " + request.id;
  auto const lock = take_lock(host.paths.lock(), holder, wait_for_turn(host, request.operation));
  if (!lock) return fail(lock.error());
  if (host.told_to_stop()) return fail(ErrorKind::Stopping, "the executor was told to end before it began");
  auto const errand = std::visit(Errand{}, request.operation);
  auto const inhibited = errand.empty() ? Fd() : host.inhibit(errand);
  return told(host, request, [&] { return act(host, request, by_root, progress); });
}

Outcome act_on_record(Host const& host, job::Request const& request, bool by_root, pkg::ProgressSink const& progress) {
  Ledger ledger(host.paths);
  auto const operation = job::name_of(request.operation);
  std::optional<Outcome> early;
  if (fault::skipped(fault::Point::JobRecord)) {
    early = act_alone(host, request, by_root, progress);
    fault::reached(fault::Family::JobActed, operation);
  }
  auto begun = ledger.begin(request, std::string(operation), kLongestWait);
  if (!begun) return fail(begun.error());
  if (auto* known = std::get_if<Ledger::Known>(&*begun)) return std::move(*known);
  fault::reached(fault::Family::JobBegun, operation);
  auto outcome = early ? std::move(*early) : act_alone(host, request, by_root, progress);
  fault::reached(fault::Family::JobActed, operation);
  auto const& job = std::get<Ledger::Begun>(*begun);
  bool const put_off = !outcome && outcome.error().kind == ErrorKind::Stopping;
  if (auto recorded = put_off ? ledger.forget(job) : ledger.end(job, outcome); !recorded)
    return fail(with_context(recorded.error(), "the job ended, but its outcome could not be recorded"));
  fault::reached(fault::Family::JobEnded, operation);
  ledger.prune(kRecords);
  return outcome;
}

}  // namespace

void serve(Host const& host, Connection& connection, Result<Peer> const& peer) {
  auto const request = receive(host, connection, peer);
  Outcome outcome = fail(ErrorKind::Internal, "nothing was done");
  if (!request) {
    outcome = fail(request.error());
  } else if (auto const* asked = std::get_if<job::ResultOf>(&request->operation)) {
    outcome = Ledger(host.paths).outcome(asked->job, std::min(asked->wait, kLongestWait));
  } else if (std::holds_alternative<job::Inspect>(request->operation)) {
    outcome = told(host, *request, [&] { return act(host, *request, peer->uid == 0, progress_to(host, connection)); });
  } else {
    outcome = act_on_record(host, *request, peer->uid == 0, progress_to(host, connection));
  }
  connection.send(wire::final_line(outcome), host.send_limit);
}

}  // namespace tykup::executor
