#pragma once

#include "tests/unit/rollout/ladder.hpp"

/// What tests of the way back ask of a ladder's host.
namespace tykup::test {

inline RunRecord run_of_history(Ladder const& host) { return host.history().back(); }
inline StepRecord step_of(Ladder const& host, std::size_t index = 0) { return host.history().back().steps.at(index); }

/// "dashboard done", "gateway rolled-back", …
inline std::vector<std::string> results(Ladder const& host) {
  std::vector<std::string> out;
  for (auto const& step : run_of_history(host).steps) out.push_back(step.step.component + " " + std::string(to_string(step.result)));
  return out;
}

/// As the package database has it from now on; nothing else is broken.
inline Ladder& dashboard_is(Ladder& host, std::string const& version, std::string const& status = "installed") {
  auto& package = host.package("dashboard");
  package.version = version;
  package.status = status;
  host.facts.broken_packages.clear();
  if (status != "installed") host.facts.broken_packages = {"tyk-dashboard (" + status + ")"};
  return host;
}

}  // namespace tykup::test
