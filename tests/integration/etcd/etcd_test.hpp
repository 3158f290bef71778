#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "tests/fakes/await_on.hpp"
#include "tests/fakes/etcd_words.hpp"
#include "tests/fakes/scripted_server.hpp"
#include "tests/integration/etcd/real_etcd.hpp"

namespace tykup::net {

/// A loop, a folder, and what is asked of a client in these tests.
class EtcdTest : public testing::Test {
 protected:
  template <typename T>
  T on(boost::asio::awaitable<T> work) {
    return fakes::await_on(loop_, std::move(work));
  }
  std::string file(std::string const& name, std::string const& text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  Result<etcd::TxnDone> put(EtcdClient& client, std::string key, std::string value) {
    return on(client.txn(fakes::etcd_words::when({}, {fakes::etcd_words::put(std::move(key), std::move(value))})));
  }
  Result<etcd::TxnDone> get(EtcdClient& client, std::string key) {
    return on(client.txn(fakes::etcd_words::when({}, {fakes::etcd_words::get(std::move(key))})));
  }
  static std::string local(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }
  /// Kind and sentence, or "done".
  template <typename T>
  static std::string said(Result<T> const& result) {
    return result ? "done" : std::string(to_string(result.error().kind)) + ": " + result.error().message;
  }

  boost::asio::io_context loop_;
  fakes::TemporaryFolder folder_;
};

}  // namespace tykup::net
