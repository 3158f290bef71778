#include "tests/fakes/fake_etcd_port.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

namespace tykup::fakes {

namespace asio = boost::asio;
using Reason = etcd::WatchEnd::Reason;

/// What lies between a host and etcd, and the watches on it.
struct FakeEtcdPort::Line {
  bool cut = false;
  std::set<FakeEtcd::WatchId> watches = {};
};

namespace {

Error nobody_there() { return {ErrorKind::EtcdUnavailable, "etcd at http://fake:2379: connection refused"}; }

}  // namespace

void SharedEtcd::stir() {
  for (auto const id : etcd.take_ready()) {
    if (auto const found = waiting_.find(id); found != waiting_.end()) found->second->cancel();
  }
}

class FakeEtcdWatch final : public agent::EtcdWatch {
 public:
  FakeEtcdWatch(std::shared_ptr<SharedEtcd> shared, std::shared_ptr<bool const> cut, std::shared_ptr<std::set<FakeEtcd::WatchId>> ids,
                etcd::KeyRange keys, etcd::Revision from)
      : shared_(std::move(shared)), cut_(std::move(cut)), ids_(std::move(ids)), keys_(std::move(keys)), from_(from), timer_(shared_->executor_) {}
  ~FakeEtcdWatch() override { leave(); }

  asio::awaitable<etcd::WatchNews> next() override {
    boost::system::error_code woken;
    if (!id_ && !end_) begin();
    while (!end_) {
      auto news = shared_->etcd.take(*id_);
      end_ = news.end;
      if (!news.events.empty()) co_return news;
      if (end_) break;
      timer_.expires_at(std::chrono::steady_clock::time_point::max());
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    etcd::WatchNews last;
    last.end = end_;
    co_return last;
  }

  void close() override {
    if (!end_) end_.emplace();
    leave();
    timer_.cancel();
  }

 private:
  void begin() {
    if (*cut_) {
      end_.emplace();
      end_->reason = Reason::Unreachable;
      end_->error = nobody_there();
      return;
    }
    id_ = shared_->etcd.watch(keys_, from_);
    shared_->waiting_[*id_] = &timer_;
    ids_->insert(*id_);
  }
  void leave() {
    if (!id_) return;
    shared_->etcd.cancel(*id_);
    shared_->waiting_.erase(*id_);
    ids_->erase(*id_);
  }

  std::shared_ptr<SharedEtcd> shared_;
  std::shared_ptr<bool const> cut_;
  std::shared_ptr<std::set<FakeEtcd::WatchId>> ids_;
  etcd::KeyRange keys_;
  etcd::Revision from_;
  asio::steady_timer timer_;
  std::optional<FakeEtcd::WatchId> id_ = {};
  std::optional<etcd::WatchEnd> end_ = {};
};

FakeEtcdPort::FakeEtcdPort(std::shared_ptr<SharedEtcd> shared) : shared_(std::move(shared)), line_(std::make_shared<Line>()) {}
FakeEtcdPort::~FakeEtcdPort() = default;

bool FakeEtcdPort::cut_off() const { return line_->cut; }

template <typename T>
Result<T> FakeEtcdPort::answer(Result<T> done) {
  shared_->stir();
  if (loses_answers) return fail(ErrorKind::EtcdUnknown, "etcd at http://fake:2379: its answer was lost, and with it whether it was done");
  if (done) header_ = shared_->etcd.header();
  return done;
}

asio::awaitable<Result<etcd::TxnDone>> FakeEtcdPort::txn(etcd::Txn txn) {
  if (cut_off()) co_return fail(nobody_there());
  co_return answer(shared_->etcd.txn(txn));
}

asio::awaitable<Result<etcd::Lease>> FakeEtcdPort::grant(std::chrono::seconds ttl, etcd::LeaseId wanted) {
  if (cut_off()) co_return fail(nobody_there());
  co_return answer(shared_->etcd.grant(ttl, wanted));
}

asio::awaitable<Result<std::chrono::seconds>> FakeEtcdPort::keep_alive(etcd::LeaseId lease) {
  if (cut_off()) co_return fail(nobody_there());
  co_return answer(shared_->etcd.keep_alive(lease));
}

asio::awaitable<Result<void>> FakeEtcdPort::revoke(etcd::LeaseId lease) {
  if (cut_off()) co_return fail(nobody_there());
  co_return answer(shared_->etcd.revoke(lease));
}

std::unique_ptr<agent::EtcdWatch> FakeEtcdPort::watch(etcd::KeyRange keys, etcd::Revision from) {
  std::shared_ptr<bool const> cut(line_, &line_->cut);
  std::shared_ptr<std::set<FakeEtcd::WatchId>> ids(line_, &line_->watches);
  return std::make_unique<FakeEtcdWatch>(shared_, std::move(cut), std::move(ids), std::move(keys), from);
}

void FakeEtcdPort::set_unreachable(bool unreachable) {
  line_->cut = unreachable;
  if (!unreachable) return;
  for (auto const id : line_->watches) shared_->etcd.end(id, Reason::Unreachable);
  shared_->stir();
}

}  // namespace tykup::fakes
