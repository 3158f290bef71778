#include "pkg/executor/systemd_units.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "pkg/executor/sd_bus.hpp"

namespace tykup::executor {
namespace {

constexpr std::uint64_t kCallLimit = 90'000'000;  // a daemon-reload of a busy host takes its time

Error bus_error(std::string const& what, BusError const& error, int code) {
  bool const stopping = error.is("org.freedesktop.systemd1.ShuttingDown") ||
                        error.is("org.freedesktop.systemd1.TransactionIsDestructive");
  std::string const why = error.raw.message != nullptr ? error.raw.message : std::strerror(-code);
  return {stopping ? ErrorKind::Stopping : ErrorKind::UnitFailed, "systemd: " + what + ": " + why};
}

std::vector<std::string> read_texts(sd_bus_message* message) {
  std::vector<std::string> out;
  char const* text = nullptr;
  if (sd_bus_message_enter_container(message, 'a', "s") < 0) return out;
  while (sd_bus_message_read(message, "s", &text) > 0) out.emplace_back(text);
  sd_bus_message_exit_container(message);
  return out;
}

}  // namespace

class SystemdUnits::Bus {
 public:
  explicit Bus(sd_bus* bus) : bus_(bus) { sd_bus_set_method_call_timeout(bus_, kCallLimit); }
  Bus(Bus const&) = delete;
  Bus& operator=(Bus const&) = delete;
  ~Bus() { sd_bus_flush_close_unref(bus_); }

  [[nodiscard]] sd_bus* raw() const { return bus_; }

  std::string text(std::string const& path, char const* interface, char const* property) {
    BusError error;
    char* value = nullptr;
    if (sd_bus_get_property_string(bus_, kService, path.c_str(), interface, property, &error.raw, &value) < 0) return {};
    std::string out(value);
    std::free(value);
    return out;
  }
  template <typename T>
  T number(std::string const& path, char const* interface, char const* property, char type) {
    BusError error;
    T value{};
    sd_bus_get_property_trivial(bus_, kService, path.c_str(), interface, property, &error.raw, type, &value);
    return value;
  }
  std::vector<std::string> texts(std::string const& path, char const* interface, char const* property) {
    BusError error;
    Message reply;
    if (sd_bus_get_property(bus_, kService, path.c_str(), interface, property, &error.raw, &reply.raw, "as") < 0) return {};
    return read_texts(reply.raw);
  }
  std::vector<std::string> environment_files(std::string const& path) {
    BusError error;
    Message reply;
    std::vector<std::string> out;
    if (sd_bus_get_property(bus_, kService, path.c_str(), kServiceInterface, "EnvironmentFiles", &error.raw, &reply.raw,
                            "a(sb)") < 0 ||
        sd_bus_message_enter_container(reply.raw, 'a', "(sb)") < 0)
      return out;
    char const* file = nullptr;
    int optional = 0;
    while (sd_bus_message_read(reply.raw, "(sb)", &file, &optional) > 0) out.emplace_back(file);
    return out;
  }
  Result<std::string> load(std::string const& name) {
    BusError error;
    Message reply;
    int const code = sd_bus_call_method(bus_, kService, kPath, kManager, "LoadUnit", &error.raw, &reply.raw, "s", name.c_str());
    char const* path = nullptr;
    if (code < 0 || sd_bus_message_read(reply.raw, "o", &path) < 0)
      return fail(bus_error(name + " cannot be read", error, code));
    return std::string(path);
  }

 private:
  sd_bus* bus_;
};

SystemdUnits::SystemdUnits() = default;
SystemdUnits::~SystemdUnits() = default;

Result<SystemdUnits::Bus*> SystemdUnits::bus() {
  if (bus_) return bus_.get();
  sd_bus* raw = nullptr;
  if (int const code = sd_bus_open_system(&raw); code < 0)
    return fail(ErrorKind::UnitFailed, std::string("the system bus does not answer: ") + std::strerror(-code));
  bus_ = std::make_unique<Bus>(raw);
  return bus_.get();
}

Result<Unit> SystemdUnits::unit(std::string const& name) {
  auto const connected = bus();
  if (!connected) return fail(connected.error());
  Bus& at = **connected;
  auto const path = at.load(name);
  if (!path) return fail(path.error());
  Unit out;
  out.facts.name = name;
  out.facts.load_state = at.text(*path, kUnit, "LoadState");
  out.facts.active_state = at.text(*path, kUnit, "ActiveState");
  out.facts.sub_state = at.text(*path, kUnit, "SubState");
  out.facts.unit_file_state = at.text(*path, kUnit, "UnitFileState");
  out.facts.main_pid = at.number<std::uint32_t>(*path, kServiceInterface, "MainPID", 'u');
  out.facts.restarts = at.number<std::uint32_t>(*path, kServiceInterface, "NRestarts", 'u');
  auto const started = at.number<std::uint64_t>(*path, kServiceInterface, "ExecMainStartTimestamp", 't');
  if (started != 0) out.facts.started = Instant{Duration{static_cast<std::int64_t>(started)}};
  out.type = at.text(*path, kServiceInterface, "Type");
  out.fragment = at.text(*path, kUnit, "FragmentPath");
  out.source = at.text(*path, kUnit, "SourcePath");
  out.result = at.text(*path, kServiceInterface, "Result");
  out.transient = at.number<int>(*path, kUnit, "Transient", 'b') != 0;
  for (auto const* stronger : {"RequiredBy", "RequisiteOf", "BoundBy"})
    for (auto& above : at.texts(*path, kUnit, stronger)) out.required_by.push_back(std::move(above));
  out.wanted_by = at.texts(*path, kUnit, "WantedBy");
  out.environment_files = at.environment_files(*path);
  for (auto const& setting : at.texts(*path, kServiceInterface, "Environment"))
    if (auto const equals = setting.find('='); equals != std::string::npos)
      out.environment[setting.substr(0, equals)] = setting.substr(equals + 1);
  return out;
}

Result<std::vector<UnitRow>> SystemdUnits::loaded() {
  auto const connected = bus();
  if (!connected) return fail(connected.error());
  BusError error;
  Message reply;
  int code = sd_bus_call_method((*connected)->raw(), kService, kPath, kManager, "ListUnits", &error.raw, &reply.raw, "");
  if (code >= 0) code = sd_bus_message_enter_container(reply.raw, 'a', "(ssssssouso)");
  if (code < 0) return fail(bus_error("the list of units cannot be read", error, code));
  std::vector<UnitRow> out;
  char const* name = nullptr;
  char const* load = nullptr;
  char const* active = nullptr;
  char const* sub = nullptr;
  while (sd_bus_message_read(reply.raw, "(ssssssouso)", &name, nullptr, &load, &active, &sub, nullptr, nullptr, nullptr,
                             nullptr, nullptr) > 0) {
    out.push_back({name, load, active, sub});
  }
  return out;
}

Result<void> SystemdUnits::reload() {
  auto const connected = bus();
  if (!connected) return fail(connected.error());
  BusError error;
  int const code = sd_bus_call_method((*connected)->raw(), kService, kPath, kManager, "Reload", &error.raw, nullptr, "");
  if (code < 0) return fail(bus_error("daemon-reload failed", error, code));
  return {};
}

namespace {

/// What JobRemoved said of our job. Jobs that end before we know our own's path are remembered as well.
struct JobWatch {
  std::map<std::string, std::string> ended = {};
};

int on_job_removed(sd_bus_message* message, void* userdata, sd_bus_error*) {
  char const* job = nullptr;
  char const* result = nullptr;
  if (sd_bus_message_read(message, "uoss", nullptr, &job, nullptr, &result) >= 0)
    static_cast<JobWatch*>(userdata)->ended[job] = result;
  return 0;
}

Result<std::string> wait_for_job(sd_bus* bus, JobWatch const& watch, std::string const& job, std::string const& name,
                                 Duration limit) {
  auto const deadline = std::chrono::steady_clock::now() + limit;
  while (watch.ended.count(job) == 0) {
    int const code = sd_bus_process(bus, nullptr);
    if (code < 0) return fail(ErrorKind::Stopping, "the system bus went away while " + name + " was restarted; that is asked for again");
    if (code > 0) continue;
    auto const left = std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return fail(ErrorKind::UnitFailed, name + ": its job did not end within " + to_human(limit));
    sd_bus_wait(bus, static_cast<std::uint64_t>(left));
  }
  return watch.ended.at(job);
}

char const* method_of(Units::Verb verb) {
  switch (verb) {
    case Units::Verb::Start: return "StartUnit";
    case Units::Verb::Stop: return "StopUnit";
    case Units::Verb::Restart: return "RestartUnit";
  }
  return "";
}

}  // namespace

Result<void> SystemdUnits::run(Verb verb, std::string const& name, Duration limit) {
  auto const connected = bus();
  if (!connected) return fail(connected.error());
  sd_bus* const raw = (*connected)->raw();
  JobWatch watch;
  sd_bus_slot* slot = nullptr;
  BusError error;
  // Subscribed before the job begins: a job that ends at once must not be missed.
  int code = sd_bus_match_signal(raw, &slot, kService, kPath, kManager, "JobRemoved", on_job_removed, &watch);
  std::unique_ptr<sd_bus_slot, decltype(&sd_bus_slot_unref)> const owned(slot, sd_bus_slot_unref);
  if (code >= 0) code = sd_bus_call_method(raw, kService, kPath, kManager, "Subscribe", nullptr, nullptr, "");
  Message reply;
  code = sd_bus_call_method(raw, kService, kPath, kManager, method_of(verb), &error.raw, &reply.raw, "ss", name.c_str(), "replace");
  char const* job = nullptr;
  if (code < 0 || sd_bus_message_read(reply.raw, "o", &job) < 0)
    return fail(bus_error(name + " cannot be restarted or stopped", error, code));
  auto const result = wait_for_job(raw, watch, job, name, limit);
  if (!result) return fail(result.error());
  if (*result == "done") return {};
  // At once when a shutdown is queued: before anybody is told to stop, and before systemd says that the host is stopping.
  if (*result == "canceled")
    return fail(ErrorKind::Stopping, name + ": systemd dropped the restart, because the host goes down or somebody else started or "
                                            "stopped the unit; it is asked for again");
  auto const state = system_state();
  bool const stopping = state && *state == "stopping";
  return fail(stopping ? ErrorKind::Stopping : ErrorKind::UnitFailed,
              name + ": systemd's job ended as \"" + *result + "\"; see `journalctl -u " + name + "`");
}

Result<void> SystemdUnits::set(FileState state, std::string const& name) {
  auto const connected = bus();
  if (!connected) return fail(connected.error());
  sd_bus* const raw = (*connected)->raw();
  BusError error;
  char const* const unit = name.c_str();
  int code = 0;
  switch (state) {
    case FileState::Enabled:
      code = sd_bus_call_method(raw, kService, kPath, kManager, "EnableUnitFiles", &error.raw, nullptr, "asbb", 1, unit, 0, 0);
      break;
    case FileState::Disabled:
      code = sd_bus_call_method(raw, kService, kPath, kManager, "DisableUnitFiles", &error.raw, nullptr, "asb", 1, unit, 0);
      break;
    case FileState::Masked:
      code = sd_bus_call_method(raw, kService, kPath, kManager, "MaskUnitFiles", &error.raw, nullptr, "asbb", 1, unit, 0, 0);
      break;
    case FileState::Unmasked:
      code = sd_bus_call_method(raw, kService, kPath, kManager, "UnmaskUnitFiles", &error.raw, nullptr, "asb", 1, unit, 0);
      break;
  }
  if (code < 0) return fail(bus_error("the enabled or masked state of " + name + " cannot be set", error, code));
  return reload();
}

Result<void> SystemdUnits::reset_failed(std::string const& name) {
  auto const connected = bus();
  if (!connected) return fail(connected.error());
  BusError error;
  int const code = sd_bus_call_method((*connected)->raw(), kService, kPath, kManager, "ResetFailedUnit", &error.raw,
                                      nullptr, "s", name.c_str());
  if (code < 0) return fail(bus_error(name + " cannot be reset", error, code));
  return {};
}

Result<std::string> SystemdUnits::system_state() {
  auto const connected = bus();
  if (!connected) return fail(connected.error());
  return (*connected)->text(kPath, kManager, "SystemState");
}

}  // namespace tykup::executor
