#pragma once

#include <gtest/gtest.h>

#include "daemon/agent/agent.hpp"
#include "daemon/agent/fleet_desk.hpp"
#include "daemon/agent/fleet_member.hpp"
#include "daemon/agent/fleet_teller.hpp"
#include "daemon/wire/fleet_operator.hpp"
#include "daemon/wire/fleet_saying.hpp"
#include "daemon/wire/fleet_steer.hpp"
#include "tests/fakes/fake_etcd_port.hpp"
#include "tests/unit/agent/host_with_daemon.hpp"

/// Hosts of a fleet in memory, each with its daemon, and the etcd that they share.
namespace tykup::test {

struct FakeFleetStore : agent::FleetStore {
  Result<std::optional<fleet::Memory>> load_fleet() override { return kept; }
  Result<void> keep_fleet(fleet::Memory const& memory) override {
    if (fail_next > 0) {
      --fail_next;
      return fail(ErrorKind::StateUnusable, "the disk is full");
    }
    kept = memory;
    return {};
  }
  std::optional<fleet::Memory> kept = {};
  unsigned fail_next = 0;
};

inline fleet::Settings settings() {
  fleet::Settings settings;
  settings.endpoints = {"http://etcd:2379"};
  settings.cluster = "prod";
  settings.datacenter = "main";
  return settings;
}

/// One host with one component, which outlives its daemon.
struct Member {
  std::string name;
  std::string component;
  FakeHost host;
  FakeStore store;
  FakeFleetStore fleet_store;
  FakeAnnouncer announcer;
  FakeMetrics metrics;
  FakePost post;
  std::unique_ptr<fakes::FakeEtcdPort> port;
  std::unique_ptr<agent::FleetMember> member;
  std::unique_ptr<agent::FleetDesk> desk;
  std::unique_ptr<agent::FleetTeller> teller;
  notify::NotifyConfig notify = {};
  std::unique_ptr<agent::Agent> daemon;

  [[nodiscard]] std::string installed() const { return host.services.at(component).installed; }
};

/// A fleet in memory: hosts with their daemons, an etcd, one clock.
class FleetInMemory : public testing::Test {
 protected:
  FleetInMemory() { clock_.set(kSundayOne); }

  Member& add(std::string const& name, std::string const& component, notify::NotifyConfig notify = {}) {
    auto made = std::make_unique<Member>();
    made->name = name;
    made->component = component;
    made->notify = std::move(notify);
    made->host.services = {{component, {component + "-package", "1.0.0", "1.0.0", true, false, {}, kSundayOne}}};
    made->host.offered = {{component, "1.1.0"}};
    made->host.clock = &clock_;
    auto& member = *made;
    members_[name] = std::move(made);
    start(member);
    return member;
  }

  void start(Member& member) {
    agent::World const world{member.host, member.host, member.host, member.store, member.announcer, clock_, member.metrics,
                             {member.store.outbox, member.post, member.post}};
    Digest const digest = [](std::string_view text) { return std::to_string(std::hash<std::string_view>{}(text)) + "000000"; };
    auto config = config_of_the_host();
    config.components = {generic(member.component)};
    config.fleet = settings();
    config.notify = member.notify;
    config.repository.refresh = refresh_;
    member.port = std::make_unique<fakes::FakeEtcdPort>(etcd_);
    member.member = std::make_unique<agent::FleetMember>(loop_, agent::FleetWorld{*member.port, member.fleet_store, clock_, member.announcer, member.host, member.host},
                                                         settings(), fleet::Identity{"machine-of-" + member.name, "nonce-of-" + member.name});
    member.daemon = std::make_unique<agent::Agent>(loop_, world, std::move(config), agent::Identity{"machine-of-" + member.name, member.name}, digest);
    member.desk = std::make_unique<agent::FleetDesk>(loop_.get_executor(), *member.port, "prod", member.name, [this] { return clock_.now(); }, digest);
    member.teller = std::make_unique<agent::FleetTeller>(loop_, *member.port, clock_, "prod", member.name, digest);
    member.daemon->join(*member.member, *member.desk);
    member.daemon->lend_voice(*member.teller);
    ASSERT_TRUE(member.daemon->start());
  }

  /// Its power is cut; of what it was nobody hears any more.
  Member& kill(Member& member) {
    member.host.deaf = true;
    member.port->set_unreachable(true);
    auto entry = members_.extract(member.name);
    killed_.push_back(std::move(entry.mapped()));
    return *killed_.back();
  }
  /// The same host with what is on its disks.
  Member& revive(Member const& killed) {
    auto made = std::make_unique<Member>();
    made->name = killed.name;
    made->component = killed.component;
    made->host = killed.host;
    made->host.deaf = false;
    made->store = killed.store;
    made->store.after_commit = [] {};
    made->fleet_store = killed.fleet_store;
    made->notify = killed.notify;
    auto& member = *made;
    members_[killed.name] = std::move(made);
    start(member);
    return member;
  }
  Member& restart(Member& killed) { return revive(kill(killed)); }

  bool until(std::function<bool()> const& reached) {
    for (int i = 0; i < 20000; ++i) {
      loop_.restart();
      loop_.poll();
      etcd_->stir();
      loop_.restart();
      loop_.poll();
      if (reached()) return true;
      auto const before = clock_.now();
      if (!clock_.advance()) return false;
      etcd_->etcd.advance(std::chrono::ceil<std::chrono::milliseconds>(clock_.now() - before));
    }
    return false;
  }

  wire::Overview seen() { return *wire::read_overview(keys_, *etcd_->etcd.txn(wire::overview_txn(keys_))); }
  bool done(etcd::Txn const& txn) { return etcd_->etcd.txn(txn)->succeeded; }

  void make_fleet(std::vector<fleet::OperatorGate> gates = {}) {
    fleet::Policy policy;
    policy.gates = std::move(gates);
    policy.centres = {{"main", 0, Topology::Custom, {"db", "web"}}};
    policy.said = {"alice", "", clock_.now()};
    ASSERT_TRUE(done(wire::init_txn(keys_, {})));
    ASSERT_TRUE(done(wire::policy_txn(keys_, seen(), policy)));
    ASSERT_TRUE(until([&] { return seen().hosts.size() == members_.size(); }));
  }

  fleet::Board board() { return *wire::board_of("prod", *etcd_->etcd.txn(wire::board_txn(keys_))); }
  /// As far as the first of the transactions by which a rollout begins: whoever began it was cut short.
  void begin_and_die(std::string const& id, fleet::Saying const& saying) {
    auto const before = board();
    Digest const digest = [](std::string_view text) { return std::to_string(std::hash<std::string_view>{}(text)); };
    auto const steered = fleet::steer(before, saying, {id, {"alice", "", clock_.now()}}, digest);
    ASSERT_TRUE(steered) << steered.error().message;
    ASSERT_TRUE(done(*wire::txn_of(before, steered->change, clock_.now())));
    etcd_->stir();
  }
  void begin(std::string const& id, fleet::Saying const& saying) {
    begin_and_die(id, saying);
    for (auto const& txn : wire::preparation_of(board())) ASSERT_TRUE(done(txn));
    etcd_->stir();
  }
  void begin_forwards() { begin("r1", fleet::say::Start{}); }

  bool rollout_is(fleet::RolloutState state) {
    auto const rollout = seen().rollout;
    return rollout && rollout->state == state;
  }
  bool until_it_is(fleet::RolloutState state) {
    return until([&] { return rollout_is(state); });
  }

  /// Who began a run when, in its order.
  std::vector<std::string> order() const {
    std::map<Instant, std::string> began;
    for (auto const& [name, member] : members_)
      for (auto const& run : member->store.runs) began[run.started] = name;
    std::vector<std::string> names;
    for (auto const& [at, name] : began) names.push_back(name);
    return names;
  }
  static std::string hash_of(std::string const& plan) {
    auto const at = plan.find("\"hash\":\"") + 8;
    return plan.substr(at, plan.find('"', at) - at);
  }
  std::size_t outside_records() {
    auto const got = etcd_->etcd.txn({{}, {etcd::Get{.keys = etcd::under("/tykup/1/prod/past/outside/")}}, {}});
    return std::get<etcd::Got>(got->answers[0]).values.size();
  }
  void say(Member& member, wire::Said const& said) {
    std::optional<bool> heard;
    member.desk->steer_fleet({}, wire::said_text(said), [&](Result<std::string> const& text) { heard = text.has_value(); });
    ASSERT_TRUE(until([&] { return heard.has_value(); }));
    EXPECT_TRUE(*heard);
  }
  void change(fleet::Rollout const& after) {
    ASSERT_TRUE(done(wire::change_txn(keys_, seen(), after)));
    etcd_->stir();
  }

  // What is destroyed last first: the loop's coroutines speak of all that is above them, and go before it.
  std::map<std::string, std::unique_ptr<Member>> members_;
  std::vector<std::unique_ptr<Member>> killed_;
  boost::asio::io_context loop_;
  FakeClock clock_{loop_};
  fleet::Keys keys_{"prod"};
  Duration refresh_ = std::chrono::hours{1};
  std::shared_ptr<fakes::SharedEtcd> etcd_ = std::make_shared<fakes::SharedEtcd>(loop_.get_executor());
};

}  // namespace tykup::test
