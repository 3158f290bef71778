#include "server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <thread>

namespace standin {
namespace {

/// One connection, plain or TLS.
class Connection {
 public:
  Connection(int socket, SSL_CTX* tls) : socket_(socket) {
    if (tls == nullptr) return;
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, socket_);
    good_ = SSL_accept(ssl_) == 1;
  }
  ~Connection() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    ::close(socket_);
  }
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;

  [[nodiscard]] std::string read_head() {
    std::string head;
    char part[2048];
    while (good_ && head.find("\r\n\r\n") == std::string::npos && head.size() < 65536) {
      auto const n = ssl_ != nullptr ? SSL_read(ssl_, part, sizeof part) : static_cast<int>(::read(socket_, part, sizeof part));
      if (n <= 0) return {};
      head.append(part, static_cast<std::size_t>(n));
    }
    return head;
  }
  void write(std::string const& text) {
    if (ssl_ != nullptr) {
      SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
      SSL_shutdown(ssl_);
    } else {
      ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    }
  }

 private:
  int socket_;
  SSL* ssl_ = nullptr;
  bool good_ = true;
};

std::string as_text(Answer const& a) {
  return "HTTP/1.1 " + std::to_string(a.code) + " -\r\nContent-Type: " + a.type +
         "\r\nContent-Length: " + std::to_string(a.body.size()) + "\r\nConnection: close\r\n\r\n" + a.body;
}

/// "GET /hello?x HTTP/1.1" → "hello"; empty method where the line is no request.
std::pair<std::string, std::string> request_of(std::string const& head) {
  auto const first = head.find(' ');
  auto const second = head.find(' ', first + 1);
  if (first == std::string::npos || second == std::string::npos) return {};
  auto path = head.substr(first + 1, second - first - 1);
  path = path.substr(0, path.find('?'));
  return {head.substr(0, first), path.empty() ? path : path.substr(1)};
}

void converse(int socket, SSL_CTX* tls, std::function<Answer(std::string const&)> const& ask) {
  Connection connection(socket, tls);
  auto const [method, path] = request_of(connection.read_head());
  if (method.empty()) return;
  if (method != "GET") return connection.write(as_text({405, "text/plain", "Method Not Allowed\n", false}));
  auto const said = ask(path);
  if (said.silence) ::pause();
  connection.write(as_text(said));
}

[[noreturn]] void give_up(Self const& self, std::string const& why) {
  log(self, "fatal", why);
  std::exit(1);
}

int listen_at(Self const& self, Settings const& s) {
  int const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int const on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(s.port));
  if (::inet_pton(AF_INET, s.address.c_str(), &where.sin_addr) != 1) give_up(self, "bad listen address " + s.address);
  if (::bind(socket, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0 || ::listen(socket, 512) != 0)
    give_up(self, "listen tcp :" + std::to_string(s.port) + ": bind: address already in use");
  return socket;
}

SSL_CTX* tls_of(Self const& self, Settings const& s) {
  if (!s.tls) return nullptr;
  SSL_CTX* const tls = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(tls, s.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls, s.key.c_str(), SSL_FILETYPE_PEM) != 1)
    give_up(self, "could not load the certificate " + s.certificate);
  return tls;
}

}  // namespace

void serve(Self const& self, Settings const& settings, std::function<Answer(std::string const&)> ask) {
  SSL_CTX* const tls = tls_of(self, settings);
  int const listener = listen_at(self, settings);
  for (;;) {
    int const socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket >= 0) std::thread(converse, socket, tls, std::cref(ask)).detach();
  }
}

}  // namespace standin
