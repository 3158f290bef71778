#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/config.hpp"
#include "daemon/core/facts.hpp"
#include "daemon/core/time.hpp"
#include "daemon/core/topology.hpp"

namespace tykup {

/// One answer of one endpoint, or why there was none.
struct HttpAnswer {
  std::string purpose;  ///< as in `Endpoint`; for an operator's probe its target
  int status = 0;       ///< 0: no answer
  std::string body = {};
  std::string problem = {};  ///< "connection refused", "no answer in 5 s", "not HTTP"
};

/// One JSON scalar of a health body, flattened by the adapter: "details.redis.status" → "pass". A body that is no JSON
/// object has no fields.
using Fields = std::map<std::string, std::string>;

/// Everything seen of one component at one moment.
struct Sighting {
  Instant at;
  UnitFacts unit;
  struct Answer {
    HttpAnswer http;
    Fields fields;
  };
  std::vector<Answer> answers = {};
  /// Journal lines of the unit since its restart, message text only. `journal_readable` is true once the unit's own
  /// start entry was seen: without it an empty list proves nothing.
  std::vector<std::string> journal = {};
  bool journal_readable = false;
};

/// What the gate demands.
struct HealthExpectation {
  Component component;
  std::vector<Endpoint> endpoints = {};
  std::string version = {};   ///< the package version that must answer; empty: any (baseline)
  Instant restarted = {};     ///< the process must not be older than this; epoch: any
  bool expect_running = true; ///< false: a component that was stopped gets no gate
};

/// What is not well, by name and without the words of the day: two looks at the same trouble give the same.
struct Unwell {
  std::vector<std::string> own = {};           ///< "unit", "process", "version", an endpoint's purpose, a probe's target, "restarts", "journal: …"
  std::vector<std::string> dependencies = {};  ///< "redis", "dashboard", "rpc", …
  friend bool operator==(Unwell const&, Unwell const&) = default;
};

/// One sighting judged.
struct HealthVerdict {
  enum class Kind { Healthy, NotYet, Broken } kind = Kind::NotYet;
  /// What is missing or wrong, one sentence each, worst first. Broken: no waiting will mend it (restart loop, fatal log line).
  std::vector<std::string> findings = {};
  /// Every finding is a dependency's (Redis, database, MDCB, Dashboard), not the component's own.
  bool only_dependencies = false;
  Unwell unwell = {};
};

/// Whether what is found now is no worse than what was found before the step: a dependency's trouble is nobody's fault
/// here, and the component's own was there already. Nothing found is not known to be as before.
[[nodiscard]] bool is_as_before(Unwell const& now, Unwell const& before);


[[nodiscard]] HealthVerdict judge(HealthExpectation const& expectation, Sighting const& sighting);

/// Watches sightings over time: healthy for `settle` without a break within `timeout` of `since` passes.
struct GateState {
  Instant since;
  std::optional<Instant> healthy_since = {};
  std::optional<std::uint32_t> restarts_at_start = {};  ///< filled by the first look
  std::uint32_t main_pid = 0;                           ///< of the last look: a new process settles anew
  std::size_t passing_trouble = 0;                      ///< journal lines of passing trouble that are known already
  HealthVerdict last = {};
};
struct GateResult {
  enum class Kind { Watching, Passed, Failed } kind = Kind::Watching;
  GateState next;
  std::string reason = {};  ///< Failed: a sentence for the operator
};
[[nodiscard]] GateResult observe(GateState const& state, HealthExpectation const& expectation, Sighting const& sighting,
                                 HealthConfig const& config);

/// The endpoints of a service from its settings: its JSON configuration flattened ("http_server_options.use_ssl" →
/// "true"), environment variables by their full name over it ("TYK_GW_LISTENPORT").
[[nodiscard]] std::vector<Endpoint> endpoints_of(Component const& component, std::map<std::string, std::string> const& settings,
                                                 std::map<std::string, std::string> const& environment);

}  // namespace tykup
