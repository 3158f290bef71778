#pragma once

#include <map>
#include <string>

#include "daemon/agent/ports.hpp"
#include "systemd/bus/system_bus.hpp"
#include "systemd/journal_reader.hpp"

namespace tykup::systemd {

/// What systemd's answer to GetAll says of a unit. A time of 0 is none.
[[nodiscard]] UnitFacts unit_facts(std::string const& name, bus::Properties const& properties);

/// agent::Host: units over the system bus, read only, one consistent answer for each question; the journal.
class Host final : public agent::Host {
 public:
  /// Both must outlive this.
  Host(bus::SystemBus& bus, JournalReader journal) : bus_(bus), journal_(std::move(journal)) {}

  /// A unit that systemd does not know is no error: its `load_state` is "not-found". Ends within ten seconds.
  agent::Awaitable<Result<UnitFacts>> unit(std::string name) override;
  /// An alias that `unit` was asked for before is looked up by the unit's own name, which is the journal's.
  Result<JournalSight> journal(std::string const& unit, Instant since) override;
  /// As systemd-timedated has it from the kernel, which the daemon's own sandbox keeps it from asking.
  agent::Awaitable<bool> clock_synchronised() override;

 private:
  bus::SystemBus& bus_;
  JournalReader journal_;
  std::map<std::string, std::string> own_names_;
};

}  // namespace tykup::systemd
