#pragma once

#include <map>
#include <string>

namespace tykup::bench {

/// etcd's own counters, as its page /metrics has them.
struct Counters {
  std::map<std::string, double> calls = {};  ///< grpc_server_started_total by method: "Txn", "Watch", "LeaseGrant", …
  double events = 0;                         ///< etcd_debugging_mvcc_events_total: what watches were told

  [[nodiscard]] double all_calls() const;
};

[[nodiscard]] Counters parse_counters(std::string const& page);
/// What came between two readings.
[[nodiscard]] Counters operator-(Counters const& later, Counters const& earlier);
/// Of the etcd at that URL. Throws where it does not tell.
[[nodiscard]] Counters read_counters(std::string const& url);

}  // namespace tykup::bench
