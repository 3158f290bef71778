#include "tests/fakes/fake_world.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace tykup::test {

using boost::asio::as_tuple;
using boost::asio::use_awaitable;

agent::Awaitable<bool> FakeClock::sleep_until(Instant at) {
  if (at <= now_) co_return false;
  auto timer = std::make_shared<boost::asio::steady_timer>(loop_, boost::asio::steady_timer::time_point::max());
  sleepers_.emplace(at, timer);
  auto const token = as_tuple(use_awaitable);
  co_await timer->async_wait(token);
  // Cancelled from outside: the sleeper is still filed.
  for (auto it = sleepers_.begin(); it != sleepers_.end(); ++it)
    if (it->second == timer) {
      sleepers_.erase(it);
      break;
    }
  co_return false;
}

bool FakeClock::advance() {
  if (sleepers_.empty()) return false;
  auto const first = sleepers_.begin();
  if (first->first == Instant::max()) return false;
  now_ = std::max(now_, first->first);
  auto timer = first->second;
  sleepers_.erase(first);
  timer->cancel();
  return true;
}

void FakeClock::jump(Instant now) {
  jumped_ += now - now_;
  now_ = now;
  for (auto const& [at, timer] : std::exchange(sleepers_, {})) timer->cancel();
}

// ---- the executor -------------------------------------------------------------------------------------------------

agent::Awaitable<Result<job::Outcome>> FakeHost::perform(job::Request request, ProgressSink progress) {
  progress({"work", 50, "half of it"});
  auto found = outcomes.find(request.id);
  if (found == outcomes.end()) {
    auto outcome = carry_out(request.operation);
    found = outcomes.emplace(request.id, std::move(outcome)).first;
  }
  auto answer = found->second;
  if (deaf) co_await clock->sleep_until(Instant::max());
  co_return answer;
}

agent::Awaitable<bool> FakeHost::clock_synchronised() { co_return synchronised; }

HostFacts FakeHost::facts() const {
  HostFacts facts{PackageFormat::Deb, "debian 12", "amd64"};
  for (auto const& [component, service] : services) {
    ComponentFacts found{component};
    found.installed = {{service.package, service.installed, "amd64", service.broken ? "half-configured" : "installed"}};
    auto const newest = offered.contains(component) ? offered.at(component) : service.installed;
    found.candidates = {{service.package, newest, "digest-" + newest, "https://packages.test bookworm", 1}};
    found.kept = {{service.package, service.installed, "digest-" + service.installed}};
    if (archive.contains(component))
      for (auto const& version : archive.at(component))
        if (version != service.installed) found.kept.push_back({service.package, version, "digest-" + version});
    found.unit = unit_of(component);
    found.subscription = {"/etc/apt/sources.list.d/test.sources", "https://packages.test", "bookworm"};
    found.subscription.refreshed = refreshed;
    found.endpoints = {{"health", "http://127.0.0.1/" + component}};
    facts.components.push_back(std::move(found));
    if (service.broken) facts.broken_packages.push_back(service.package + " (half-configured)");
  }
  facts.hooks = hooks;
  return facts;
}

Result<job::Outcome> FakeHost::carry_out(job::Operation const& operation) {
  auto const name = std::string(job::name_of(operation));
  if (auto const it = failing.find(name); it != failing.end()) return fail(it->second);
  if (std::holds_alternative<job::Inspect>(operation)) return job::Inspected{facts()};
  if (std::holds_alternative<job::Refresh>(operation)) {
    refreshed = clock->now();
    return job::Refreshed{{{"https://packages.test", "bookworm", {}}}};
  }
  if (auto const* download = std::get_if<job::Download>(&operation)) {
    done.push_back("download " + download->component);
    archive[download->component].insert(services.at(download->component).installed);
    for (auto const& pin : download->packages) archive[download->component].insert(pin.version);
    return job::Downloaded{};
  }
  if (auto const* backup = std::get_if<job::Backup>(&operation)) {
    auto const& service = services.at(backup->step.component);
    return job::BackedUp{"/backups/" + backup->step.component + ".tar.zst", service.active};
  }
  if (auto const* apply = std::get_if<job::Apply>(&operation)) {
    auto& service = services.at(apply->step.component);
    service.installed = apply->packages.front().version;
    done.push_back("apply " + apply->step.component + " " + service.installed);
    return job::Applied{{{service.package, service.installed, "amd64"}}};
  }
  if (auto const* restart = std::get_if<job::Restart>(&operation)) {
    auto& service = services.at(restart->step.component);
    if (!service.active) return job::Restarted{false, clock->now(), unit_of(restart->step.component)};
    service.running = service.installed;
    service.started = clock->now();
    done.push_back("restart " + restart->step.component);
    return job::Restarted{true, clock->now(), unit_of(restart->step.component)};
  }
  if (auto const* hook = std::get_if<job::Hook>(&operation)) {
    done.push_back("hook " + std::string(job::name_of(hook->point)) + (hook->result.empty() ? "" : " " + hook->result));
    return job::Hooked{{job::folder_of(hook->point) + "10-test"}};
  }
  if (std::holds_alternative<job::Restore>(operation)) return job::Restored{};
  if (auto const* asked = std::get_if<job::CheckPlugin>(&operation)) {
    job::PluginsChecked out;
    for (auto const& build : asked->check.plugins)
      out.plugins.push_back({asked->check.package.sha256, build.sha256, build.symbol, PluginVerdict::Loads});
    return out;
  }
  for (auto& [component, service] : services) service.broken = false;
  return job::Recovered{{"what was half-configured"}};
}

// ---- what is seen from outside -------------------------------------------------------------------------------------

UnitFacts FakeHost::unit_of(std::string const& component) const {
  auto const& service = services.at(component);
  return {component + ".service", "loaded", service.active ? "active" : "inactive", service.active ? "running" : "dead",
          "enabled",              100,      0,                                      service.started};
}

agent::Awaitable<Result<UnitFacts>> FakeHost::unit(std::string name) {
  for (auto const& [component, service] : services)
    if (name == component + ".service") co_return unit_of(component);
  co_return fail(ErrorKind::NotFound, "no such unit: " + name);
}

Result<agent::Host::JournalSight> FakeHost::journal(std::string const&, Instant) { return JournalSight{true, {}}; }

agent::Awaitable<Sighting::Answer> FakeHost::ask(Endpoint endpoint, Duration) {
  auto const component = endpoint.url.substr(endpoint.url.rfind('/') + 1);
  auto const& service = services.at(component);
  bool const sick = service.sick.contains(service.running) || !service.active;
  Sighting::Answer answer{{endpoint.purpose, sick ? 500 : 200, sick ? "ill" : "ok", ""}, {}};
  co_return answer;
}

agent::Awaitable<Sighting::Answer> FakeHost::ask(Probe probe, Duration limit) {
  if (probe.target.find("/api/v1/query?") != std::string::npos) {
    queried.push_back(probe.target);
    Sighting::Answer answer{{probe.target, 200, prometheus, ""}, {}};
    co_return answer;
  }
  Endpoint const same{"probe", probe.target};
  auto answer = co_await ask(same, limit);
  answer.http.purpose = probe.target;
  co_return answer;
}

// ---- store and announcer -------------------------------------------------------------------------------------------

Result<void> FakeStore::commit(rollout::State const& state, std::vector<rollout::Record> const& records) {
  if (fail_next > 0) {
    --fail_next;
    return fail(ErrorKind::StateUnusable, "the disk is full");
  }
  saved.state = state;
  for (auto const& record : records) {
    rollout::apply_record(saved.memory, record);
    if (auto const* history = std::get_if<rollout::record::History>(&record)) {
      std::erase_if(runs, [&](auto const& run) { return run.id == history->run.id; });
      runs.push_back(history->run);
    }
    if (auto const* told = std::get_if<rollout::record::Told>(&record)) outbox.add(told->notification, told->ways);
  }
  ++commits;
  after_commit();
  return {};
}

Result<std::vector<rollout::RunRecord>> FakeStore::history(std::size_t limit, std::string const& run) {
  std::vector<rollout::RunRecord> out;
  for (auto it = runs.rbegin(); it != runs.rend() && out.size() < limit; ++it)
    if (run.empty() || it->id == run) out.push_back(*it);
  return out;
}

std::vector<std::string> FakeAnnouncer::names() const {
  std::vector<std::string> names;
  for (auto const& announcement : announced) names.emplace_back(rollout::to_string(announcement.said));
  return names;
}

}  // namespace tykup::test
