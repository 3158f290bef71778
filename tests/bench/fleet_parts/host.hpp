#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <string>

#include "daemon/agent/fleet_member.hpp"
#include "daemon/net/etcd_client.hpp"
#include "tests/bench/fleet_parts/utilisation.hpp"

namespace tykup::bench {

inline constexpr auto kOld = "5.3.0";
inline constexpr auto kNew = "5.3.1";

/// What the hosts of a bench share; everything outlives them.
struct Shared {
  boost::asio::io_context& loop;
  agent::Clock& clock;
  Utilisation& utilisation;
  std::chrono::milliseconds step;            ///< how long a package's change takes
  std::function<void(std::string)> trouble;  ///< what should not happen
};

/// One host: the daemon's real part in the fleet with an etcd client of its own, and a run whose package change is a timer.
/// It speaks to the fleet as the real run does.
class Host {
 public:
  Host(Shared& shared, HostPlace place, net::EtcdOptions options);

  void start();
  [[nodiscard]] bool is_registered() const { return member_.memory().record_revision > 0; }
  /// Everything is at the new version, and no rollout is at work any more.
  [[nodiscard]] bool is_done() const;
  [[nodiscard]] std::string status() const { return place_.name + ": " + member_.status_line(); }

 private:
  enum class Doing { Nothing, AsksDrain, Drains, AsksApply, Applies, Ended };

  /// In memory: what a disk costs is not measured here.
  class Store final : public agent::FleetStore {
   public:
    Result<std::optional<fleet::Memory>> load_fleet() override { return kept_; }
    Result<void> keep_fleet(fleet::Memory const& memory) override {
      kept_ = memory;
      return {};
    }

   private:
    std::optional<fleet::Memory> kept_ = {};
  };
  class Announcer final : public agent::Announcer {
   public:
    explicit Announcer(Shared& shared) : shared_(shared) {}
    void announce(rollout::Announcement const& said) override;
    void status(std::string const&) override {}
    void watchdog(bool) override {}

   private:
    Shared& shared_;
  };
  /// Gates of the operator's own would be asked by it; the bench's policy has none.
  class Asked final : public agent::Executor, public agent::Prober {
   public:
    explicit Asked(Shared& shared) : shared_(shared) {}
    agent::Awaitable<Result<job::Outcome>> perform(job::Request request, ProgressSink progress) override;
    agent::Awaitable<Sighting::Answer> ask(Endpoint endpoint, Duration limit) override;
    agent::Awaitable<Sighting::Answer> ask(Probe probe, Duration limit) override;

   private:
    Shared& shared_;
  };

  void post(void (Host::*what)());
  void after(std::chrono::milliseconds delay, void (Host::*what)());
  void look();
  void fetch();
  void fetched();
  void begin();
  void hear_answer();
  void drained();
  void applied();
  void tell_need();
  [[nodiscard]] fleet::Need need() const;
  [[nodiscard]] fleet::HostRecord record() const;
  [[nodiscard]] fleet::Build build(std::string const& component, std::string const& version) const;
  [[nodiscard]] std::string next() const;

  Shared& shared_;
  HostPlace place_;
  net::EtcdClient etcd_;
  Store store_;
  Announcer announcer_;
  Asked asked_;
  agent::FleetMember member_;
  boost::asio::steady_timer timer_;
  std::map<std::string, std::string> version_ = {};
  bool fetches_ = false;
  bool has_fetched_ = false;
  Doing doing_ = Doing::Nothing;
  fleet::Grant grant_ = {};
  fleet::need::Ended ended_ = {};
};

}  // namespace tykup::bench
