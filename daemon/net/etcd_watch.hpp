#pragma once

#include "daemon/net/etcd_session.hpp"

namespace tykup::net {

/// "/tykup/1/x" or "what begins with /tykup/1/x" or "/a to /b", for the operator.
[[nodiscard]] std::string name_of_keys(etcd::KeyRange const& keys);

class EtcdWatch final : public agent::EtcdWatch {
 public:
  EtcdWatch(std::shared_ptr<EtcdSession> session, etcd::KeyRange keys, etcd::Revision from)
      : session_(std::move(session)), keys_(std::move(keys)), from_(from) {}

  boost::asio::awaitable<etcd::WatchNews> next() override;
  void close() override;

 private:
  boost::asio::awaitable<void> open();
  /// What one line tells; nothing where it is for us alone.
  std::optional<etcd::WatchNews> told(std::string const& line);
  void end(etcd::WatchEnd::Reason reason, Error error);
  void end_as(EtcdVerdict verdict);

  std::shared_ptr<EtcdSession> session_;
  etcd::KeyRange keys_;
  etcd::Revision from_;
  std::unique_ptr<EtcdStream> stream_ = {};
  std::size_t endpoint_ = 0;
  bool open_ = false;
  std::optional<etcd::WatchEnd> end_ = {};
};

}  // namespace tykup::net
