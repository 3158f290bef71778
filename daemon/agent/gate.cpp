#include <boost/asio/co_spawn.hpp>

#include "daemon/agent/agent.hpp"
#include "daemon/agent/coroutines.hpp"

namespace tykup::agent {
namespace {

constexpr auto kBetweenLooks = std::chrono::seconds{1};
constexpr auto kAnswerLimit = std::chrono::seconds{5};

}  // namespace

void Agent::watch(HealthExpectation expectation, HealthConfig limits) {
  boost::asio::co_spawn(loop_, gate(std::move(expectation), limits), rethrow);
}

Awaitable<void> Agent::gate(HealthExpectation expectation, HealthConfig limits) {
  auto const component = expectation.component.name;
  GateState state{world_.clock.now()};
  for (;;) {
    auto const sighting = co_await look(expectation);
    auto const result = observe(state, expectation, sighting, limits);
    state = result.next;
    if (result.kind == GateResult::Kind::Passed) {
      post(rollout::event::HealthPassed{component});
      co_return;
    }
    if (result.kind == GateResult::Kind::Failed) {
      post(rollout::event::HealthFailed{component, result.reason, state.last.only_dependencies, state.last.unwell});
      co_return;
    }
    progress_ = job::Progress{"health", -1, state.last.findings.empty() ? "settling" : state.last.findings.front()};
    show();
    co_await sleep(world_.clock.now() + kBetweenLooks);
  }
}

Awaitable<Sighting> Agent::look(HealthExpectation const& expectation) {
  Sighting seen;
  auto const& component = expectation.component;
  auto unit = co_await world_.host.unit(component.unit);
  if (unit) seen.unit = *unit;
  for (auto const& endpoint : expectation.endpoints) {
    auto answer = co_await world_.prober.ask(endpoint, kAnswerLimit);
    seen.answers.push_back(std::move(answer));
  }
  for (auto const& probe : component.probes) {
    auto answer = co_await world_.prober.ask(probe, kAnswerLimit);
    seen.answers.push_back(std::move(answer));
  }
  auto const since = expectation.restarted == Instant{} ? seen.unit.started.value_or(Instant{}) : expectation.restarted;
  if (auto journal = world_.host.journal(component.unit, since)) {
    seen.journal_readable = journal->readable;
    seen.journal = std::move(journal->lines);
  }
  seen.at = world_.clock.now();
  co_return seen;
}

}  // namespace tykup::agent
