#include "daemon/agent/fleet_desk.hpp"

#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "daemon/wire/fleet_status_json.hpp"
#include "daemon/wire/fleet_steer.hpp"
#include "daemon/wire/json_basics.hpp"

namespace tykup::agent {
namespace {

constexpr int kMostTries = 5;

std::string defect_of(std::exception_ptr const& problem) {
  try {
    std::rethrow_exception(problem);
  } catch (std::exception const& e) {
    return std::string{"a defect of tykupd: "} + e.what();
  }
}

bool begins(fleet::Change const& change) {
  return std::holds_alternative<fleet::change::Begin>(change) || std::holds_alternative<fleet::change::Prepare>(change);
}

}  // namespace

FleetDesk::FleetDesk(boost::asio::any_io_executor executor, Etcd& etcd, std::string cluster, std::string host, std::function<Instant()> now, Digest digest)
    : executor_(std::move(executor)), etcd_(etcd), cluster_(std::move(cluster)), host_(std::move(host)), now_(std::move(now)), digest_(std::move(digest)) {}

void FleetDesk::spawn(Awaitable<Result<std::string>> work, Answered answered) {
  boost::asio::co_spawn(executor_, std::move(work), [answered = std::move(answered)](std::exception_ptr problem, Result<std::string> text) {
    answered(problem ? fail(ErrorKind::Internal, defect_of(problem)) : std::move(text));
  });
}

void FleetDesk::fleet_json(Answered answered) { spawn(show(), std::move(answered)); }

void FleetDesk::plan_fleet(Caller const& caller, std::string const& word, Answered answered) {
  auto said = wire::parse_said(word);
  if (!said) return answered(fail(said.error()));
  spawn(plan(name_of(caller), std::move(*said)), std::move(answered));
}

void FleetDesk::steer_fleet(Caller const& caller, std::string const& word, Answered answered) {
  auto said = wire::parse_said(word);
  if (!said) return answered(fail(said.error()));
  spawn(steer(name_of(caller), std::move(*said)), std::move(answered));
}

std::string FleetDesk::name_of(Caller const& caller) const { return caller.name + "@" + host_; }

fleet::Beginning FleetDesk::beginning(std::string const& by, wire::Said const& said) const {
  auto const now = now_();
  return {fleet::rollout_id(now), fleet::Word{by, said.why, now}};
}

FleetDesk::Awaitable<Result<fleet::Board>> FleetDesk::read() {
  fleet::Keys const keys(cluster_);
  etcd::Txn txn = wire::board_txn(keys);
  Result<etcd::TxnDone> done = co_await etcd_.txn(std::move(txn));
  Result<fleet::Board> board = done ? wire::board_of(cluster_, *done) : Result<fleet::Board>{fail(done.error())};
  co_return board;
}

FleetDesk::Awaitable<Result<std::string>> FleetDesk::show() {
  Result<fleet::Board> board = co_await read();
  Result<std::string> text = board ? Result<std::string>{wire::to_line(wire::fleet_json(*board, now_()))} : Result<std::string>{fail(board.error())};
  co_return text;
}

FleetDesk::Awaitable<Result<std::string>> FleetDesk::plan(std::string by, wire::Said said) {
  Result<fleet::Board> board = co_await read();
  Result<std::string> text = std::string{};
  if (!board) {
    text = fail(board.error());
    co_return text;
  }
  std::optional<fleet::Schedule> refused;
  auto const steered = fleet::steer(*board, said.saying, beginning(by, said), digest_, &refused);
  auto const verb = fleet::name_of(said.saying);
  text = wire::to_line(steered ? wire::fleet_change_json(verb, *steered) : wire::fleet_refusal_json(verb, steered.error(), refused));
  co_return text;
}

/// Whether etcd took it.
FleetDesk::Awaitable<Result<bool>> FleetDesk::make(fleet::Board board, fleet::Change change) {
  Result<bool> taken = true;
  auto txn = wire::txn_of(board, change, now_());
  if (!txn) co_return taken;
  etcd::Txn own = std::move(*txn);
  Result<etcd::TxnDone> done = co_await etcd_.txn(std::move(own));
  if (done) taken = done->succeeded;
  else taken = fail(done.error());
  co_return taken;
}

/// What is in the way of one batch is in the way of none: who changed meanwhile has seen to its own keys.
FleetDesk::Awaitable<Result<void>> FleetDesk::prepare() {
  Result<void> prepared;
  Result<fleet::Board> board = co_await read();
  if (!board) {
    prepared = fail(board.error());
    co_return prepared;
  }
  for (auto& txn : wire::preparation_of(*board)) {
    etcd::Txn own = std::move(txn);
    Result<etcd::TxnDone> done = co_await etcd_.txn(std::move(own));
    if (!done) prepared = fail(with_context(done.error(), "the rollout is not prepared to its end; tykup fleet start finishes it"));
    if (!done) break;
  }
  co_return prepared;
}

FleetDesk::Awaitable<Result<std::string>> FleetDesk::steer(std::string by, wire::Said said) {
  Result<std::string> text = fail(ErrorKind::Busy, "the fleet's records change faster than they can be judged; say it again");
  for (int tries = 0; tries < kMostTries; ++tries) {
    Result<fleet::Board> board = co_await read();
    Result<fleet::Steered> steered = board ? fleet::steer(*board, said.saying, beginning(by, said), digest_) : Result<fleet::Steered>{fail(board.error())};
    if (!steered) {
      text = fail(steered.error());
      break;
    }
    Result<bool> taken = co_await make(*board, steered->change);
    if (taken && !*taken) continue;
    Result<void> prepared;
    if (taken && begins(steered->change)) prepared = co_await prepare();
    if (!taken) text = fail(with_context(taken.error(), "tykup fleet status tells whether it was done"));
    else if (!prepared) text = fail(prepared.error());
    else text = wire::to_line(wire::fleet_change_json(fleet::name_of(said.saying), *steered));
    break;
  }
  co_return text;
}

}  // namespace tykup::agent
