#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/net/target.hpp"

namespace tykup::net {

/// Largest header and, unless a request says otherwise, largest body that are read.
inline constexpr std::size_t kLargestHeader = 16 * 1024;
inline constexpr std::size_t kLargestBody = 256 * 1024;

/// Whether a server must prove its name by a certificate that this host trusts.
enum class ServerProof { NotAsked, Demanded };

/// By what both ends of a TLS connection prove who they are.
struct Trust {
  ServerProof proof = ServerProof::Demanded;
  std::string ca_file = {};    ///< trusted instead of this host's own store; empty: that one
  std::string cert_file = {};  ///< what this host shows, with its chain; empty: nothing
  std::string key_file = {};
};

/// The time that something has, from now on.
struct Budget {
  explicit Budget(std::chrono::steady_clock::duration given) : limit(given), deadline(std::chrono::steady_clock::now() + given) {}
  /// "no answer in 5 s"
  [[nodiscard]] std::string overdue() const;

  std::chrono::steady_clock::duration limit;
  std::chrono::steady_clock::time_point deadline;
};

struct HttpRequest {
  bool post = false;
  std::string path = {};  ///< empty: the target's
  std::string body = {};  ///< of a POST; JSON
  std::vector<std::pair<std::string, std::string>> fields = {};
  bool keeps_open = false;  ///< asks for a connection that outlives the answer
  std::size_t largest_body = kLargestBody;
};

/// What came back, or in one clause why nothing did ("connection refused", "no answer in 5 s", "not HTTP").
struct HttpReply {
  int status = 0;  ///< 0: no whole answer
  std::string body = {};
  std::string problem = {};
  std::string date = {};  ///< the server's own
  bool asked = false;     ///< the server may have got the request
};

/// One HTTP/1.1 connection to one server, without redirects. Nothing here throws or fails: what went wrong is a clause.
class HttpConnection {
 public:
  explicit HttpConnection(boost::asio::any_io_executor executor);
  ~HttpConnection();
  HttpConnection(HttpConnection const&) = delete;
  HttpConnection& operator=(HttpConnection const&) = delete;

  /// Names, connection, TLS. Empty where that worked.
  [[nodiscard]] boost::asio::awaitable<std::string> open(Target target, Trust trust, Budget budget);
  [[nodiscard]] boost::asio::awaitable<HttpReply> ask(HttpRequest request, Budget budget);
  /// The same for an answer that goes on: with status 200 its body comes by `more`, with any other it is whole.
  [[nodiscard]] boost::asio::awaitable<HttpReply> begin(HttpRequest request, Budget budget);
  struct Piece {
    std::string bytes = {};
    std::string problem = {};
    bool end = false;  ///< the answer is over, as its server wanted it
  };
  [[nodiscard]] boost::asio::awaitable<Piece> more(Budget budget);
  /// It may be asked once more: the last answer was whole and its server has neither gone nor said anything since.
  [[nodiscard]] bool reusable();
  /// Whoever waits for it comes back.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tykup::net
