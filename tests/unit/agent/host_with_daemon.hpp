#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "daemon/agent/agent.hpp"
#include "tests/fakes/fake_world.hpp"

/// A host of two components in memory, and the daemon that lives on it.
namespace tykup::test {

inline Instant const kSundayOne = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + std::chrono::hours{1};

inline Component generic(std::string const& name) {
  Component component;
  component.name = component.title = name;
  component.packages = {name + "-package"};
  component.unit = name + ".service";
  component.origin = "Test";
  component.probes = {{Probe::Kind::Http, "http://127.0.0.1/" + name}};
  return component;
}

inline Config config_of_the_host() {
  Config config;
  config.deployment.topology = Topology::Custom;
  config.policy.track = {Track::Kind::Latest};
  config.policy.spread = Duration{0};
  config.windows.windows = {{*Calendar::parse("Sun *-*-* 02:00"), utc_zone(), std::chrono::hours{2}}};
  config.components = {generic("db"), generic("web")};
  return config;
}

/// One life of the daemon: what is gone when its process is. The loop goes first, then what its coroutines speak of.
struct Life {
  std::unique_ptr<agent::Agent> daemon;
  boost::asio::io_context loop;
  FakeClock clock{loop};
};

/// A host that outlives its daemon.
struct HostWithDaemon {
  FakeHost host;
  FakeStore store;
  FakeAnnouncer announcer;
  FakeMetrics metrics;
  FakePost post;
  notify::NotifyConfig notify = {};
  std::unique_ptr<Life> life;
  OnFailure on_failure = OnFailure::Stop;

  HostWithDaemon() {
    host.services = {{"db", {"db-package", "1.0.0", "1.0.0", true, false, {}, kSundayOne}},
                     {"web", {"web-package", "1.0.0", "1.0.0", true, false, {}, kSundayOne}}};
    host.offered = {{"db", "1.1.0"}, {"web", "1.1.0"}};
    start_daemon(kSundayOne);
  }

  void start_daemon(Instant now) {
    life = std::make_unique<Life>();
    life->clock.set(now);
    host.clock = &life->clock;
    agent::World world{host, host, host, store, announcer, life->clock, metrics, {store.outbox, post, post}};
    Digest digest = [](std::string_view text) { return std::to_string(std::hash<std::string_view>{}(text)) + "000000"; };
    auto config = config_of_the_host();
    config.policy.on_failure = on_failure;
    config.notify = notify;
    life->daemon = std::make_unique<agent::Agent>(life->loop, world, std::move(config), agent::Identity{"machine", "host"}, digest);
    ASSERT_TRUE(life->daemon->start());
  }

  agent::Agent& daemon() { return *life->daemon; }
  Instant now() { return life->clock.now(); }

  bool until(std::function<bool()> const& reached) {
    for (int i = 0; i < 3000; ++i) {
      life->loop.restart();
      life->loop.poll();
      if (reached()) return true;
      if (!life->clock.advance()) return false;
    }
    return false;
  }
  bool until_a_run_ended() {
    return until([&] { return !store.runs.empty() && store.runs.back().result != rollout::RunResult::Running; });
  }
};

}  // namespace tykup::test
