#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "daemon/core/etcd.hpp"

/// What etcd's JSON gateway (etcd 3.4 and later, /v3/…) is sent and what it answers. Bytes are base64, 64-bit numbers are
/// strings, and what is zero is not there.
namespace tykup::net::etcd_json {

[[nodiscard]] std::string txn_request(etcd::Txn const& txn);
[[nodiscard]] std::string grant_request(std::chrono::seconds ttl, etcd::LeaseId wanted);
/// To keep it alive and to revoke it.
[[nodiscard]] std::string lease_request(etcd::LeaseId lease);
[[nodiscard]] std::string authenticate_request(std::string const& user, std::string const& password);
/// With notices of progress.
[[nodiscard]] std::string watch_request(etcd::KeyRange const& keys, etcd::Revision from);

template <typename T>
struct Answer {
  T value = {};
  etcd::Header header = {};
};
/// An answer, or in one clause what is wrong with it.
template <typename T>
using Read = tl::expected<T, std::string>;

/// Exactly one answer of the right kind for every operation that was asked for, or none at all.
[[nodiscard]] Read<Answer<etcd::TxnDone>> txn_answer(std::string_view body, etcd::Txn const& asked);
[[nodiscard]] Read<Answer<etcd::Lease>> grant_answer(std::string_view body);
/// 0 seconds: there is no such lease.
[[nodiscard]] Read<Answer<std::chrono::seconds>> keep_alive_answer(std::string_view body);
[[nodiscard]] Read<Answer<bool>> revoke_answer(std::string_view body);
[[nodiscard]] Read<std::string> token_answer(std::string_view body);

/// What etcd said instead of an answer: gRPC's code and etcd's words.
struct Said {
  int code = 0;
  std::string words = {};

  friend bool operator==(Said const&, Said const&) = default;
};
/// Nothing where the body is no error of etcd's.
[[nodiscard]] std::optional<Said> said(std::string_view body);

/// One line of a watch. The first one of a watch that is taken is `created`, with nothing in it.
struct WatchLine {
  etcd::Header header = {};
  bool created = false;
  bool canceled = false;
  etcd::Revision compacted = 0;
  std::string cancel_reason = {};
  std::vector<etcd::WatchEvent> events = {};
  std::optional<Said> said = {};  ///< and nothing else

  friend bool operator==(WatchLine const&, WatchLine const&) = default;
};
[[nodiscard]] Read<WatchLine> watch_line(std::string_view line);

}  // namespace tykup::net::etcd_json
