#include "pkg/executor/operations.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <exception>
#include <iterator>

#include "pkg/executor/backup.hpp"
#include "pkg/executor/check_plugin.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/host_facts.hpp"
#include "pkg/executor/hooks.hpp"
#include "pkg/executor/landing.hpp"
#include "pkg/executor/plugin_search.hpp"
#include "pkg/executor/restart.hpp"
#include "pkg/executor/scope.hpp"
#include "pkg/executor/settings.hpp"

namespace tykup::executor {
namespace {

std::string distribution(Paths const& paths) {
  for (auto const* file : {"/etc/os-release", "/usr/lib/os-release"}) {
    auto const text = read_file(paths.host(file));
    if (!text) continue;
    auto const settings = read_environment(*text);
    auto const id = settings.find("ID");
    auto const version = settings.find("VERSION_ID");
    if (id != settings.end()) return id->second + (version == settings.end() ? "" : " " + version->second);
  }
  return "unknown";
}

std::string architecture(PackageFormat format) {
  utsname names{};
  uname(&names);
  std::string machine(static_cast<char const*>(names.machine));
  if (format == PackageFormat::Rpm) return machine;
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return machine;
}

void add_problem(ComponentFacts& facts, std::string const& problem) {
  if (problem.empty()) return;
  facts.problem += (facts.problem.empty() ? "" : "; ") + problem;
}

ComponentFacts facts_of(Context const& context, Component const& component, HostFacts& host) {
  ComponentFacts facts;
  facts.component = component.name;
  auto inventory = context.packages.inspect(scope_of(component, context.config));
  if (inventory) {
    facts.installed = std::move(inventory->installed);
    facts.candidates = std::move(inventory->candidates);
    facts.kept = std::move(inventory->kept);
    facts.subscription = std::move(inventory->subscription);
    facts.spread = std::move(inventory->spread);
    facts.own_bytes = own_bytes(context.paths, component, facts.spread);
    host.folders["database"] = inventory->database;
  } else {
    add_problem(facts, inventory.error().message);
  }
  if (component.unit.empty()) return facts;
  auto const unit = context.units.unit(component.unit);
  if (!unit) {
    add_problem(facts, unit.error().message);
    return facts;
  }
  facts.unit = unit->facts;
  std::string problem;
  if (!facts.installed.empty()) facts.endpoints = endpoints(context.paths, component, *unit, problem);
  add_problem(facts, problem);
  auto found = find_plugins(context.paths, component, *unit, facts, context.packages.format());
  facts.plugins = std::move(found.plugins);
  facts.plugins_unknown = std::move(found.unknown);
  return facts;
}

struct Work {
  Context const& context;

  Result<job::Outcome> operator()(job::Inspect const& o) const { return outcome(inspect(context, o)); }
  Result<job::Outcome> operator()(job::Refresh const&) const {
    std::vector<pkg::Scope> scopes;
    for (auto const& component : context.config.components) scopes.push_back(scope_of(component, context.config));
    auto sources = context.packages.refresh(scopes, context.progress);
    if (!sources) return fail(sources.error());
    return job::Refreshed{std::move(*sources)};
  }
  Result<job::Outcome> operator()(job::Download const& o) const {
    auto const component = configured(context.config, o.component);
    if (!component) return fail(component.error());
    auto const scope = scope_of(*component, context.config);
    if (auto ok = allow_packages(scope, o.packages); !ok) return fail(ok.error());
    return outcome(context.packages.keep(scope, o.packages, context.progress));
  }
  Result<job::Outcome> operator()(job::Backup const& o) const { return outcome(back_up(context, o)); }
  Result<job::Outcome> operator()(job::Apply const& o) const { return outcome(apply(context, o)); }
  Result<job::Outcome> operator()(job::Restart const& o) const { return outcome(restart(context, o.step)); }
  Result<job::Outcome> operator()(job::Restore const& o) const { return outcome(restore(context, o.step)); }
  Result<job::Outcome> operator()(job::Recover const&) const {
    auto packages = context.packages.recover(context.progress);
    if (!packages) return fail(packages.error());
    return job::Recovered{std::move(*packages)};
  }
  Result<job::Outcome> operator()(job::Hook const& o) const { return outcome(run_hooks(context, o)); }
  Result<job::Outcome> operator()(job::ResultOf const&) const {
    return fail(ErrorKind::Internal, "an outcome is read from the record, not done");
  }
  Result<job::Outcome> operator()(job::CheckPlugin const& o) const { return outcome(check_plugins(context, o.check)); }

  template <typename T>
  static Result<job::Outcome> outcome(Result<T> done) {
    if (!done) return fail(std::move(done.error()));
    return job::Outcome(std::move(*done));
  }
};

}  // namespace

Result<job::Inspected> inspect(Context const& context, job::Inspect const& request) {
  job::Inspected out;
  out.facts.format = context.packages.format();
  out.facts.distribution = distribution(context.paths);
  out.facts.architecture = architecture(out.facts.format);
  for (auto const& name : request.components)
    if (auto const known = configured(context.config, name); !known) return fail(known.error());
  for (auto const& component : context.config.components) {
    bool const asked = request.components.empty() ||
                       std::ranges::find(request.components, component.name) != request.components.end();
    if (asked) out.facts.components.push_back(facts_of(context, component, out.facts));
  }
  std::vector<std::string> own;
  for (auto const& component : context.config.components) std::ranges::move(scope_of(component, context.config).packages, std::back_inserter(own));
  measure(context, out.facts);
  if (auto found = look_at_others(context, out.facts); !found) return fail(found.error());
  auto hooks = all_hooks(context.paths);
  out.facts.hooks = std::move(hooks.names);
  out.facts.hook_problems = std::move(hooks.problems);
  auto broken = context.packages.broken(own);
  if (!broken) return fail(broken.error());
  out.facts.broken_packages = std::move(*broken);
  return out;
}

Result<job::Outcome> perform(Context const& context, job::Operation const& operation) {
  try {
    return std::visit(Work{context}, operation);
  } catch (std::exception const& defect) {
    return fail(ErrorKind::Internal, std::string("the executor met what it did not expect: ") + defect.what());
  }
}

}  // namespace tykup::executor
