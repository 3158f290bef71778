#pragma once

#include <functional>
#include <map>
#include <queue>
#include <string>
#include <vector>

#include "daemon/core/fleet/participant.hpp"
#include "daemon/core/fleet/steer.hpp"
#include "daemon/core/fleet/steering.hpp"
#include "daemon/wire/fleet_operator.hpp"
#include "daemon/wire/fleet_txn.hpp"
#include "tests/fakes/fake_etcd.hpp"

/// A few hosts on an etcd in memory, under a clock that moves when told. Every host is the real participant; its run is one
/// of few lines that wants, confirms, works for a while and tells how it ended.
namespace tykup::fleet::test {

/// The slot it holds, or null.
struct Host;
Holding const* holding_of_host(Host const& host);

Build build(std::string const& component, std::string const& version);
/// A host with these components at 5.8.14, with 5.8.15 offered and both kept.
HostRecord host_record(std::string const& name, std::string const& datacenter, std::vector<std::string> const& components);
/// cp-1 (rank 0: mdcb, pump, dashboard, gateway), eu and us (rank 1: pump, gateway).
Policy policy_of_three_centres();
Word word(std::string const& why = "because");
/// What `tykup fleet start` would begin, were these the hosts.
Result<Rollout> scheduled(Policy const& policy, std::vector<HostRecord> const& hosts, std::vector<NamedVersion> const& targets);
inline Instant const kStart{std::chrono::hours{24 * 365 * 56}};

struct Host {
  HostRecord record;
  State state;
  Memory saved;
  Need need = need::Nothing{};
  View view;
  bool up = true;
  bool wants = true;               ///< its window is open
  std::optional<need::Outside> outside = {};  ///< somebody has it go whatever the others do
  std::string fails;               ///< the component whose step fails
  Duration takes = std::chrono::seconds{30};
  std::vector<std::string> log;    ///< "applies gateway", "done gateway", "refused …"
  unsigned requests = 0;
  std::map<std::string, unsigned> asks;  ///< of these, by their names
  unsigned news = 0;               ///< of watches
  std::map<Watched, fakes::FakeEtcd::WatchId> watches;
  std::optional<Instant> works_until;
  std::uint64_t life = 0;          ///< grows by each start: what an earlier life waits for comes to nothing
  bool begun = false;
  std::string at_work = {};        ///< the component whose package is being changed, or failed
  int lose_replies = 0;            ///< so many transactions are carried out, and their answers lost
  int lose_requests = 0;           ///< so many are not carried out
  bool frozen = false;             ///< etcd is out of its reach
  std::optional<Error> says_no = {};  ///< what the operator's gates and hooks answer here
};

class World {
 public:
  World();

  Host& add(HostRecord record);
  Host& host(std::string const& name) { return hosts_.at(name); }
  std::map<std::string, Host>& hosts() { return hosts_; }
  void crash(std::string const& name);
  void start_host(std::string const& name);
  void facts_changed(Host& host);
  /// Somebody has the host go whatever the others do.
  void send_outside(Host& host, need::Outside word);

  void run_for(Duration time);
  /// Until nothing is due within an hour, or `until` holds.
  bool run_until(std::function<bool()> const& until, Duration at_most = std::chrono::hours{10});

  wire::Overview overview();
  bool operate(etcd::Txn const& txn);
  void init();
  void set_policy(Policy const& policy);
  void start_rollout(std::vector<NamedVersion> const& targets, std::string const& id = "r1");
  void start_rollback(std::string const& id);
  bool change(Result<Rollout> const& after);
  /// Until then; nothing: lifted.
  bool freeze(std::optional<Instant> until);

  /// What was broken, in words; looked at whenever a package changes.
  std::vector<std::string> broken;
  fakes::FakeEtcd etcd;
  Keys keys{"prod"};
  Instant now = kStart;
  std::vector<std::string> order;  ///< "gw-1 gateway" and "gw-1 asks …", as packages changed and gates or hooks have answered

 private:
  void start(Saying const& saying, std::string const& id);
  struct Due {
    Instant at;
    std::uint64_t number;
    std::function<void()> what;
    bool operator<(Due const& other) const { return std::pair(other.at, other.number) < std::pair(at, number); }
  };
  void post(Duration in, std::string const& host, std::function<void(Host&)> what);
  void feed(Host& host, Event const& event);
  void carry_out(Host& host, Command const& command);
  void transact(Host& host, command::Transact const& ask);
  void pump();
  void look(Host& host);
  void set_need(Host& host, Need need);
  void apply(Host& host, Grant const& grant);
  void inquire(Host& host, command::Inquire const& inquire);
  void end(Host& host, Grant const& grant);
  void check_start(Host const& host, Grant const& grant);

  std::map<std::string, Host> hosts_;
  std::map<fakes::FakeEtcd::WatchId, std::pair<std::string, Watched>> watchers_;
  std::map<fakes::FakeEtcd::WatchId, bool> only_deletions_;
  std::priority_queue<Due> due_;
  std::uint64_t number_ = 0;
  bool endless_ = false;  ///< a host asks without end
};

}  // namespace tykup::fleet::test
