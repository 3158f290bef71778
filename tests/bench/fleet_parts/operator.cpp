#include "tests/bench/fleet_parts/operator.hpp"

#include "daemon/os/digest.hpp"
#include "daemon/wire/fleet_saying.hpp"

namespace tykup::bench {

namespace asio = boost::asio;

asio::awaitable<Result<etcd::TxnDone>> Operator::Counted::txn(etcd::Txn txn) {
  ++calls;
  return etcd_.txn(std::move(txn));
}
asio::awaitable<Result<etcd::Lease>> Operator::Counted::grant(std::chrono::seconds ttl, etcd::LeaseId wanted) {
  ++calls;
  return etcd_.grant(ttl, wanted);
}
asio::awaitable<Result<std::chrono::seconds>> Operator::Counted::keep_alive(etcd::LeaseId lease) {
  ++calls;
  return etcd_.keep_alive(lease);
}
asio::awaitable<Result<void>> Operator::Counted::revoke(etcd::LeaseId lease) {
  ++calls;
  return etcd_.revoke(lease);
}
std::unique_ptr<agent::EtcdWatch> Operator::Counted::watch(etcd::KeyRange keys, etcd::Revision from) {
  ++calls;
  return etcd_.watch(std::move(keys), from);
}

Operator::Operator(asio::io_context& loop, net::EtcdOptions options, agent::Clock& clock)
    : etcd_(std::move(options)), desk_(loop.get_executor(), etcd_, "bench", "operator", [&clock] { return clock.now(); }, os::sha256_hex) {}

void Operator::say(fleet::Saying saying) {
  heard_.reset();
  desk_.steer_fleet({0, "root"}, wire::said_text({std::move(saying), "bench"}), answered());
}

void Operator::look() {
  heard_.reset();
  desk_.fleet_json(answered());
}

agent::Answered Operator::answered() {
  return [this](Result<std::string> text) { heard_ = std::move(text); };
}

}  // namespace tykup::bench
