#include "tests/unit/rollout/ladder.hpp"

#include <functional>

#include "daemon/core/rollout_stepper.hpp"

namespace tykup::test {
namespace {

ComponentFacts facts_of(Component const& component, std::string const& from, std::string const& to) {
  ComponentFacts facts{component.name};
  auto const& package = component.editions.front();
  facts.installed = {{package, from, "amd64"}};
  facts.candidates = {{package, to, "digest-of-" + to, "https://packages.test/tyk bookworm", 1000},
                      {package, from, "digest-of-" + from, "https://packages.test/tyk bookworm", 1000}};
  facts.kept = {{package, from, "digest-of-" + from}};
  facts.unit = {component.unit, "loaded", "active", "running", "enabled", 100, 0, at("00:00")};
  facts.subscription = {"/etc/apt/sources.list.d/tykup-x.sources", "https://packages.test/tyk", "bookworm"};
  return facts;
}

}  // namespace

Instant at(std::string const& hhmm) {
  using namespace std::chrono;
  auto const day = sys_days{year{2026} / 11 / 22};
  return day + hours{std::stoi(hhmm.substr(0, 2))} + minutes{std::stoi(hhmm.substr(3))};
}

Ladder::Ladder() : digest_([](std::string_view text) { return std::to_string(std::hash<std::string_view>{}(text)) + "000000"; }) {
  config.policy.track = {Track::Kind::Latest};
  config.policy.spread = Duration{0};
  config.windows.windows = {{*Calendar::parse("Sun *-*-* 02:00"), utc_zone(), std::chrono::hours{2}}};
  facts.format = PackageFormat::Deb;
  for (auto const& name : order_of(Topology::SelfManaged))
    for (auto const& known : tyk_components())
      if (known.name == name && (name == "dashboard" || name == "gateway" || name == "pump")) {
        config.components.push_back(known);
        facts.components.push_back(facts_of(known, "5.8.14", "5.8.15"));
      }
}

Context Ladder::context() const {
  return {config, memory, now, machine_id_, digest_, life, clock_synchronised, fleet ? &*fleet : nullptr};
}

Ladder& Ladder::feed(Event event) {
  last = step(state, event, context());
  state = last.next;
  for (auto const& record : last.records) {
    apply_record(memory, record);
    if (auto const* history = std::get_if<record::History>(&record)) history_.push_back(history->run);
  }
  return *this;
}

std::string Ladder::job() const { return job_of(state.phase); }

std::string Ladder::component() const {
  if (auto const* proving = std::get_if<phase::Proving>(&state.phase)) return proving->step.component;
  auto const* run = run_of(state.phase);
  return run == nullptr ? std::string{} : run->component();
}

InstalledPackage& Ladder::package(std::string const& component) {
  for (auto& found : facts.components)
    if (found.component == component) return found.installed.front();
  throw std::out_of_range(component);
}

UnitFacts& Ladder::unit(std::string const& component) {
  for (auto& found : facts.components)
    if (found.component == component) return found.unit;
  throw std::out_of_range(component);
}

Ladder& Ladder::applied() {
  auto const& step = run_of(state.phase)->at().step;
  bool const back = std::holds_alternative<phase::RollingBack>(state.phase);
  auto& installed = package(step.component);
  installed.version = back ? step.from_version() : step.to_version();
  return feed(event::Applied{job(), {{installed}}});
}

Ladder& Ladder::restarted(bool was_running) {
  return feed(event::Restarted{job(), {was_running, now, unit(component())}});
}

Ladder& Ladder::unhealthy(Unwell unwell, std::string reason) {
  bool const only_dependencies = unwell.own.empty() && !unwell.dependencies.empty();
  return feed(event::HealthFailed{component(), std::move(reason), only_dependencies, std::move(unwell)});
}

Ladder& Ladder::without(std::vector<std::string> dependencies) {
  auto reason = "not healthy within 2min: " + dependencies.front() + ": \"fail\"";
  return unhealthy(Unwell{{}, std::move(dependencies)}, std::move(reason));
}

Ladder& Ladder::to_recovering_back() {
  to_reconciling_back();
  facts.broken_packages = {"tyk-dashboard (half-configured)"};
  return inspected();
}

Ladder& Ladder::to_undoing() {
  config.policy.on_failure = OnFailure::RollbackRun;
  to_preflight().finish_step();
  inspected().healthy().backed_up().applied().restarted().unhealthy("answers as the old version");
  return applied().restored().restarted().healthy();
}

PlanStep Ladder::taken_back(std::string const& component) {
  auto const name = package(component).name;
  return {component, {{name, "5.8.14", "digest-of-5.8.14"}}, {{name, "5.8.15", "digest-of-5.8.15"}}, true};
}

Ladder& Ladder::in_a_fleet() {
  fleet.emplace();
  fleet->rollout = "r1";
  for (auto const& component : facts.components)
    fleet->pins.push_back({component.component, {component.installed.front().name, "5.8.15", "digest-of-5.8.15"}});
  return *this;
}

Ladder& Ladder::granted(std::string const& component, std::int64_t slot) {
  fleet->grant = fleet::Grant{component, fleet->rollout, slot};
  return feed(event::FleetChanged{});
}

Ladder& Ladder::fleet_says(std::string const& refused) {
  auto const& asked = std::get<phase::Confirming>(state.phase);
  fleet->confirmed = fleet::Confirmed{asked.run.grant->slot, asked.point, refused};
  return feed(event::FleetChanged{});
}

Ladder& Ladder::to_withdrawing() {
  package("dashboard").version = "5.8.15";
  to_waiting();
  return feed(event::RollBackAsked{"alice", "20261115T020000Z-abcdef", taken_back("dashboard")});
}

Ladder& Ladder::needs_plugin(bool is_built) {
  for (auto& found : facts.components) {
    if (found.component != "gateway") continue;
    found.plugins = {{"/mw/auth.so", "Auth", "/apps/orders.json"}};
    if (is_built) found.plugins.front().files = {{"/mw/auth_v5.8.15_linux_amd64.so", "digest-of-auth"}};
  }
  return *this;
}

Ladder& Ladder::plugin_is(PluginVerdict verdict, std::string words) {
  return feed(event::PluginsChecked{job(), {{{"digest-of-5.8.15", "digest-of-auth", "Auth", verdict, std::move(words)}}}});
}

Ladder& Ladder::to_checking_plugins() {
  needs_plugin().started().refreshed().inspected();
  return downloaded().downloaded().downloaded();
}

Ladder& Ladder::to_waiting() {
  now = at("01:00");
  started().refreshed().inspected();
  while (phase() == "downloading") downloaded();
  return fleet && phase() == "inspecting" ? inspected() : *this;
}

Ladder& Ladder::to_preflight() {
  to_waiting();
  now = at("02:00");
  state.standing.next_refresh = at("12:00");
  feed(event::Ticked{});
  return fleet ? granted("dashboard") : *this;
}

Ladder& Ladder::to_recovering() {
  to_preflight();
  facts.broken_packages = {"nginx (half-configured)"};
  return inspected();
}

Ladder& Ladder::to_asking_hooks() {
  facts.hooks = {"pre-run.d/10-ask", "pre-step.d/10-drain", "post-step.d/10-undrain", "post-run.d/10-tell"};
  return to_preflight().inspected();
}

Ladder& Ladder::to_telling_hooks() {
  return to_asking_hooks().hooked().inspected().healthy().hooked().backed_up().applied().restarted().healthy();
}

std::string Ladder::submitted() const {
  std::string name;
  for (auto const& command : last.commands)
    if (auto const* submit = std::get_if<command::Submit>(&command)) name = std::string(job::name_of(submit->request.operation));
  return name;
}

std::vector<std::string> Ladder::waits_for() const {
  std::vector<std::string> gates;
  auto const* waiting = std::get_if<phase::Waiting>(&state.phase);
  if (waiting == nullptr) return gates;
  for (auto const& reason : waiting->reasons) gates.push_back(std::string(to_string(reason.gate)) + ": " + reason.text);
  return gates;
}

std::string Ladder::message(Said said) const {
  std::string text;
  for (auto const& command : last.commands)
    if (auto const* announce = std::get_if<command::Announce>(&command); announce != nullptr && announce->announcement.said == said)
      text = announce->announcement.message;
  return text;
}

std::vector<std::string> Ladder::said() const {
  std::vector<std::string> names;
  for (auto const& command : last.commands)
    if (auto const* announce = std::get_if<command::Announce>(&command))
      names.emplace_back(to_string(announce->announcement.said));
  return names;
}

}  // namespace tykup::test
