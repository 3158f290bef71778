#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/net/target.hpp"

namespace tykup::net {

/// "https://etcd-1.internal:2379", one or more of them, all with TLS or all without. BadConfig names what is none.
[[nodiscard]] Result<std::vector<Target>> parse_etcd_endpoints(std::vector<std::string> const& urls);

/// Which endpoint of etcd is asked. The one that answered last is asked again; one that failed rests, each time longer, and
/// meanwhile the others are asked in their order.
class EtcdEndpoints {
 public:
  using Steady = std::chrono::steady_clock;
  struct Rest {
    Steady::duration first = std::chrono::seconds{1};
    Steady::duration longest = std::chrono::seconds{30};
  };
  /// `chance` in [0, 1): where to begin, so that not all hosts ask the same one.
  EtcdEndpoints(std::vector<Target> targets, Rest rest, double chance);

  [[nodiscard]] std::size_t size() const { return all_.size(); }
  [[nodiscard]] Target const& target(std::size_t at) const { return all_[at].target; }
  [[nodiscard]] std::string name(std::size_t at) const;
  /// Nothing: all were `tried` or rest.
  [[nodiscard]] std::optional<std::size_t> next(std::vector<bool> const& tried, Steady::time_point now) const;
  void answered(std::size_t at);
  /// `chance` in [0, 1) spreads the end of its rest.
  void failed(std::size_t at, std::string why, Steady::time_point now, double chance);
  /// What is wrong with each that failed last.
  [[nodiscard]] std::string troubles() const;

 private:
  struct Endpoint {
    Target target;
    int failures = 0;
    Steady::time_point rests_until = {};
    std::string trouble = {};
  };
  std::vector<Endpoint> all_ = {};
  Rest rest_;
  std::size_t preferred_ = 0;
};

}  // namespace tykup::net
