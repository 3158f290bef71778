#include "daemon/core/config.hpp"
#include "tests/simulation/fleet/fleet_world.hpp"

/// What a host's configuration may say.
namespace tykup::simulation {
namespace {

ConfigValue text(std::string value) { return {std::move(value), {}, {}}; }

ConfigValue with_run_back() {
  ConfigValue::Array const endpoints{text("https://etcd:2379")};
  ConfigValue::Table const policy{{"on_failure", text("rollback-run")}};
  ConfigValue::Table const member{{"endpoints", {endpoints, {}, {}}}, {"cluster", text("prod")}, {"datacenter", text("dc-1")}};
  return {ConfigValue::Table{{"policy", {policy, {}, {}}}, {"fleet", {member, {}, {}}}}, {}, {}};
}

}  // namespace

bool FleetWorld::lets_run_back() {
  if (!run_back_) {
    auto const config = validate_config(with_run_back(), [](std::string const&) { return Result<Zone>(Zone{}); });
    run_back_ = config && config->policy.on_failure == OnFailure::RollbackRun;
  }
  if (!*run_back_) count("operator: on_failure refused");
  return *run_back_;
}

}  // namespace tykup::simulation
