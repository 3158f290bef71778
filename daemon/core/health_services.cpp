#include <algorithm>
#include <array>
#include <map>

#include "daemon/core/health_parts.hpp"
#include "daemon/core/version.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

constexpr std::array<std::string_view, 5> kBad{"fail", "failed", "error", "down", "unhealthy"};

/// A body that says it is unwell under a good HTTP code. Not all bodies are documented: an unknown word is no alarm.
std::string unwell(Look const& look, std::string const& purpose) {
  auto const* answer = look.answer(purpose);
  if (answer == nullptr) return {};
  std::string const status = field(*answer, "status");
  if (std::ranges::find(kBad, lowered(status)) == kBad.end()) return {};
  return look.url(purpose) + " reports status " + quoted(status);
}

/// A version in the body, where there is a whole one, must be the target's.
std::string wrong_version(Look const& look, std::string const& purpose) {
  auto const* answer = look.answer(purpose);
  if (answer == nullptr || look.expected.version.empty()) return {};
  std::string const reported = field(*answer, "version");
  bool const is_whole = std::ranges::count(reported, '.') >= 2;
  if (!is_whole || same_release(reported, look.expected.version)) return {};
  return look.url(purpose) + " answers as " + reported + ", not " + upstream_of(look.expected.version);
}

std::string problem_at(Look const& look, std::string const& purpose) {
  if (auto problem = no_success(look, purpose); !problem.empty()) return problem;
  if (auto problem = unwell(look, purpose); !problem.empty()) return problem;
  return wrong_version(look, purpose);
}

/// An answer of another version is a trouble of its own: no baseline has it.
std::string named(Look const& look, std::string const& purpose, std::string const& problem) {
  return problem == wrong_version(look, purpose) ? "version" : purpose;
}

void demand(Look const& look, std::string const& purpose, Findings& findings) {
  if (auto problem = problem_at(look, purpose); !problem.empty()) findings.own(named(look, purpose, problem), problem);
}

std::string foreign_body(Look const& look, std::string const& purpose) {
  auto const* answer = look.answer(purpose);
  return look.url(purpose) + " answers " + quoted(answer == nullptr ? "" : answer->http.body, 60) +
         ", which is no health report";
}

/// A web page is what a Dashboard without that path may show, and what a stranger on its port would.
bool is_page(Look const& look, std::string const& purpose) {
  auto const* answer = look.answer(purpose);
  return answer != nullptr && trimmed(answer->http.body).starts_with('<');
}

std::string dashboard_problem(Look const& look, std::string const& purpose) {
  auto problem = problem_at(look, purpose);
  return problem.empty() && is_page(look, purpose) ? foreign_body(look, purpose) : problem;
}

/// Which of the two paths a Dashboard has depends on its version and settings. Where /hello is not there, /health
/// decides.
void judge_dashboard(Look const& look, Findings& findings) {
  auto hello = dashboard_problem(look, "hello");
  if (hello.empty()) return;
  auto const* answer = look.answer("hello");
  bool const no_such_path = answer != nullptr && (answer->http.status == 404 || is_page(look, "hello"));
  if (no_such_path && dashboard_problem(look, "health").empty()) return;
  findings.own(named(look, "hello", hello), hello);
}

/// Always {"status": "ok"}.
void judge_pump(Look const& look, Findings& findings) {
  auto problem = problem_at(look, "health");
  auto const* answer = look.answer("health");
  if (problem.empty() && field(*answer, "status").empty()) problem = foreign_body(look, "health");
  if (!problem.empty()) findings.own(named(look, "health", problem), problem);
}

/// The components that /readiness of MDCB says are away, each with its status: "components.0.name", "components.0.status".
std::map<std::string, std::string> failing_components(Sighting::Answer const& readiness) {
  std::map<std::string, std::string> failing;
  for (auto const& [key, value] : readiness.fields) {
    if (!key.starts_with("components.") || !key.ends_with(".status") || value == "pass") continue;
    std::string const head = key.substr(0, key.size() - std::string_view("status").size());
    failing[field(readiness, head + "name")] = quoted(value);
  }
  return failing;
}

void judge_readiness(Look const& look, Findings& findings) {
  auto problem = problem_at(look, "readiness");
  if (problem.empty()) return;
  auto const* answer = look.answer("readiness");
  auto const failing = answer == nullptr ? std::map<std::string, std::string>{} : failing_components(*answer);
  if (failing.empty()) return findings.own(named(look, "readiness", problem), problem);
  for (auto const& [component, status] : failing) findings.dependency(component, component + ": " + status);
}

/// /liveness and /readiness came with 2.7.0. Where the version is not known they count if they are there.
bool has_liveness(Look const& look) {
  if (look.expected.version.empty()) {
    auto const* answer = look.answer("liveness");
    return answer != nullptr && answer->http.status != 404;
  }
  auto const release = release_of(look.expected.version);
  return release && std::pair(release->major, release->minor) >= std::pair(2, 7);
}

/// A plain "OK".
std::string mdcb_health_problem(Look const& look) {
  auto problem = problem_at(look, "health");
  auto const* answer = look.answer("health");
  if (!problem.empty() || answer == nullptr) return problem;
  bool const is_ok = lowered(trimmed(answer->http.body)) == "ok" || !field(*answer, "status").empty();
  return is_ok ? "" : foreign_body(look, "health");
}

void judge_mdcb(Look const& look, Findings& findings) {
  if (auto problem = mdcb_health_problem(look); !problem.empty()) findings.own(named(look, "health", problem), problem);
  if (!has_liveness(look)) return;
  demand(look, "liveness", findings);
  judge_readiness(look, findings);
}

}  // namespace

void judge_service(Look const& look, Findings& findings) {
  switch (look.expected.component.kind) {
    case ServiceKind::Dashboard:
      return judge_dashboard(look, findings);
    case ServiceKind::Mdcb:
      return judge_mdcb(look, findings);
    case ServiceKind::Pump:
      return judge_pump(look, findings);
    case ServiceKind::IdentityBroker:
      return demand(look, "health", findings);
    case ServiceKind::Portal:
      demand(look, "live", findings);
      return demand(look, "ready", findings);
    case ServiceKind::Gateway:
    case ServiceKind::Generic:
      return;
  }
}

}  // namespace tykup
