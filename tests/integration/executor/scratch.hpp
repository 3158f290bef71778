#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "daemon/core/config.hpp"
#include "pkg/executor/context.hpp"
#include "tests/fakes/fake_package_manager.hpp"
#include "tests/fakes/fake_units.hpp"

namespace tykup::executor {

/// A throw-away root.
class Scratch : public testing::Test {
 public:
  Scratch() {
    std::string pattern = testing::TempDir() + "tykup-exec-XXXXXX";
    paths.root = mkdtemp(pattern.data());
    std::filesystem::create_directories(paths.root + paths.state);
  }
  ~Scratch() override { std::filesystem::remove_all(paths.root); }
  Scratch(Scratch const&) = delete;
  Scratch& operator=(Scratch const&) = delete;

  void write(std::string const& path, std::string const& text, unsigned mode = 0644) const {
    std::filesystem::path const target = paths.root + path;
    std::filesystem::create_directories(target.parent_path());
    std::ofstream(target) << text;
    chmod(target.c_str(), mode);
  }
  [[nodiscard]] std::string read(std::string const& path) const {
    std::ifstream file(paths.root + path);
    std::stringstream text;
    text << file.rdbuf();
    return file ? text.str() : "(none)";
  }
  [[nodiscard]] bool there(std::string const& path) const {
    return std::filesystem::exists(std::filesystem::symlink_status(paths.root + path));
  }

  Paths paths;
};

inline PackagePin const kOld{"tyk-gateway", "5.8.14", "aa14"};
inline PackagePin const kNew{"tyk-gateway", "5.8.15", "bb15"};

inline Config gateway_config() {
  Config config;
  for (auto const& component : tyk_components())
    if (component.name == "gateway") config.components.push_back(component);
  config.backup.keep = 2;
  return config;
}

/// A host with the old gateway, as a package manager and a service manager know it.
class GatewayHost : public Scratch {
 public:
  GatewayHost() : packages(paths.root), units(paths), config(gateway_config()) {
    packages.offer(build(kOld, "old"));
    packages.offer(build(kNew, "new"));
    packages.install(kOld);
    units.add("tyk-gateway.service", "/opt/tyk-gateway/tyk", "active", "enabled");
    units.add("redis.service", "/usr/bin/redis", "active", "enabled");
  }

  static fakes::FakePackageManager::Build build(PackagePin const& pin, std::string const& text) {
    return {pin,
            {{"/opt/tyk-gateway/tyk", "binary " + text},
             {"/opt/tyk-gateway/policies/policies.json", "{}"},
             {"/opt/tyk-gateway/templates/error.json", "template " + text},
             {"/opt/tyk-gateway/install/inits/systemd/system/tyk-gateway.service", "[Service] copy"},
             {"/lib/systemd/system/tyk-gateway.service", "[Service]"}},
            {{"/opt/tyk-gateway/tyk.conf", R"({"listen_port":8080,"secret":"s3cret"})"}}};
  }
  [[nodiscard]] Context context(bool by_root = false) {
    return {paths, config, packages, units, [](job::Progress const&) {}, by_root, [] { return false; },
            patience};
  }

  fakes::FakePackageManager packages;
  fakes::FakeUnits units;
  Config config;
  Duration patience = std::chrono::milliseconds{200};
  job::StepId const step{"run-1", "gateway"};
};

}  // namespace tykup::executor
