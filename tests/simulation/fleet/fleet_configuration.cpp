#include "daemon/core/config.hpp"
#include "tests/simulation/fleet/fleet_world.hpp"

/// What a host's configuration may say.
namespace tykup::simulation {
namespace {

ConfigValue text(std::string value) { return {std::move(value), {}, {}}; }

ConfigValue table(ConfigValue::Table entries) { return {std::move(entries), {}, {}}; }

/// As little as a host of a fleet needs.
Result<Config> configured(std::string const& on_failure) {
  ConfigValue::Array const endpoints{text("https://etcd:2379")};
  auto const root = table({{"deployment", table({{"topology", text("oss")}})},
                           {"policy", table({{"on_failure", text(on_failure)}})},
                           {"fleet", table({{"endpoints", {endpoints, {}, {}}}, {"cluster", text("prod")}, {"datacenter", text("dc-1")}})}});
  return validate_config(root, [](std::string const&) { return Result<Zone>(Zone{}); });
}

}  // namespace

bool FleetWorld::lets_run_back() {
  if (!run_back_) {
    auto const plain = configured("stop");
    if (!plain) judge.violation("configuration", "a plain host of a fleet is refused: " + plain.error().detail, {});
    auto const config = configured("rollback-run");
    run_back_ = config && config->policy.on_failure == OnFailure::RollbackRun;
  }
  if (!*run_back_) count("operator: on_failure refused");
  return *run_back_;
}

}  // namespace tykup::simulation
