#include <algorithm>

#include "daemon/core/plugins.hpp"
#include "daemon/core/rollout_stepper.hpp"

namespace tykup::rollout {

std::optional<std::string> unasked_plugin(Component const& component, ComponentFacts const& facts,
                                          std::vector<PackagePin> const& to, Memory const& memory) {
  if (component.kind != ServiceKind::Gateway || to.empty()) return {};
  auto const unasked = plugins_unproven({facts, to.front(), memory, {}});
  if (unasked.empty()) return {};
  return "the Go plugin " + unasked.front().path + " is new or was changed after the new version was asked about its plugins; it is asked again first";
}

Transition Stepper::fetched(Plan plan) {
  if (plan.plugin_checks.empty()) return wait_or_begin(std::move(plan));
  auto job = "check-plugin-" + std::to_string(context_.now.time_since_epoch().count());
  auto check = plan.plugin_checks.front();
  return enter(phase::CheckingPlugins{std::move(plan), std::move(check), std::move(job)});
}

/// What is to be asked may have changed while the daemon was away.
Transition Stepper::operator()(phase::CheckingPlugins const&, event::Started const&) { return inspect(); }

/// Whatever was answered, it is kept; the plan that is made next has the gate that follows from it.
Transition Stepper::operator()(phase::CheckingPlugins const& at, event::PluginsChecked const& done) {
  auto const& check = at.check;
  standing().hindrance.clear();
  for (auto const& build : check.plugins) {
    auto const said = std::ranges::find_if(done.result.plugins, [&](CheckedPlugin const& checked) {
      return checked.package == check.package.sha256 && checked.plugin == build.sha256 && checked.symbol == build.symbol;
    });
    CheckedPlugin answer{check.package.sha256, build.sha256, build.symbol, PluginVerdict::Unchecked, "the executor gave no answer about it"};
    if (said != done.result.plugins.end()) answer = *said;
    answer.at = context_.now;
    keep(record::PluginChecked{std::move(answer)});
  }
  return refresh_is_due() ? refresh() : inspect();
}

Transition Stepper::operator()(phase::CheckingPlugins const& at, event::JobFailed const& failed) {
  auto const& check = at.check;
  auto const text = "Whether " + check.package.name + " " + check.package.version + " loads its Go plugins could not be asked: " + with_kind(failed.error);
  if (standing().hindrance != text)
    say({.said = Said::InspectFailed,
         .priority = Priority::Error,
         .message = text,
         .component = check.component,
         .to = check.package.version,
         .reason = std::string(to_string(failed.error.kind))});
  standing().hindrance = text;
  // What is kept is not what was fetched: it is fetched again.
  if (failed.error.kind == ErrorKind::HashMismatch || failed.error.kind == ErrorKind::UnknownVersion) standing().ready_plan.clear();
  return rest(at.plan, failed.error);
}

/// The executor does one such thing at a time; the refresh comes when this one is over.
Transition Stepper::operator()(phase::CheckingPlugins const&, event::CheckAsked const& asked) {
  say_check_asked(asked);
  standing().next_refresh = context_.now;
  return std::move(out_);
}

}  // namespace tykup::rollout
