#pragma once

#include <sys/socket.h>
#include <systemd/sd-bus.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "systemd/bus/connection.hpp"

namespace tykup::fakes {

inline constexpr auto kDeadline = std::chrono::seconds{60};

/// Runs the loop until `done` holds; throws when it does not within the deadline.
inline void run_until(boost::asio::io_context& loop, std::function<bool()> const& done,
                      std::chrono::steady_clock::duration limit = kDeadline) {
  auto const end = std::chrono::steady_clock::now() + limit;
  loop.restart();
  while (!done()) {
    if (std::chrono::steady_clock::now() >= end) throw std::runtime_error("the condition did not come true in time");
    loop.run_one_until(std::min(end, std::chrono::steady_clock::now() + std::chrono::milliseconds{100}));
    if (loop.stopped()) loop.restart();
  }
}

/// Runs the loop until the coroutine has its result.
template <typename T>
T run(boost::asio::io_context& loop, bus::Awaitable<T> work) {
  std::optional<T> result;
  std::exception_ptr problem;
  boost::asio::co_spawn(loop, std::move(work), [&](std::exception_ptr thrown, T value) {
    problem = thrown;
    result.emplace(std::move(value));
  });
  run_until(loop, [&] { return result.has_value(); });
  if (problem) std::rethrow_exception(problem);
  return std::move(*result);
}

inline std::array<int, 2> socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    throw std::runtime_error("socketpair");
  }
  return ends;
}

/// The other end of a connection: plays the bus driver, systemd, polkit or a caller. Answers what it was told to; an
/// unknown method is answered as D-Bus does, a silent one not at all.
class Peer {
 public:
  using Answer = std::function<bus::Message(bus::Message& call)>;

  explicit Peer(boost::asio::io_context& loop) : loop_(loop) {}

  /// A fresh pair of ends; returns ours.
  std::shared_ptr<bus::Connection> connect() {
    auto const ends = socket_pair();
    connection_ = bus::Connection::to_peer(loop_.get_executor(), ends[0], bus::Connection::Side::Server).value();
    sd_bus_add_filter(connection_->raw(), nullptr, on_message, this);
    return bus::Connection::to_peer(loop_.get_executor(), ends[1], bus::Connection::Side::Client).value();
  }
  void hang_up() { connection_.reset(); }
  [[nodiscard]] bool connected() const { return connection_ && connection_->alive(); }

  /// "RequestName" → what is answered. A message without contents (`Message{}`) is silence.
  void on(std::string const& member, Answer answer) { answers_[member] = std::move(answer); }
  /// Members of the calls received, in order.
  std::vector<std::string> calls;
  /// Signals received, "member" and the properties that PropertiesChanged named.
  std::vector<std::map<std::string, std::string>> changes;

  /// Calls a method of org.tykup1.Manager as `sender`; further arguments are written by `write`.
  bus::Message call_as(std::string const& sender, std::string const& member,
                       std::string const& interface = "org.tykup1.Manager") {
    bus::Message call = connection_->method_call("org.tykup1", "/org/tykup1", interface, member);
    if (!sender.empty()) sd_bus_message_set_sender(call.get(), sender.c_str());
    return call;
  }
  Result<bus::Message> ask(bus::Message call) {
    auto const end = connection_;
    return run(loop_, end->call(std::move(call), std::chrono::seconds{30}));
  }
  [[nodiscard]] std::shared_ptr<bus::Connection> connection() const { return connection_; }

 private:
  static int on_message(sd_bus_message* raw, void* userdata, sd_bus_error* /*error*/) {
    auto& self = *static_cast<Peer*>(userdata);
    char const* member = sd_bus_message_get_member(raw);
    if (member == nullptr) return 0;
    bus::Message message = bus::Message::share(raw);
    if (sd_bus_message_is_signal(raw, nullptr, "PropertiesChanged") > 0) return self.note_change(message);
    if (sd_bus_message_is_method_call(raw, nullptr, nullptr) <= 0) return 0;
    self.calls.emplace_back(member);
    auto const answer = self.answers_.find(member);
    if (answer == self.answers_.end()) return 0;
    bus::Message reply = answer->second(message);
    if (reply.get() != nullptr && !self.connection_->send(reply)) throw std::runtime_error("the peer cannot answer");
    return 1;
  }
  int note_change(bus::Message& signal) {
    (void)signal.read_string();
    std::map<std::string, std::string> change;
    auto const properties = signal.read_properties().value();
    for (auto const& [name, value] : properties) change[name] = std::get<std::string>(value);
    changes.push_back(std::move(change));
    return 1;
  }

  boost::asio::io_context& loop_;
  std::shared_ptr<bus::Connection> connection_;
  std::map<std::string, Answer> answers_;
};

}  // namespace tykup::fakes
