#pragma once

#include <memory>

#include "pkg/executor/units.hpp"

namespace tykup::executor {

/// systemd over its private or the system bus, blocking. Connects at the first call.
class SystemdUnits final : public Units {
 public:
  SystemdUnits();
  ~SystemdUnits() override;
  SystemdUnits(SystemdUnits const&) = delete;
  SystemdUnits& operator=(SystemdUnits const&) = delete;

  Result<Unit> unit(std::string const& name) override;
  Result<std::vector<UnitRow>> loaded() override;
  Result<void> reload() override;
  Result<void> run(Verb verb, std::string const& name, Duration limit) override;
  Result<void> set(FileState state, std::string const& name) override;
  Result<void> reset_failed(std::string const& name) override;
  Result<std::string> system_state() override;

 private:
  class Bus;
  Result<Bus*> bus();
  std::unique_ptr<Bus> bus_;
};

}  // namespace tykup::executor
