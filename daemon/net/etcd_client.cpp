#include "daemon/net/etcd_client.hpp"

#include <algorithm>

#include "daemon/core/words.hpp"
#include "daemon/net/etcd_session.hpp"
#include "daemon/net/etcd_watch.hpp"

namespace tykup::net {

namespace {

namespace asio = boost::asio;
using etcd::Op;
using etcd::Txn;

template <typename Visit>
void each_op(Txn const& txn, Visit const& visit) {
  for (auto const* ops : {&txn.then, &txn.otherwise}) {
    for (auto const& op : *ops) {
      visit(op);
      if (auto const* nested = std::get_if<etcd::Nested>(&op)) each_op(nested->txn.front(), visit);
    }
  }
}

bool only_reads(Txn const& txn) {
  bool reads = true;
  each_op(txn, [&reads](Op const& op) {
    if (std::holds_alternative<etcd::Put>(op) || std::holds_alternative<etcd::Delete>(op)) reads = false;
  });
  return reads;
}

/// Some of the keys that a transaction is about, for the operator.
std::string keys_of(Txn const& txn) {
  constexpr std::size_t kMost = 4;
  std::vector<std::string> keys;
  auto const add = [&keys](etcd::KeyRange const& range) {
    auto name = name_of_keys(range);
    if (std::ranges::find(keys, name) == keys.end()) keys.push_back(std::move(name));
  };
  each_op(txn, [&add](Op const& op) {
    if (auto const* get = std::get_if<etcd::Get>(&op)) add(get->keys);
    if (auto const* put = std::get_if<etcd::Put>(&op)) add({put->key, {}});
    if (auto const* gone = std::get_if<etcd::Delete>(&op)) add(gone->keys);
  });
  for (auto const& compare : txn.compares) add(compare.keys);
  if (keys.size() > kMost) {
    keys.resize(kMost);
    keys.emplace_back("…");
  }
  return join(keys);
}

/// What etcd answered with 200 but not as it answers.
Error unreadable(std::string const& why, bool repeatable) {
  return {repeatable ? ErrorKind::EtcdUnavailable : ErrorKind::EtcdUnknown,
          "etcd answered what is no answer (" + why + "): something else is in its place, or it is of a version that is not known"};
}

}  // namespace

EtcdClient::EtcdClient(EtcdOptions options) : session_(std::make_shared<EtcdSession>(std::move(options))) {}
EtcdClient::~EtcdClient() = default;

asio::awaitable<Result<etcd::TxnDone>> EtcdClient::txn(Txn txn) {
  auto const session = session_;
  bool const repeatable = only_reads(txn);
  EtcdCall call{"kv/txn", etcd_json::txn_request(txn), keys_of(txn), repeatable};
  auto const body = co_await session->call(std::move(call));
  if (!body) co_return fail(body.error());
  auto answer = etcd_json::txn_answer(*body, txn);
  if (!answer) co_return fail(unreadable(answer.error(), repeatable));
  session->saw(answer->header);
  co_return std::move(answer->value);
}

asio::awaitable<Result<etcd::Lease>> EtcdClient::grant(std::chrono::seconds ttl, etcd::LeaseId wanted) {
  auto const session = session_;
  EtcdCall call{"lease/grant", etcd_json::grant_request(ttl, wanted), "leases", false};
  auto const body = co_await session->call(std::move(call));
  if (!body) co_return fail(body.error());
  auto const answer = etcd_json::grant_answer(*body);
  if (!answer) co_return fail(unreadable(answer.error(), false));
  session->saw(answer->header);
  co_return answer->value;
}

asio::awaitable<Result<std::chrono::seconds>> EtcdClient::keep_alive(etcd::LeaseId lease) {
  auto const session = session_;
  EtcdCall call{"lease/keepalive", etcd_json::lease_request(lease), "leases", true};
  auto const body = co_await session->call(std::move(call));
  if (!body) co_return fail(body.error());
  auto const answer = etcd_json::keep_alive_answer(*body);
  if (!answer) co_return fail(unreadable(answer.error(), true));
  session->saw(answer->header);
  if (answer->value.count() == 0) co_return fail(ErrorKind::LeaseLost, "etcd knows no such lease: it has expired or was revoked");
  co_return answer->value;
}

asio::awaitable<Result<void>> EtcdClient::revoke(etcd::LeaseId lease) {
  auto const session = session_;
  EtcdCall call{"lease/revoke", etcd_json::lease_request(lease), "leases", false};
  auto const body = co_await session->call(std::move(call));
  if (!body) co_return fail(body.error());
  auto const answer = etcd_json::revoke_answer(*body);
  if (!answer) co_return fail(unreadable(answer.error(), false));
  session->saw(answer->header);
  co_return Result<void>{};
}

std::unique_ptr<agent::EtcdWatch> EtcdClient::watch(etcd::KeyRange keys, etcd::Revision from) {
  return std::make_unique<EtcdWatch>(session_, std::move(keys), from);
}

std::optional<Duration> EtcdClient::clock_offset() const { return session_->offset(); }
std::optional<etcd::Header> EtcdClient::header() const { return session_->header(); }

}  // namespace tykup::net
