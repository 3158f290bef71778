#pragma once

#include <string>
#include <vector>

#include "daemon/core/config.hpp"
#include "daemon/core/job.hpp"
#include "pkg/executor/step_record.hpp"
#include "pkg/package_manager.hpp"

namespace tykup::executor {

/// What the root-owned configuration allows for a component.
pkg::Scope scope_of(Component const& component, Config const& config);

/// NotAllowed, naming the nearest, for a component that the configuration does not have.
Result<Component> configured(Config const& config, std::string const& name);

/// NotAllowed for a package that is none of the component's.
Result<void> allow_packages(pkg::Scope const& scope, std::vector<PackagePin> const& packages);

/// The rules of `apply`: a digest that the signed index or the archive knows (UnknownVersion), nothing below what is
/// installed but as the rollback of our own recorded step or at root's own word (NotAllowed).
struct ApplyRule {
  PackageFormat format = PackageFormat::Deb;
  bool by_root = false;
  StepRecord const* record = nullptr;  ///< null: the step has none
};
Result<void> allow_apply(job::Apply const& apply, pkg::Inventory const& inventory, ApplyRule const& rule);

}  // namespace tykup::executor
