#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>

namespace tykup::net {

/// What lies between client and etcd: passes everything on, and can lose answers. On the test's own loop.
class Relay {
 public:
  Relay(boost::asio::io_context& loop, std::uint16_t to);
  ~Relay();
  Relay(Relay const&) = delete;
  Relay& operator=(Relay const&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] int connections() const;
  /// From now on whatever is answered ends its connection instead of arriving.
  void lose_answers(bool lose);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tykup::net
