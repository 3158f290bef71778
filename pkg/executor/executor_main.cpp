// The executor's process: one connection, one operation, then gone. Started by tykup-executor.socket.
#include <fcntl.h>
#include <pwd.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "daemon/fault/fault.hpp"
#include "daemon/os/config_loader.hpp"
#include "pkg/executor/inhibitor.hpp"
#include "pkg/executor/job_log.hpp"
#include "pkg/executor/server.hpp"
#include "pkg/executor/systemd_sandbox.hpp"
#include "pkg/executor/systemd_units.hpp"
#include "pkg/package_manager.hpp"

namespace {

using namespace tykup;

std::atomic<bool> told_to_stop{false};
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void on_terminate(int) { told_to_stop = true; }

/// A handler, not SIG_IGN: children must not inherit it, and systemd's stop has to be noticed, but the change at hand ends.
void set_signals() {
  struct sigaction action {};
  action.sa_handler = on_terminate;
  action.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGHUP, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

/// apt and dpkg read from and write to the first three descriptors, whoever opened them.
void secure_standard_descriptors() {
  int const null = open("/dev/null", O_RDWR);
  if (null > STDERR_FILENO) dup2(null, STDIN_FILENO);
  for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; ++fd)
    if (fcntl(fd, F_GETFD) < 0) dup2(null, fd);
  if (null > STDERR_FILENO) close(null);
}

uid_t daemon_uid() {
  passwd const* const user = getpwnam("tykup");
  return user == nullptr ? 0 : user->pw_uid;
}

int passed_connection() {
  if (sd_listen_fds(1) != 1) return -1;
  int const fd = SD_LISTEN_FDS_START;
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
}

/// The programs whose points are compiled in.
std::vector<fault::Whose> programs() {
  bool const apt = pkg::host_package_manager()->format() == PackageFormat::Deb;
  return {fault::Whose::Executor, apt ? fault::Whose::Apt : fault::Whose::Rpm};
}

/// The executor takes no arguments; a test build has its faults.
std::optional<int> read_arguments(std::vector<std::string> const& words) {
  std::vector<std::string> faults;
  if constexpr (fault::kCompiledIn) {
    for (std::size_t i = 0; i + 1 < words.size() && words[i] == "--fault"; i += 2) faults.push_back(words[i + 1]);
  }
  if (words.size() != 2 * faults.size()) {
    std::fputs("tykup-executor takes no arguments: tykup-executor.socket starts it for each operation\n", stderr);
    return EX_USAGE;
  }
  return fault::obey(faults, programs());
}

}  // namespace

int main(int argc, char** argv) {
  if (auto const done = read_arguments({argv + 1, argv + argc})) return *done;
  int const fd = passed_connection();
  if (fd < 0) {
    std::fputs("tykup-executor is started by tykup-executor.socket; to act by hand use `tykup`\n", stderr);
    return EXIT_FAILURE;
  }
  secure_standard_descriptors();
  set_signals();
  executor::Host host;
  host.daemon = daemon_uid();
  host.load_config = [] { return load_config(ConfigPaths{}); };
  host.package_manager = pkg::host_package_manager;
  host.units = [] { return std::make_unique<executor::SystemdUnits>(); };
  host.sandbox = [] { return std::make_unique<executor::SystemdSandbox>(); };
  host.told_to_stop = [] { return told_to_stop.load(); };
  host.inhibit = executor::inhibit_shutdown;
  host.say = executor::send_to_journal;
  executor::Connection connection{executor::Fd(fd)};
  serve(host, connection, connection.peer());
  return EXIT_SUCCESS;
}
