#pragma once

#include <string>

#include "daemon/core/result.hpp"
#include "daemon/net/etcd_json.hpp"
#include "daemon/net/http_connection.hpp"

namespace tykup::net {

/// Who asked for what, as the operator knows it.
struct EtcdAsked {
  std::string endpoint = {};
  std::string user = {};  ///< empty: nobody
  std::string password_file = {};
  std::string keys = {};  ///< "/tykup/1/a and what begins with /tykup/1/b"
};

/// What is to be made of an answer of etcd, or of none.
struct EtcdVerdict {
  enum class Kind {
    Answered,
    StaleToken,  ///< a new one is wanted; nothing was done
    NoAuth,      ///< it knows neither users nor tokens
    Refused,     ///< and would be by every endpoint; nothing was done
    NotDone,     ///< another endpoint may be asked
    Unknown      ///< it may have been done
  };
  Kind kind = Kind::Answered;
  bool ill = false;  ///< the endpoint, not the request
  Error error = {};  ///< unless it is Answered

  friend bool operator==(EtcdVerdict const&, EtcdVerdict const&) = default;
};

[[nodiscard]] EtcdVerdict judge(HttpReply const& reply, EtcdAsked const& asked);
[[nodiscard]] EtcdVerdict judge(etcd_json::Said const& said, EtcdAsked const& asked);

}  // namespace tykup::net
