// Asks one URL of this machine again and again and prints a line for each request:
//   BEGIN END CODE VERSION
// instants of the monotonic clock in microseconds, the HTTP code (0: no whole answer), the version in the body or "-".
// Usage: prober PORT PATH INTERVAL_US; ends on SIGTERM or when its output is gone.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace {

long long now_us() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1'000'000LL + at.tv_nsec / 1'000;
}

void sleep_until(long long at) {
  timespec const when{at / 1'000'000, at % 1'000'000 * 1'000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr);
}

class Socket {
 public:
  Socket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    timeval const limit{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  ~Socket() { ::close(fd_); }
  Socket(Socket const&) = delete;
  Socket& operator=(Socket const&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

/// The whole answer, or nothing where the connection was refused, broken or silent for a second.
std::string ask(int port, std::string const& request) {
  Socket const socket;
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket.fd(), reinterpret_cast<sockaddr const*>(&where), sizeof where) != 0) return {};
  if (send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
  std::string answer;
  char part[4096];
  ssize_t size = 0;
  while ((size = recv(socket.fd(), part, sizeof part, 0)) > 0) answer.append(part, static_cast<std::size_t>(size));
  return size == 0 ? answer : std::string{};
}

int code_of(std::string const& answer) {
  auto const space = answer.find(' ');
  return answer.rfind("HTTP/1.", 0) == 0 && space != std::string::npos ? std::atoi(answer.c_str() + space) : 0;
}

std::string version_of(std::string const& answer) {
  std::string const key = "\"version\":\"";
  auto const at = answer.find(key);
  if (at == std::string::npos) return "-";
  auto const from = at + key.size();
  return answer.substr(from, answer.find('"', from) - from);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fputs("usage: prober PORT PATH INTERVAL_US\n", stderr), 2;
  int const port = std::atoi(argv[1]);
  std::string const request = std::string("GET /") + argv[2] + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  long long const interval = std::atoll(argv[3]);
  setvbuf(stdout, nullptr, _IOLBF, 0);
  for (long long next = now_us();; next = std::max(next + interval, now_us())) {
    sleep_until(next);
    auto const begin = now_us();
    auto const answer = ask(port, request);
    auto const end = now_us();
    if (std::printf("%lld %lld %d %s\n", begin, end, code_of(answer), version_of(answer).c_str()) < 0) return 1;
  }
}
