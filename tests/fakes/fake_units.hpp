#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pkg/executor/paths.hpp"
#include "pkg/executor/units.hpp"

namespace tykup::fakes {

/// A service manager whose processes are folders below the root's /proc: a started service gets a process id and a link
/// to its binary.
class FakeUnits final : public executor::Units {
 public:
  explicit FakeUnits(executor::Paths const& paths) : paths_(paths) {}

  struct Service {
    executor::Unit unit;
    std::string binary = {};
    bool fails = false;  ///< its next start fails
  };
  Service& add(std::string const& name, std::string const& binary, std::string const& active, std::string const& file_state) {
    auto& service = services_[name];
    service.binary = binary;
    service.unit.type = "simple";
    service.unit.result = "success";
    service.unit.facts = {name, "loaded", "inactive", "dead", file_state};
    if (active == "active") start(service);
    return service;
  }
  Service& at(std::string const& name) { return services_.at(name); }
  /// systemd unloads what is down and needed by nobody.
  void forget(std::string const& name) { services_.erase(name); }

  /// The host goes down and comes up: what is enabled runs, from the files that are there now.
  void boot() {
    for (auto& [name, service] : services_) {
      service.unit.facts.active_state = "inactive";
      service.unit.facts.main_pid = 0;
      if (service.unit.facts.unit_file_state == "enabled") start(service);
    }
  }

  /// What was asked, in order: "restart x.service", "reload", "enable x.service".
  std::vector<std::string> calls = {};
  std::string state = "running";
  std::function<void()> before_look = [] {};  ///< what happens before units are listed
  bool binary_is_stale = false;  ///< the next process is of a file that is gone

  Result<executor::Unit> unit(std::string const& name) override {
    auto const found = services_.find(name);
    if (found != services_.end()) return found->second.unit;
    executor::Unit none;
    none.facts = {name, "not-found", "inactive", "dead", ""};
    return none;
  }
  Result<std::vector<executor::UnitRow>> loaded() override {
    before_look();
    std::vector<executor::UnitRow> out;
    for (auto const& [name, service] : services_) {
      auto const& facts = service.unit.facts;
      out.push_back({name, facts.load_state, facts.active_state, facts.sub_state});
    }
    return out;
  }
  Result<void> reload() override {
    calls.emplace_back("reload");
    return {};
  }
  Result<void> run(Verb verb, std::string const& name, Duration) override {
    calls.push_back((verb == Verb::Start ? "start " : verb == Verb::Stop ? "stop " : "restart ") + name);
    auto& service = services_.at(name);
    if (verb == Verb::Stop) {
      service.unit.facts.active_state = "inactive";
      service.unit.facts.main_pid = 0;
      return {};
    }
    if (service.fails) {
      service.unit.facts.active_state = "failed";
      return fail(ErrorKind::UnitFailed, name + ": systemd's job ended as \"failed\"");
    }
    start(service);
    return {};
  }
  Result<void> set(FileState to, std::string const& name) override {
    auto& facts = services_.at(name).unit.facts;
    constexpr char const* kNames[] = {"enabled", "disabled", "masked", "disabled"};
    facts.unit_file_state = kNames[static_cast<int>(to)];
    facts.load_state = to == FileState::Masked ? "masked" : "loaded";
    calls.push_back("set " + facts.unit_file_state + " " + name);
    return {};
  }
  Result<void> reset_failed(std::string const& name) override {
    calls.push_back("reset " + name);
    return {};
  }
  Result<std::string> system_state() override { return state; }

 private:
  void start(Service& service) {
    auto& facts = service.unit.facts;
    facts.active_state = "active";
    facts.sub_state = "running";
    facts.main_pid = ++last_pid_;
    facts.started = Instant{std::chrono::seconds{1'800'000'000 + last_pid_}};
    std::filesystem::create_directories(paths_.process(facts.main_pid));
    std::string const target = paths_.host(service.binary) + (binary_is_stale ? " (deleted)" : "");
    std::filesystem::create_symlink(target, paths_.process(facts.main_pid) + "/exe");
  }

  executor::Paths paths_;
  std::map<std::string, Service> services_;
  std::uint32_t last_pid_ = 100;
};

}  // namespace tykup::fakes
