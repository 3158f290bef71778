#include "answers.hpp"

#include <ctime>

namespace standin {
namespace {

using nlohmann::json;
using Clock = std::chrono::system_clock;

std::string rfc3339(Clock::time_point when) {
  std::time_t const seconds = Clock::to_time_t(when);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

/// 5.8.3, 5.8.6 – 5.8.12 and 5.9.0 say 503 while Redis is away; all others say 200 with a body that tells.
bool says_503(std::string const& version) {
  auto const n = numbers_of(version);
  if (n.size() < 3 || n[0] != 5) return false;
  if (n[1] == 9) return n[2] == 0;
  return n[1] == 8 && (n[2] == 3 || (n[2] >= 6 && n[2] <= 12));
}

bool has_ready(std::string const& version) {
  auto const n = numbers_of(version);
  if (n.size() >= 2 && n[0] == 5 && n[1] == 8) return at_least(version, "5.8.3");
  return at_least(version, "5.9.0");
}

json check(json const& faults, char const* name, std::string const& type, std::string const& time) {
  json out = {{"status", faults.value(name, "pass")}, {"componentType", type}, {"time", faults.value("details_time", time)}};
  if (out["status"] != "pass") out["output"] = std::string("could not reach ") + name;
  return out;
}

/// The details of /hello: nothing before the first tick, then what the last tick gathered.
json details(Settings const& s, json const& faults, Clock::time_point started, Clock::time_point now) {
  auto const ticks = (now - started) / s.tick;
  if (ticks < 1 || faults.value("never_healthy", false)) return json::object();
  auto const time = rfc3339(started + ticks * s.tick);
  json out = {{"redis", check(faults, "redis", "datastore", time)}};
  if (s.uses_dashboard) out["dashboard"] = check(faults, "dashboard", "system", time);
  if (s.uses_rpc) out["rpc"] = check(faults, "rpc", "system", time);
  return out;
}

std::string status_of(json const& all) {
  std::size_t failed = 0;
  for (auto const& one : all) failed += one["status"] == "pass" ? 0 : 1;
  if (failed == 0) return "pass";
  return failed == all.size() ? "fail" : "warn";
}

Answer hello(Self const& self, Settings const& s, json const& faults, Clock::time_point started, Clock::time_point now) {
  auto const version = faults.value("answers_version", self.version);
  if (!at_least(self.version, "3.0.0")) return {200, "text/plain", "Hello Tiki", false};
  json const all = details(s, faults, started, now);
  bool const redis_down = all.contains("redis") && all["redis"]["status"] != "pass";
  json const body = {
      {"status", status_of(all)}, {"version", "v" + version}, {"description", "Tyk GW"}, {"details", all}};
  return {redis_down && says_503(self.version) ? 503 : 200, "application/json", body.dump(), false};
}

Answer ready(Self const& self, Settings const& s, json const& faults, Clock::time_point started, Clock::time_point now) {
  json const all = details(s, faults, started, now);
  if (!all.contains("redis") || all["redis"]["status"] != "pass")
    return {503, "application/json", R"({"status":"error","message":"Redis connection not available"})", false};
  if (faults.value("never_ready", false))
    return {503, "application/json", R"({"status":"error","message":"A successful API reload did not happen"})", false};
  json const body = {{"status", "pass"}, {"version", "v" + self.version}, {"description", "Tyk GW Ready"}, {"details", all}};
  return {200, "application/json", body.dump(), false};
}

Answer gateway(Self const& self, Settings const& s, json const& faults, std::string const& path, Clock::time_point started,
               Clock::time_point now) {
  if (path == s.health_path) return hello(self, s, faults, started, now);
  if (path == s.ready_path && has_ready(self.version)) return ready(self, s, faults, started, now);
  return {404, "text/plain", "404 page not found\n", false};
}

Answer mdcb(Self const& self, json const& faults, std::string const& path) {
  if (path == "health") return {200, "text/plain", "OK", false};
  bool const known = path == "liveness" || path == "readiness";
  if (!known || !at_least(self.version, "2.7.0")) return {404, "text/plain", "404 page not found\n", false};
  bool const fails = path == "readiness" && (faults.value("never_healthy", false) || faults.value("never_ready", false));
  int const code = fails ? 503 : 200;
  json body = {{"status", fails ? "fail" : "pass"}, {"status_code", code}};
  if (path == "readiness") body["components"] = json::array({{{"name", "redis"}, {"status", fails ? "fail" : "pass"}}});
  return {code, "application/json", body.dump(), false};
}

Answer simple(Self const& self, Settings const& s, json const& faults, std::string const& path) {
  bool const health = path == s.health_path || (self.component == "portal" && path == "ready");
  if (!health) return {404, "text/plain", "404 page not found\n", false};
  if (faults.value("never_healthy", false)) return {503, "application/json", R"({"status":"fail"})", false};
  if (self.component == "identity-broker") return {200, "text/plain", "", false};
  return {200, "application/json", R"({"status": "ok"})", false};
}

}  // namespace

Answer answer(Self const& self, Settings const& settings, std::string const& path, Clock::time_point started,
              Clock::time_point now) {
  auto const faults = faults_of(self);
  if (faults.value("hang", false)) return {200, "", "", true};
  if (faults.value("garbage", false)) return {200, "text/html", "<html>\xff\xfe it works</htm", false};
  if (faults.contains("code"))
    return {faults["code"].get<int>(), "text/plain", "out of order\n", false};
  if (self.component == "gateway") return gateway(self, settings, faults, path, started, now);
  if (self.component == "mdcb") return mdcb(self, faults, path);
  return simple(self, settings, faults, path);
}

}  // namespace standin
