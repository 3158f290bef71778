#include "tests/bench/fleet_parts/scene.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>

#include "daemon/net/base64.hpp"

namespace tykup::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr auto kUser = "tykup";
constexpr auto kBootAtOnce = 30;

/// etcd 3.4 with its own default logger ends in a panic when it is so busy that a read is late. Its timers are its defaults.
net::RealEtcd::Setup setup_of(Trial const& trial) {
  return {{}, {}, {"--bcrypt-cost", trial.bcrypt_cost, "--logger", "zap", "--heartbeat-interval", "100", "--election-timeout", "1000"}};
}

}  // namespace

Scene::Scene(Trial trial)
    : trial_(std::move(trial)),
      etcd_(setup_of(trial_)),
      policy_(policy_of(trial_.hosts)),
      places_(places_of(trial_.hosts)),
      utilisation_(places_, policy_.max_unavailable) {
  std::ofstream(folder_ / "password") << "secret\n";
  auto trouble = [this](std::string text) { figures_.troubles.push_back(std::move(text)); };
  shared_ = std::make_unique<Shared>(Shared{loop_, clock_, utilisation_, trial_.step, trouble});
  make_users();
}

void Scene::make_users() {
  for (auto const* user : {"root", kUser}) {
    etcd_.administer("auth/user/add", R"({"name":")" + std::string(user) + R"(","password":"secret"})");
    etcd_.administer("auth/role/add", R"({"name":")" + std::string(user) + R"("})");
    etcd_.administer("auth/user/grant", R"({"user":")" + std::string(user) + R"(","role":")" + user + R"("})");
  }
  etcd_.administer("auth/role/grant", R"({"name":"tykup","perm":{"permType":"READWRITE","key":")" + net::to_base64("/tykup/1/bench/") +
                                          R"(","range_end":")" + net::to_base64("/tykup/1/bench0") + R"("}})");
  etcd_.administer("auth/enable", "{}");
}

/// A new password, though the same one: etcd forgets the user's tokens.
void Scene::make_tokens_stale() {
  auto const root = nlohmann::json::parse(etcd_.administer("auth/authenticate", R"({"name":"root","password":"secret"})"));
  etcd_.administer("auth/user/changepw", R"({"name":"tykup","password":"secret"})", root.at("token"));
}

/// As a daemon has them.
net::EtcdOptions Scene::options() {
  net::EtcdOptions options;
  options.endpoints = net::parse_etcd_endpoints({etcd_.url()}).value();
  options.user = kUser;
  options.password_file = (folder_ / "password").string();
  options.renewal_spread = trial_.renewal_spread;
  auto dice = std::make_shared<std::mt19937_64>(std::random_device{}());
  options.chance = [dice] { return std::uniform_real_distribution<>{}(*dice); };
  options.now = [] { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); };
  return options;
}

bool Scene::all(bool (Host::*is_so)() const) const {
  return std::ranges::all_of(hosts_, [is_so](auto const& host) { return ((*host).*is_so)(); });
}

template <typename Reached>
void Scene::run_until(Reached reached, std::string const& what, Steady::duration patience) {
  auto const deadline = Steady::now() + patience;
  while (!reached()) {
    if (Steady::now() > deadline) {
      std::string waiting;
      for (auto const& host : hosts_)
        if (!host->is_done() && waiting.size() < 2000) waiting += "\n  " + host->status();
      throw std::runtime_error("in vain: " + what + waiting);
    }
    loop_.run_for(20ms);
    loop_.restart();
  }
}

void Scene::join() {
  operator_ = std::make_unique<Operator>(loop_, options(), clock_);
  operator_->say(fleet::say::Init{policy_});
  run_until([&] { return operator_->heard().has_value(); }, "the cluster is made", 60s);
  if (!*operator_->heard()) throw std::runtime_error(operator_->heard()->error().message);
  auto const before = read_counters(etcd_.url());
  for (auto const& place : places_) {
    // A fleet does not boot in one second.
    run_until([&] { return std::ranges::count_if(hosts_, [](auto const& host) { return !host->is_registered(); }) < kBootAtOnce; }, "hosts register", 120s);
    hosts_.push_back(std::make_unique<Host>(*shared_, place, options()));
    hosts_.back()->start();
  }
  run_until([&] { return all(&Host::is_registered); }, "every host is registered", 120s);
  figures_.joining = read_counters(etcd_.url()) - before;
}

void Scene::roll_out() {
  make_tokens_stale();
  operator_->look();
  run_until([&] { return operator_->heard().has_value(); }, "the operator sees the fleet", 60s);
  auto const before = read_counters(etcd_.url());
  auto const calls = operator_->calls();
  auto const began = Steady::now();
  operator_->say(fleet::say::Start{});
  run_until([&] { return operator_->heard().has_value(); }, "the rollout begins", 120s);
  if (!*operator_->heard()) throw std::runtime_error(operator_->heard()->error().message);
  run_until([&] { return all(&Host::is_done); }, "every host is done", 20min + 60 * trial_.step);
  figures_.seconds = std::chrono::duration<double>(Steady::now() - began).count();
  figures_.of_operator = operator_->calls() - calls;
  figures_.rollout = read_counters(etcd_.url()) - before;
  figures_.rollout.calls["Txn"] -= figures_.of_operator;
}

Figures Scene::live() {
  join();
  roll_out();
  figures_.hosts = trial_.hosts;
  figures_.centres = static_cast<unsigned>(policy_.centres.size());
  figures_.steps = utilisation_.steps_done();
  figures_.utilisation = utilisation_.busy();
  figures_.kept_the_limits = utilisation_.kept_the_limits();
  return figures_;
}

}  // namespace tykup::bench
