#include <algorithm>

#include "daemon/core/health_parts.hpp"
#include "daemon/core/timestamp.hpp"
#include "daemon/core/version.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

bool at_least(std::string const& version, int major, int minor, int patch) {
  auto const release = release_of(version);
  return release && std::tuple(release->major, release->minor, release->patch) >= std::tuple(major, minor, patch);
}

/// The JSON health check came with 3.0; before it /hello is a plain text.
bool answers_in_json(std::string const& version) {
  return at_least(version, 3, 0, 0);
}

/// /ready came with 5.8.3 and 5.9.0.
bool has_ready(std::string const& version) {
  auto const release = release_of(version);
  if (release && release->major == 5 && release->minor == 8) return release->patch >= 3;
  return at_least(version, 5, 9, 0);
}

std::string without_v(std::string const& version) {
  return version.starts_with('v') ? version.substr(1) : version;
}

/// "redis" of every "details.redis.status".
std::vector<std::string> checked_things(Fields const& fields) {
  constexpr std::string_view kHead = "details.";
  constexpr std::string_view kTail = ".status";
  std::vector<std::string> names;
  for (auto const& [key, value] : fields) {
    bool const is_status = key.size() > kHead.size() + kTail.size() && key.starts_with(kHead) && key.ends_with(kTail);
    if (is_status) names.push_back(key.substr(kHead.size(), key.size() - kHead.size() - kTail.size()));
  }
  return names;
}

/// The start of the process that must answer. Answers bear whole seconds.
Instant process_start(Look const& look) {
  Instant const start = look.seen.unit.started.value_or(look.expected.restarted);
  return std::chrono::floor<std::chrono::seconds>(start);
}

class GatewayJudge {
 public:
  GatewayJudge(Look const& look, Findings& findings) : look_(look), findings_(findings) {}

  std::set<std::string> judge() {
    judge_hello();
    judge_ready();
    return std::move(well_);
  }

 private:
  void judge_hello() {
    auto const* hello = look_.answer("hello");
    if (hello == nullptr || hello->http.status == 0) return findings_.own("hello", no_success(look_, "hello"));
    if (field(*hello, "status").empty()) return judge_plain(*hello);
    running_ = without_v(field(*hello, "version"));
    judge_version();
    judge_details(*hello);
  }

  /// "Hello Tiki" of versions before 3.0, or something that is no Gateway.
  void judge_plain(Sighting::Answer const& hello) {
    bool const is_old_gateway = hello.http.status == 200 && trimmed(hello.http.body) == "Hello Tiki";
    std::string const& wanted = look_.expected.version;
    if (is_old_gateway && (wanted.empty() || !answers_in_json(wanted))) return;
    if (is_old_gateway)
      return findings_.own("version", look_.url("hello") + " answers as a version before 3.0, not " + upstream_of(wanted));
    findings_.own("hello", look_.url("hello") + " answers " + quoted(hello.http.body, 60) + " (HTTP " +
                  std::to_string(hello.http.status) + "), which is no health report of a Gateway");
  }

  void judge_version() {
    std::string const& wanted = look_.expected.version;
    if (wanted.empty() || same_release(running_, wanted)) return;
    findings_.own("version", look_.url("hello") + " answers as " + (running_.empty() ? "no version" : running_) + ", not " +
                  upstream_of(wanted));
  }

  /// The body counts, not the HTTP code: releases differ in the code that they send while Redis is away.
  void judge_details(Sighting::Answer const& hello) {
    auto const things = checked_things(hello.fields);
    if (std::ranges::find(things, "redis") == things.end()) {
      return findings_.own("hello", "it has not checked its dependencies yet (no details in " + look_.url("hello") + ")");
    }
    for (std::string const& thing : things) judge_thing(hello, thing);
    std::string const status = field(hello, "status");
    if (status != "pass" && well_.size() == things.size())
      findings_.own("hello", look_.url("hello") + " reports status " + quoted(status));
  }

  void judge_thing(Sighting::Answer const& hello, std::string const& thing) {
    std::string const head = "details." + thing + ".";
    auto const checked = parse_instant(field(hello, head + "time"));
    if (!checked || *checked < process_start(look_)) {
      return findings_.own("hello", "its check of " + thing + " is older than the process");
    }
    std::string const status = field(hello, head + "status");
    if (status == "pass") {
      well_.insert(thing);
      return;
    }
    std::string const output = field(hello, head + "output");
    findings_.dependency(thing, thing + ": " + quoted(status) + (output.empty() ? "" : ", " + output));
  }

  void judge_ready() {
    std::string const& version = look_.expected.version.empty() ? running_ : look_.expected.version;
    if (!has_ready(version)) return;
    auto problem = no_success(look_, "ready");
    if (problem.empty()) return;
    auto const* ready = look_.answer("ready");
    bool const redis_away = ready != nullptr && field(*ready, "message").starts_with("Redis connection");
    // Without the Dashboard or MDCB there is nothing to load: that it did not load then is their fault.
    if (redis_away || findings_.has_dependency()) return findings_.dependency(redis_away ? "redis" : findings_.first_dependency(), std::move(problem));
    findings_.own("ready", std::move(problem));
  }

  Look const& look_;
  Findings& findings_;
  std::string running_;
  std::set<std::string> well_;
};

}  // namespace

std::set<std::string> judge_gateway(Look const& look, Findings& findings) {
  return GatewayJudge(look, findings).judge();
}

}  // namespace tykup
