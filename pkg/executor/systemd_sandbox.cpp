#include "pkg/executor/systemd_sandbox.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "daemon/core/words.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/sd_bus.hpp"

namespace tykup::executor {
namespace {

constexpr std::size_t kMostOutput = 64 * 1024;
constexpr std::uint64_t kMostMemory = std::uint64_t{1} << 30;
constexpr std::uint64_t kLargestFile = std::uint64_t{16} << 20;
constexpr std::uint64_t kMostTasks = 512;
constexpr auto kGrace = std::chrono::seconds{15};
// What systemd itself ends a service with where it could not be set up, and where there was nothing to execute.
constexpr int kFirstOfSystemd = 200;
constexpr int kLastOfSystemd = 243;
constexpr int kNothingToExecute = 203;

tl::unexpected<Error> no_sandbox(std::string const& why) {
  return fail(ErrorKind::UnitFailed, "systemd gives no sandbox on this host: " + why);
}

/// Appends the properties of a unit. The first failure is kept; what follows it does nothing.
class Properties {
 public:
  explicit Properties(sd_bus_message* message) : message_(message) {}

  template <typename... Values>
  void set(char const* name, char const* type, Values... values) {
    keep(sd_bus_message_append(message_, "(sv)", name, type, values...));
  }
  void flags(std::initializer_list<char const*> names) {
    for (auto const* name : names) set(name, "b", 1);
  }
  void only(char const* name, std::initializer_list<char const*> words) {
    open(name, "(bas)");
    keep(sd_bus_message_open_container(message_, 'r', "bas"));
    keep(sd_bus_message_append(message_, "b", 1));
    texts({words.begin(), words.end()});
    keep(sd_bus_message_close_container(message_));
    close();
  }
  void list(char const* name, std::vector<std::string> const& words) {
    open(name, "as");
    texts(words);
    close();
  }
  /// What it does counts for the one who reads it, not for systemd: no end of it is a failure.
  void command(std::vector<std::string> const& words) {
    open("ExecStart", "a(sasb)");
    keep(sd_bus_message_open_container(message_, 'a', "(sasb)"));
    keep(sd_bus_message_open_container(message_, 'r', "sasb"));
    keep(sd_bus_message_append(message_, "s", words.front().c_str()));
    texts(words);
    keep(sd_bus_message_append(message_, "b", 1));
    keep(sd_bus_message_close_container(message_));
    keep(sd_bus_message_close_container(message_));
    close();
  }
  void show(std::vector<ShownFile> const& files) {
    open("BindReadOnlyPaths", "a(ssbt)");
    keep(sd_bus_message_open_container(message_, 'a', "(ssbt)"));
    for (auto const& shown : files)
      keep(sd_bus_message_append(message_, "(ssbt)", shown.file.c_str(), shown.as.c_str(), 0, std::uint64_t{0}));
    keep(sd_bus_message_close_container(message_));
    close();
  }
  [[nodiscard]] int code() const { return code_; }

 private:
  void keep(int code) { code_ = code_ < 0 ? code_ : std::min(code, 0); }
  void open(char const* name, char const* type) {
    keep(sd_bus_message_open_container(message_, 'r', "sv"));
    keep(sd_bus_message_append(message_, "s", name));
    keep(sd_bus_message_open_container(message_, 'v', type));
  }
  void close() {
    keep(sd_bus_message_close_container(message_));
    keep(sd_bus_message_close_container(message_));
  }
  void texts(std::vector<std::string> const& words) {
    keep(sd_bus_message_open_container(message_, 'a', "s"));
    for (auto const& word : words) keep(sd_bus_message_append(message_, "s", word.c_str()));
    keep(sd_bus_message_close_container(message_));
  }

  sd_bus_message* message_;
  int code_ = 0;
};

void set_life(Properties& to, SandboxedProgram const& program, int output) {
  to.set("Description", "s", "tykup asks a new program of Tyk's before it is used");
  to.set("CollectMode", "s", "inactive-or-failed");
  to.set("AddRef", "b", 1);
  to.set("Type", "s", "simple");
  to.command(program.command);
  to.set("StandardOutputFileDescriptor", "h", output);
  to.set("StandardErrorFileDescriptor", "h", output);
  to.set("RuntimeMaxUSec", "t", static_cast<std::uint64_t>(program.limit.count()));
  to.set("TimeoutStopUSec", "t", std::uint64_t{5'000'000});
}

/// It is in nobody's way while the old version serves.
void set_limits(Properties& to) {
  to.set("MemoryMax", "t", kMostMemory);
  to.set("MemorySwapMax", "t", std::uint64_t{0});
  to.set("TasksMax", "t", kMostTasks);
  to.set("LimitFSIZE", "t", kLargestFile);
  to.set("LimitCORE", "t", std::uint64_t{0});
  to.set("CPUQuotaPerSecUSec", "t", std::uint64_t{1'000'000});
  to.set("Nice", "i", 10);
  to.set("OOMScoreAdjust", "i", 1000);
}

void set_walls(Properties& to, SandboxedProgram const& program) {
  to.flags({"DynamicUser", "PrivateNetwork", "PrivateDevices", "PrivateTmp", "NoNewPrivileges", "ProtectKernelTunables", "ProtectKernelModules",
            "ProtectKernelLogs", "ProtectControlGroups", "ProtectClock", "ProtectHostname", "RestrictRealtime", "RestrictSUIDSGID",
            "LockPersonality"});
  to.set("ProtectSystem", "s", "strict");
  to.set("ProtectHome", "s", "yes");
  to.set("ProtectProc", "s", "invisible");
  to.set("KeyringMode", "s", "private");
  to.set("UMask", "u", 0077U);
  to.set("CapabilityBoundingSet", "t", std::uint64_t{0});
  to.set("AmbientCapabilities", "t", std::uint64_t{0});
  to.set("RestrictNamespaces", "t", std::uint64_t{0});
  // Sockets in the file system are not kept out by a network of its own; no such socket can be made at all.
  to.only("RestrictAddressFamilies", {"AF_NETLINK"});
  to.list("SystemCallArchitectures", {"native"});
  to.only("SystemCallFilter", {"@system-service"});
  to.set("SystemCallErrorNumber", "i", EPERM);
  to.show(program.shown);
  std::vector<std::string> hidden{"-/etc/tykup", "-/var/lib/tykup", "-/var/lib/tykup-executor", "-/etc/ssl/private", "-/run/credentials"};
  for (auto const& path : program.hidden) hidden.push_back("-" + path);
  to.list("InaccessiblePaths", hidden);
}

/// One transient unit, held until this is gone.
class TransientUnit {
 public:
  explicit TransientUnit(sd_bus* bus) : bus_(bus) {
    static unsigned count = 0;
    name_ = "tykup-check-" + std::to_string(getpid()) + "-" + std::to_string(++count) + ".service";
  }
  TransientUnit(TransientUnit const&) = delete;
  TransientUnit& operator=(TransientUnit const&) = delete;
  ~TransientUnit() {
    if (path_.empty()) return;
    call("KillUnit", "ssi", name_.c_str(), "all", SIGKILL);
    call("ResetFailedUnit", "s", name_.c_str());
    call("UnrefUnit", "s", name_.c_str());
  }

  Result<void> start(SandboxedProgram const& program, int output) {
    Message message;
    if (sd_bus_message_new_method_call(bus_, &message.raw, kService, kPath, kManager, "StartTransientUnit") < 0) return no_sandbox("no message can be made");
    sd_bus_message_append(message.raw, "ss", name_.c_str(), "fail");
    sd_bus_message_open_container(message.raw, 'a', "(sv)");
    Properties properties(message.raw);
    set_life(properties, program, output);
    set_limits(properties);
    set_walls(properties, program);
    sd_bus_message_close_container(message.raw);
    sd_bus_message_append(message.raw, "a(sa(sv))", 0);
    if (properties.code() < 0) return no_sandbox(std::strerror(-properties.code()));
    BusError error;
    if (int const code = sd_bus_call(bus_, message.raw, 0, &error.raw, nullptr); code < 0)
      return no_sandbox(error.raw.message != nullptr ? error.raw.message : std::strerror(-code));
    return find();
  }

  [[nodiscard]] std::string text(char const* interface, char const* property) const {
    char* value = nullptr;
    if (sd_bus_get_property_string(bus_, kService, path_.c_str(), interface, property, nullptr, &value) < 0) return {};
    std::string out(value);
    std::free(value);
    return out;
  }
  template <typename T>
  [[nodiscard]] T number(char const* property, char type) const {
    T value{};
    sd_bus_get_property_trivial(bus_, kService, path_.c_str(), kServiceInterface, property, nullptr, type, &value);
    return value;
  }
  [[nodiscard]] bool ended() const {
    auto const state = text(kUnit, "ActiveState");
    return state == "failed" || (state == "inactive" && number<std::uint64_t>("ExecMainExitTimestampMonotonic", 't') != 0);
  }

 private:
  template <typename... Values>
  void call(char const* method, char const* types, Values... values) const {
    sd_bus_call_method(bus_, kService, kPath, kManager, method, nullptr, nullptr, types, values...);
  }
  Result<void> find() {
    Message reply;
    char const* path = nullptr;
    int const code = sd_bus_call_method(bus_, kService, kPath, kManager, "GetUnit", nullptr, &reply.raw, "s", name_.c_str());
    if (code < 0 || sd_bus_message_read(reply.raw, "o", &path) < 0) return no_sandbox("its unit " + name_ + " is gone at once");
    path_ = path;
    return {};
  }

  sd_bus* bus_;
  std::string name_;
  std::string path_;
};

/// Takes what is there; what is beyond the limit is read and forgotten, so that nobody waits for us.
void drain(int from, std::string& output) {
  std::array<char, 16384> buffer{};
  for (;;) {
    auto const got = read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    output.append(buffer.data(), std::min(static_cast<std::size_t>(got), kMostOutput - output.size()));
  }
}

Result<SandboxEnd> end_of(TransientUnit const& unit, std::string output) {
  auto const result = unit.text(kServiceInterface, "Result");
  SandboxEnd end{SandboxEnd::Kind::Exited, unit.number<std::int32_t>("ExecMainStatus", 'i'), std::move(output)};
  bool const exited = unit.number<std::int32_t>("ExecMainCode", 'i') == CLD_EXITED;
  if (result == "timeout") {
    end.kind = SandboxEnd::Kind::OutOfTime;
  } else if (result == "oom-kill") {
    end.kind = SandboxEnd::Kind::OutOfMemory;
  } else if (result == "resources" || result == "protocol") {
    return no_sandbox("its unit ended as \"" + result + "\"");
  } else if (!exited) {
    end.kind = SandboxEnd::Kind::Killed;
  } else if (end.status == kNothingToExecute) {
    end.kind = SandboxEnd::Kind::NotStarted;
  } else if (end.status >= kFirstOfSystemd && end.status <= kLastOfSystemd) {
    return no_sandbox("it could not be set up (systemd's status " + std::to_string(end.status) + ", see systemd.exec(5)): " + one_line(end.output));
  }
  return end;
}

Result<BusHolder> connect() {
  sd_bus* raw = nullptr;
  int const code = sd_bus_open_system(&raw);
  BusHolder bus(raw);
  if (code < 0) return no_sandbox(std::string("the system bus does not answer: ") + std::strerror(-code));
  return bus;
}

}  // namespace

Result<SandboxEnd> SystemdSandbox::run(SandboxedProgram const& program) {
  auto const bus = connect();
  if (!bus) return fail(bus.error());
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return no_sandbox(std::string("no pipe: ") + std::strerror(errno));
  Fd const ours(ends[0]);
  TransientUnit unit(bus->get());
  {
    Fd const theirs(ends[1]);
    // Its end of the pipe may block: what it says is not to be lost.
    fcntl(ends[1], F_SETFL, 0);
    if (auto started = unit.start(program, theirs.get()); !started) return fail(started.error());
  }
  std::string output;
  auto const deadline = std::chrono::steady_clock::now() + program.limit + kGrace;
  while (!unit.ended()) {
    if (std::chrono::steady_clock::now() >= deadline) return SandboxEnd{SandboxEnd::Kind::OutOfTime, 0, output};
    pollfd wanted{ours.get(), POLLIN, 0};
    bool const over = poll(&wanted, 1, 50) > 0 && (wanted.revents & POLLIN) == 0;
    if (over) usleep(20'000);
    drain(ours.get(), output);
  }
  drain(ours.get(), output);
  return end_of(unit, std::move(output));
}

}  // namespace tykup::executor
