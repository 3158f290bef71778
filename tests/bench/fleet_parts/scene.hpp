#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/os/clock.hpp"
#include "tests/bench/fleet_parts/counters.hpp"
#include "tests/bench/fleet_parts/host.hpp"
#include "tests/bench/fleet_parts/operator.hpp"
#include "tests/fakes/temporary_folder.hpp"
#include "tests/integration/etcd/real_etcd.hpp"

namespace tykup::bench {

/// What one rollout was seen to cost.
struct Figures {
  unsigned hosts = 0;
  unsigned centres = 0;
  unsigned steps = 0;
  Counters joining = {};   ///< until every host had registered
  Counters rollout = {};   ///< from the operator's word to the last host's hearing of the end, without the operator's own calls
  unsigned of_operator = 0;
  double utilisation = 0;
  bool kept_the_limits = true;
  double seconds = 0;      ///< that the rollout took
  std::vector<std::string> troubles = {};  ///< what hosts said that they should not have to
};

struct Trial {
  unsigned hosts = 10;
  std::chrono::milliseconds step = std::chrono::seconds{10};
  std::string bcrypt_cost = "10";  ///< etcd's own default: what a password's check costs it
  std::chrono::milliseconds renewal_spread = net::EtcdOptions{}.renewal_spread;
};

/// An etcd with users, a fleet that has joined it, and one rollout by an operator's word. What was called when all tokens had
/// gone stale, as they have after a quiet day, is counted with the rollout.
class Scene {
 public:
  explicit Scene(Trial trial);
  /// Throws where the fleet does not come to its end.
  Figures live();

 private:
  [[nodiscard]] net::EtcdOptions options();
  void make_users();
  void make_tokens_stale();
  void join();
  void roll_out();
  template <typename Reached>
  void run_until(Reached reached, std::string const& what, std::chrono::steady_clock::duration patience);
  [[nodiscard]] bool all(bool (Host::*is_so)() const) const;

  boost::asio::io_context loop_;  ///< the first: connections and timers go before it
  Trial trial_;
  fakes::TemporaryFolder folder_;
  net::RealEtcd etcd_;
  Figures figures_;
  fleet::Policy policy_;
  std::vector<HostPlace> places_;
  Utilisation utilisation_;
  os::WallClock clock_;
  std::unique_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::unique_ptr<Operator> operator_;
};

}  // namespace tykup::bench
