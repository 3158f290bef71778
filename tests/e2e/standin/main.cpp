// Stands in for the services of Tyk's packages in end-to-end tests: starts, logs and answers as they do, and fails as
// a test asks. Which component and version it is, the file itself says.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <unistd.h>

#include "escape.hpp"
#include "server.hpp"

namespace {

using namespace standin;

void sleep_for(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

/// The value of --name VALUE, --name=VALUE or -x VALUE; empty where it is not given.
std::string option(int argc, char** argv, std::string const& name, std::string const& letter) {
  for (int i = 1; i < argc; ++i) {
    std::string const word = argv[i];
    if ((word == "--" + name || word == "-" + letter) && i + 1 < argc) return argv[i + 1];
    if (word.rfind("--" + name + "=", 0) == 0) return word.substr(name.size() + 3);
  }
  return {};
}

/// The commands that only print: `version [--json]`, `--version`, `plugin load -f FILE -s SYMBOL`. −1: none of them.
/// A plugin is a text: "built for VERSION", or what it does when it is loaded.
int print_and_leave(Self const& self, int argc, char** argv) {
  std::string const first = argc > 1 ? argv[1] : "";
  auto const faults = faults_of(self);
  auto const version = faults.value("says_version", self.version);
  bool const asked = first == "version" || first == "--version";
  if (asked && faults.contains("cannot_run")) std::abort();
  if (first == "version" && argc > 2 && std::string(argv[2]) == "--json")
    return std::printf("{\"Version\":\"v%s\",\"BuiltBy\":\"standin\",\"Go\":{\"Os\":\"linux\"}}\n", version.c_str()) < 0;
  if (asked)
    return self.component == "gateway" ? (log(self, "info", "Tyk API Gateway v" + version), 0)
                                       : std::printf("v%s\n", version.c_str()) < 0;
  if (first != "plugin") return -1;
  auto const file = option(argc, argv, "file", "f");
  std::string built_for;
  std::getline(std::ifstream(file), built_for);
  if (built_for == "escape") return std::fprintf(stderr, "plugin.Open(\"%s\"): it reached %s\n", file.c_str(), reached().c_str()), 1;
  if (built_for == "hang") return ::pause();
  if (built_for == "built for " + self.version)
    return std::printf("[file=%s, symbol=%s] loaded ok\n", file.c_str(), option(argc, argv, "symbol", "s").c_str()) < 0;
  std::fprintf(stderr, "plugin.Open(\"%s\"): plugin was built with a different version of package tyk\n", file.c_str());
  return 1;
}

void log_start_of_gateway(Self const& self, Settings const& s) {
  log(self, "info", "storage: connected to redis");
  log(self, "info", "PIDFile location set to: /var/run/tyk/tyk-gateway.pid");
  log(self, "info", "Initialising Tyk REST API Endpoints");
  if (s.uses_dashboard) {
    log(self, "info", "Registering gateway node with Dashboard");
    log(self, "info", "Node Registered");
  }
  bool const old = !at_least(self.version, "2.9.0");
  log(self, "info", (old ? "Gateway started (v" : "Tyk Gateway started (v") + self.version + ")");
  log(self, "info", "--> Listening on address: (open interface)");
  log(self, "info", "--> Listening on port: " + std::to_string(s.port));
  log(self, "info", "--> PID: " + std::to_string(::getpid()));
  log(self, "info", "Policies found (1 total):");
  log(self, "info", "Initialised API Definitions");
}

void log_start(Self const& self, Settings const& s) {
  auto const port = std::to_string(s.port);
  if (self.component == "gateway") return log_start_of_gateway(self, s);
  if (self.component == "pump") {
    log(self, "info", "## Tyk Pump, v" + self.version + " ##");
    log(self, "info", "Serving health check endpoint at http://localhost:" + port + "/" + s.health_path + " ...");
    return log(self, "info", "Init Pump: CSV Pump");
  }
  log(self, "info", (self.component == "identity-broker" ? "Tyk Identity Broker v" : "Starting " + self.component + " v") + self.version);
  log(self, "info", "--> Listening on port: " + port);
}

/// Waits for the order to stop in a thread of its own, says so, and leaves.
void stop_on_signal(Self const& self, sigset_t signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  log(self, "info", "Shutdown signal received: terminated");
  sleep_for(faults_of(self).value("stop_ms", 0));
  std::_Exit(0);
}

void begin(Self const& self, nlohmann::json const& faults) {
  if (self.component == "gateway") log(self, "info", "Tyk API Gateway v" + self.version);
  if (faults.value("crash_at_start", false)) {
    log(self, "fatal", "Redis connection details not set, please ensure that the storage type is set to Redis");
    std::exit(1);
  }
  sleep_for(faults.value("start_ms", 100));
}

void crash_after(Self const& self, int milliseconds) {
  sleep_for(milliseconds);
  log(self, "fatal", "fatal error: unexpected signal during runtime execution");
  std::_Exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  auto const self = read_self();
  if (int const code = print_and_leave(self, argc, argv); code >= 0) return code;
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(stop_on_signal, self, signals).detach();

  auto config = option(argc, argv, "conf", "c");
  if (config.empty()) config = option(argc, argv, "config", "c");
  auto const faults = faults_of(self);
  begin(self, faults);
  auto const settings = read_settings(self, config);
  log_start(self, settings);
  for (auto const& line : faults.value("log", std::vector<std::string>{})) log(self, "error", line);
  if (faults.contains("crash_after_ms")) std::thread(crash_after, self, faults["crash_after_ms"].get<int>()).detach();
  if (faults.value("deaf", false)) ::pause();
  auto const started = std::chrono::system_clock::now();
  serve(self, settings, [self, settings, started](std::string const& path) {
    return answer(self, settings, path, started, std::chrono::system_clock::now());
  });
}
