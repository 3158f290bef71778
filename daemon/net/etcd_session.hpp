#pragma once

#include <map>

#include "daemon/net/etcd_client.hpp"
#include "daemon/net/etcd_verdict.hpp"

namespace tykup::net {

/// One request as the gateway has it.
struct EtcdCall {
  std::string path = {};  ///< "kv/txn"
  std::string body = {};
  std::string keys = {};    ///< for the operator
  bool repeatable = false;  ///< where its answer is lost another endpoint may be asked
  bool is_password = false;  ///< it takes as long as etcd's check of one
};

/// The answer to a call that etcd took, or what is to be made of it.
struct EtcdReply {
  EtcdVerdict verdict = {};
  std::string body = {};
};

/// The lines of an answer that goes on.
class EtcdStream {
 public:
  explicit EtcdStream(boost::asio::any_io_executor const& executor) : connection(executor) {}
  struct Line {
    std::string text = {};
    std::string problem = {};  ///< there is none, nor will be
  };
  /// The next line; the budget is for silence.
  [[nodiscard]] boost::asio::awaitable<Line> next(std::chrono::steady_clock::duration silence);

  HttpConnection connection;

 private:
  std::string heard_ = {};
};

/// What the calls and watches of one client share: endpoints, connections, the token, what was seen of etcd last.
class EtcdSession {
 public:
  explicit EtcdSession(EtcdOptions options);

  /// A body that etcd answered with 200.
  [[nodiscard]] boost::asio::awaitable<Result<std::string>> call(EtcdCall call);
  /// A stream whose first line is that of a watch that was taken; a verdict says why there is none. `stream` is the one that
  /// is being opened, for whoever wants to close it.
  [[nodiscard]] boost::asio::awaitable<EtcdVerdict> open_watch(EtcdCall call, std::unique_ptr<EtcdStream>& stream, std::size_t& endpoint);
  /// The watch's endpoint is not to be asked next.
  void failed(std::size_t endpoint, std::string why);
  void saw(etcd::Header const& header) { header_ = header; }
  [[nodiscard]] EtcdAsked asked(std::size_t endpoint, std::string keys) const;

  [[nodiscard]] EtcdOptions const& options() const { return options_; }
  [[nodiscard]] std::optional<etcd::Header> const& header() const { return header_; }
  [[nodiscard]] std::optional<Duration> const& offset() const { return offset_; }

 private:
  using Connection = std::unique_ptr<HttpConnection>;

  boost::asio::awaitable<EtcdReply> ask(std::size_t endpoint, EtcdCall const& call);
  boost::asio::awaitable<EtcdReply> ask_with_token(std::size_t endpoint, EtcdCall const& call);
  boost::asio::awaitable<EtcdReply> post(std::size_t endpoint, EtcdCall const& call);
  boost::asio::awaitable<EtcdVerdict> begin_watch(std::size_t endpoint, EtcdCall const& call, std::unique_ptr<EtcdStream>& stream);
  boost::asio::awaitable<EtcdVerdict> take_watch(std::size_t endpoint, EtcdCall const& call, std::unique_ptr<EtcdStream>& stream);
  boost::asio::awaitable<EtcdVerdict> ensure_token(std::size_t endpoint);
  boost::asio::awaitable<EtcdVerdict> renew_token(std::size_t endpoint, std::string stale);
  boost::asio::awaitable<EtcdVerdict> authenticate(std::size_t endpoint);
  [[nodiscard]] HttpRequest request_for(EtcdCall const& call) const;
  Connection take_idle(std::size_t endpoint);
  void keep_idle(std::size_t endpoint, Connection connection);
  void note(std::size_t endpoint, EtcdVerdict const& verdict);
  void compare_clocks(std::string const& date, Instant asked_at);
  [[nodiscard]] Error nobody() const;

  EtcdOptions options_;
  EtcdEndpoints endpoints_;
  std::map<std::size_t, std::vector<Connection>> idle_ = {};
  std::string token_ = {};
  bool knows_no_users_ = false;
  std::optional<etcd::Header> header_ = {};
  std::optional<Duration> offset_ = {};
};

}  // namespace tykup::net
