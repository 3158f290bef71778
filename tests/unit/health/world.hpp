#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/core/health.hpp"
#include "daemon/core/timestamp.hpp"

namespace tykup::test {

using namespace std::chrono_literals;

inline Instant const kRestart = parse_instant("2026-11-23T02:00:00.4Z").value();

inline Component component(std::string const& name) {
  return *std::ranges::find(tyk_components(), name, &Component::name);
}

inline HealthExpectation expect(std::string const& name, std::string version) {
  HealthExpectation expected;
  expected.component = component(name);
  expected.endpoints = endpoints_of(expected.component, {}, {});
  expected.version = std::move(version);
  expected.restarted = kRestart;
  return expected;
}

inline Sighting::Answer answer(std::string purpose, int status, std::string body, Fields fields = {}) {
  return {{std::move(purpose), status, std::move(body), ""}, std::move(fields)};
}

inline Sighting::Answer silence(std::string purpose) {
  return {{std::move(purpose), 0, "", "connection refused"}, {}};
}

/// The unit up since just after the restart, its journal readable and quiet.
inline Sighting up(std::string const& name, std::vector<Sighting::Answer> answers) {
  Sighting seen;
  seen.at = kRestart + 20s;
  seen.unit.name = component(name).unit;
  seen.unit.load_state = "loaded";
  seen.unit.active_state = "active";
  seen.unit.sub_state = "running";
  seen.unit.main_pid = 100;
  seen.unit.started = kRestart + 100ms;
  seen.answers = std::move(answers);
  seen.journal_readable = true;
  return seen;
}

/// What a Gateway says that is well, as of some seconds after the restart.
inline Fields hello_fields(std::string const& version) {
  return {{"status", "pass"},
          {"version", "v" + version},
          {"description", "Tyk GW"},
          {"details.redis.status", "pass"},
          {"details.redis.componentType", "datastore"},
          {"details.redis.time", "2026-11-23T02:00:10Z"}};
}

inline Sighting gateway_up(std::string const& version) {
  return up("gateway",
            {answer("hello", 200, "{…}", hello_fields(version)), answer("ready", 200, "{…}", {{"status", "pass"}})});
}

inline std::string kind(HealthVerdict const& verdict) {
  switch (verdict.kind) {
    case HealthVerdict::Kind::Healthy:
      return "healthy";
    case HealthVerdict::Kind::NotYet:
      return verdict.only_dependencies ? "dependency" : "not yet";
    case HealthVerdict::Kind::Broken:
      break;
  }
  return "broken";
}

}  // namespace tykup::test
