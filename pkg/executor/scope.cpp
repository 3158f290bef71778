#include "pkg/executor/scope.hpp"

#include <algorithm>

#include "daemon/core/words.hpp"

namespace tykup::executor {
namespace {

bool is_known(pkg::Inventory const& inventory, PackagePin const& pin) {
  if (pin.sha256.empty()) return false;
  auto const offered = [&](Candidate const& c) {
    return c.package == pin.name && c.version == pin.version && c.sha256 == pin.sha256;
  };
  auto const kept = [&](KeptPackage const& k) {
    return k.name == pin.name && k.version == pin.version && k.sha256 == pin.sha256;
  };
  return std::ranges::any_of(inventory.candidates, offered) || std::ranges::any_of(inventory.kept, kept);
}

bool was_installed(StepRecord const* record, PackagePin const& pin) {
  if (record == nullptr) return false;
  return std::ranges::any_of(record->packages, [&](InstalledPackage const& package) {
    return package.name == pin.name && package.version == pin.version;
  });
}

}  // namespace

pkg::Scope scope_of(Component const& component, Config const& config) {
  pkg::Scope scope;
  scope.component = component.name;
  scope.together = !component.packages.empty();
  scope.packages = scope.together ? component.packages : component.editions;
  if (!component.repository.empty()) scope.url_prefix = config.repository.base_url + "/" + component.repository + "/";
  scope.origin = component.origin;
  scope.quiet = component.quiet;
  scope.unsigned_metadata = config.repository.metadata_signature == MetadataSignature::Waived;
  return scope;
}

Result<Component> configured(Config const& config, std::string const& name) {
  if (auto const* component = config.find(name)) return *component;
  std::vector<std::string> known;
  for (auto const& component : config.components) known.push_back(component.name);
  auto const near = nearest_name(name, known);
  return fail(ErrorKind::NotAllowed, "component " + tykup::quoted(name) + " is not in the configuration of this host" +
                                         (near ? ", did you mean " + tykup::quoted(*near) + "?" : std::string{}));
}

Result<void> allow_packages(pkg::Scope const& scope, std::vector<PackagePin> const& packages) {
  for (auto const& pin : packages) {
    if (std::ranges::find(scope.packages, pin.name) != scope.packages.end()) continue;
    return fail(ErrorKind::NotAllowed, "package " + tykup::quoted(pin.name) + " is not one of component " + scope.component +
                                           " (" + join(scope.packages) + "): the configuration does not allow it");
  }
  return {};
}

Result<void> allow_apply(job::Apply const& apply, pkg::Inventory const& inventory, ApplyRule const& rule) {
  for (auto const& pin : apply.packages) {
    if (!is_known(inventory, pin))
      return fail(ErrorKind::UnknownVersion, pin.name + " " + pin.version + " with SHA-256 " + tykup::quoted(pin.sha256) +
                                                 " is neither in its signed repository nor kept here: refresh and plan again");
    bool const back = apply.direction == job::Apply::Direction::Rollback;
    if (back && !rule.by_root && !was_installed(rule.record, pin))
      return fail(ErrorKind::NotAllowed, pin.name + " " + pin.version + " was not installed when step " + apply.step.run + " of " +
                                             apply.step.component + " began: it is no rollback of that step");
    for (auto const& installed : inventory.installed) {
      if (installed.name != pin.name || back || rule.by_root) continue;
      if (compare_versions(rule.format, pin.version, installed.version) < 0)
        return fail(ErrorKind::NotAllowed, pin.name + " " + pin.version + " is below the installed " + installed.version +
                                               ": going back is for rollbacks of a recorded step and for root");
    }
  }
  return {};
}

}  // namespace tykup::executor
