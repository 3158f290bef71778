#include "systemd/units.hpp"

#include <systemd/sd-bus.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <memory>

namespace tykup::systemd {
namespace {

constexpr char const* kSystemd = "org.freedesktop.systemd1";
/// For hosts without timedated.
constexpr char const* kSynchronisedByTimesyncd = "/run/systemd/timesync/synchronized";
constexpr Duration kLimit = std::chrono::seconds{10};

std::string text_of(bus::Properties const& properties, std::string const& name) {
  auto const found = properties.find(name);
  if (found == properties.end()) return {};
  auto const* text = std::get_if<std::string>(&found->second);
  return text == nullptr ? std::string{} : *text;
}

std::uint64_t number_of(bus::Properties const& properties, std::string const& name) {
  auto const found = properties.find(name);
  if (found == properties.end()) return 0;
  auto const* number = std::get_if<std::uint64_t>(&found->second);
  return number == nullptr ? 0 : *number;
}

Result<std::string> path_of(std::string const& unit) {
  char* raw = nullptr;
  int const r = sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit.c_str(), &raw);
  if (r < 0) return fail(bus::error_from_errno(r, "name the unit " + unit + " on the bus"));
  std::unique_ptr<char, decltype(&std::free)> const path{raw, &std::free};
  return std::string{path.get()};
}

Result<UnitFacts> read_unit(std::string const& name, Result<bus::Message>& answer) {
  if (!answer) return fail(with_context(answer.error(), "systemd's answer about " + name));
  auto properties = answer->read_properties();
  if (!properties) return fail(with_context(properties.error(), "systemd's answer about " + name));
  return unit_facts(name, *properties);
}

bool flag_in(Result<bus::Message>& answer) {
  if (!answer || !answer->enter(SD_BUS_TYPE_VARIANT, "b")) return false;
  return answer->read_bool().value_or(false);
}

}  // namespace

UnitFacts unit_facts(std::string const& name, bus::Properties const& properties) {
  UnitFacts facts;
  facts.name = text_of(properties, "Id");
  if (facts.name.empty()) facts.name = name;
  facts.load_state = text_of(properties, "LoadState");
  facts.active_state = text_of(properties, "ActiveState");
  facts.sub_state = text_of(properties, "SubState");
  facts.unit_file_state = text_of(properties, "UnitFileState");
  facts.main_pid = static_cast<std::uint32_t>(number_of(properties, "MainPID"));
  facts.restarts = static_cast<std::uint32_t>(number_of(properties, "NRestarts"));
  auto const started = number_of(properties, "ExecMainStartTimestamp");
  if (started != 0) facts.started = Instant{Duration{static_cast<Duration::rep>(started)}};
  return facts;
}

agent::Awaitable<Result<UnitFacts>> Host::unit(std::string name) {
  Result<UnitFacts> facts = fail(ErrorKind::Internal, "cannot ask systemd about " + name +
                                                          ": there is no connection to the system bus (is dbus.service up?)");
  auto const connection = bus_.connection();
  if (!connection) co_return facts;
  auto const path = path_of(name);
  if (!path) {
    facts = fail(path.error());
    co_return facts;
  }
  // The empty interface stands for all: unit and service in one answer, true of one moment.
  bus::Message question = connection->method_call(kSystemd, *path, "org.freedesktop.DBus.Properties", "GetAll");
  question.write("");
  Result<bus::Message> answer = co_await connection->call(std::move(question), kLimit);
  facts = read_unit(name, answer);
  if (facts) own_names_[name] = facts->name;
  co_return facts;
}

agent::Awaitable<bool> Host::clock_synchronised() {
  auto const connection = bus_.connection();
  if (!connection) co_return false;
  bus::Message question = connection->method_call("org.freedesktop.timedate1", "/org/freedesktop/timedate1",
                                                  "org.freedesktop.DBus.Properties", "Get");
  question.write("org.freedesktop.timedate1").write("NTPSynchronized");
  Result<bus::Message> answer = co_await connection->call(std::move(question), kLimit);
  bool const is_synchronised = flag_in(answer) || ::access(kSynchronisedByTimesyncd, F_OK) == 0;
  co_return is_synchronised;
}

Result<agent::Host::JournalSight> Host::journal(std::string const& unit, Instant since) {
  auto const known = own_names_.find(unit);
  return journal_.read(known == own_names_.end() ? unit : known->second, since);
}

}  // namespace tykup::systemd
