#include "daemon/core/health.hpp"

#include <algorithm>

#include "daemon/core/health_parts.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

constexpr char const* kUnit = "unit";

void judge_unit(Look const& look, Findings& findings) {
  UnitFacts const& unit = look.seen.unit;
  std::string const& name = look.expected.component.unit;
  if (unit.load_state == "not-found") return findings.broken(kUnit, name + " does not exist");
  if (unit.load_state == "masked") return findings.broken(kUnit, name + " is masked");
  if (unit.active_state == "failed") return findings.broken(kUnit, name + " failed (" + unit.sub_state + ")");
  if (unit.active_state.empty()) return findings.own(kUnit, "systemd does not tell the state of " + name);
  if (unit.sub_state == "auto-restart") return findings.own(kUnit, name + " ended and waits to be started again");
  if (unit.active_state != "active") return findings.own(kUnit, name + " is " + unit.active_state);
  bool const is_old = unit.started && *unit.started < look.expected.restarted;
  if (is_old) findings.own("process", "the process of " + name + " is still the one from before the restart");
}

std::string problem_of(Probe const& probe, HttpAnswer const& answer) {
  if (answer.status == 0) return probe.target + " does not answer: " + answer.problem;
  if (probe.kind == Probe::Kind::Tcp) return {};
  bool const is_right = probe.status ? answer.status == *probe.status : answer.status / 100 == 2;
  std::string const wanted = probe.status ? std::to_string(*probe.status) : "2xx";
  if (!is_right) return probe.target + " answers HTTP " + std::to_string(answer.status) + ", not " + wanted;
  if (answer.body.find(probe.body) != std::string::npos) return {};
  return probe.target + " answers without " + quoted(probe.body);
}

void judge_probes(Look const& look, Findings& findings) {
  for (Probe const& probe : look.expected.component.probes) {
    auto const* answer = look.answer(probe.target);
    auto problem = answer == nullptr ? probe.target + " was not asked" : problem_of(probe, answer->http);
    if (!problem.empty()) findings.own(probe.target, std::move(problem));
  }
}

/// The first three: more do not help at three in the morning.
std::string in_short(std::vector<std::string> const& findings) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string> const shown(
      findings.begin(), findings.begin() + static_cast<std::ptrdiff_t>(std::min(findings.size(), kShown)));
  std::string const more =
      findings.size() > kShown ? " (and " + std::to_string(findings.size() - kShown) + " more)" : "";
  return join(shown, "; ") + more;
}

/// systemd counts its own restarts, and anew from every start by hand: after our restart each one is news.
std::uint32_t restarts_since(GateState const& state, UnitFacts const& unit) {
  std::uint32_t const before = state.restarts_at_start.value_or(0);
  return unit.restarts >= before ? unit.restarts - before : unit.restarts;
}

void note_restart_loop(HealthVerdict& verdict, GateState const& state, UnitFacts const& unit) {
  constexpr std::uint32_t kLoop = 2;
  std::uint32_t const count = restarts_since(state, unit);
  if (count < kLoop) return;
  verdict.kind = HealthVerdict::Kind::Broken;
  verdict.only_dependencies = false;
  verdict.unwell.own.emplace_back("restarts");
  verdict.findings.insert(verdict.findings.begin(), unit.name + " was started again " + std::to_string(count) +
                                                        " times by systemd: it does not stay up");
}

GateResult failed(GateState next, std::string reason) {
  return {GateResult::Kind::Failed, std::move(next), std::move(reason)};
}

GateResult judge_time(GateState next, Instant at, HealthConfig const& config) {
  Instant const deadline = next.since + config.timeout;
  bool const settled = next.healthy_since && *next.healthy_since + config.settle <= std::min(at, deadline);
  if (settled) return {GateResult::Kind::Passed, std::move(next)};
  if (at < deadline) return {GateResult::Kind::Watching, std::move(next)};
  std::string const limit = to_human(config.timeout);
  if (next.healthy_since) {
    return failed(std::move(next), "healthy only at the very end of " + limit + ", for less than the " +
                                       to_human(config.settle) + " that it must stay so");
  }
  std::string const findings = in_short(next.last.findings);
  return failed(std::move(next), "not healthy within " + limit + ": " + findings);
}

}  // namespace

bool is_as_before(Unwell const& now, Unwell const& before) {
  if (now.own.empty()) return !now.dependencies.empty();
  return std::ranges::all_of(now.own, [&](auto const& one) { return std::ranges::count(before.own, one) > 0; });
}

void Findings::add(std::vector<std::string>& texts, std::vector<std::string>& names, std::string of, std::string text) {
  if (std::ranges::count(names, of) == 0) names.push_back(std::move(of));
  texts.push_back(std::move(text));
}

HealthVerdict Findings::verdict() const {
  HealthVerdict verdict;
  for (auto const* group : {&broken_, &own_, &dependencies_}) {
    verdict.findings.insert(verdict.findings.end(), group->begin(), group->end());
  }
  if (verdict.findings.empty()) verdict.kind = HealthVerdict::Kind::Healthy;
  if (!broken_.empty()) verdict.kind = HealthVerdict::Kind::Broken;
  verdict.unwell = unwell_;
  verdict.only_dependencies = broken_.empty() && own_.empty() && !dependencies_.empty();
  return verdict;
}

Sighting::Answer const* Look::answer(std::string_view purpose) const {
  auto const found = std::ranges::find_if(seen.answers, [&](auto const& one) { return one.http.purpose == purpose; });
  return found == seen.answers.end() ? nullptr : &*found;
}

std::string Look::url(std::string const& purpose) const {
  auto const found = std::ranges::find(expected.endpoints, purpose, &Endpoint::purpose);
  return found == expected.endpoints.end() ? purpose : found->url;
}

std::string field(Sighting::Answer const& answer, std::string const& name) {
  auto const found = answer.fields.find(name);
  return found == answer.fields.end() ? std::string{} : found->second;
}

std::string no_success(Look const& look, std::string const& purpose) {
  auto const* answer = look.answer(purpose);
  if (answer == nullptr) return look.url(purpose) + " was not asked";
  if (answer->http.status == 0) return look.url(purpose) + " does not answer: " + answer->http.problem;
  if (answer->http.status / 100 == 2) return {};
  std::string const message = field(*answer, "message");
  return look.url(purpose) + " answers HTTP " + std::to_string(answer->http.status) +
         (message.empty() ? "" : ": " + quoted(message));
}

HealthVerdict judge(HealthExpectation const& expectation, Sighting const& sighting) {
  if (!expectation.expect_running) return {HealthVerdict::Kind::Healthy};
  Look const look{expectation, sighting};
  Findings findings;
  std::set<std::string> well;
  judge_unit(look, findings);
  if (expectation.component.kind == ServiceKind::Gateway) well = judge_gateway(look, findings);
  judge_service(look, findings);
  judge_probes(look, findings);
  judge_journal(look, well, findings);
  return findings.verdict();
}

GateResult observe(GateState const& state, HealthExpectation const& expectation, Sighting const& sighting,
                   HealthConfig const& config) {
  GateState next = state;
  if (!expectation.expect_running) return {GateResult::Kind::Passed, std::move(next)};
  UnitFacts const& unit = sighting.unit;
  bool const is_baseline = expectation.restarted == Instant{};
  if (!next.restarts_at_start) next.restarts_at_start = is_baseline ? unit.restarts : 0;
  auto const recent = without_known_trouble(sighting, expectation.component.kind, state.passing_trouble);
  next.passing_trouble = recent.passing;
  next.last = judge(expectation, recent.sighting);
  note_restart_loop(next.last, next, unit);
  bool const is_new_process = state.main_pid != 0 && unit.main_pid != state.main_pid;
  next.main_pid = unit.main_pid;
  if (next.last.kind == HealthVerdict::Kind::Broken) {
    std::string reason = in_short(next.last.findings);
    return failed(std::move(next), std::move(reason));
  }
  if (next.last.kind != HealthVerdict::Kind::Healthy) {
    next.healthy_since.reset();
  } else if (!next.healthy_since || is_new_process) {
    next.healthy_since = sighting.at;
  }
  return judge_time(std::move(next), sighting.at, config);
}

}  // namespace tykup
