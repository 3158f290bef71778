#include "pkg/executor/connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

namespace tykup::executor {
namespace {

using Clock = std::chrono::steady_clock;

/// False when the deadline has passed.
bool wait_for(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd wanted{fd, events, 0};
    int const ready = poll(&wanted, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

Result<Peer> Connection::peer() const {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(fd_.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
    return fail(ErrorKind::NotAllowed, "the executor is started by its socket, tykup-executor.socket, and by nothing else");
  return Peer{credentials.uid, credentials.pid};
}

Result<std::string> Connection::read_line(Duration limit, std::size_t most) {
  auto const deadline = Clock::now() + limit;
  std::string line;
  std::array<char, 16384> buffer{};
  for (;;) {
    if (!wait_for(fd_.get(), POLLIN, deadline))
      return fail(ErrorKind::BadRequest, "no whole request within " + to_human(limit));
    auto const got = recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return fail(ErrorKind::BadRequest, "the connection ended before a whole request was sent");
    line.append(buffer.data(), static_cast<std::size_t>(got));
    auto const end = line.find('\n');
    if (std::min(end, line.size()) > most)
      return fail(ErrorKind::BadRequest, "a request is at most " + std::to_string(most) + " bytes");
    if (end == std::string::npos) continue;
    if (end + 1 != line.size()) return fail(ErrorKind::BadRequest, "one request a connection, and nothing after it");
    line.pop_back();
    return line;
  }
}

void Connection::try_send(std::string const& line) {
  if (pending_.empty()) pending_ = line + "\n";
  auto const sent = ::send(fd_.get(), pending_.data(), pending_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) pending_.erase(0, static_cast<std::size_t>(sent));
}

void Connection::send(std::string const& line, Duration limit) {
  auto const deadline = Clock::now() + limit;
  pending_ += line + "\n";
  while (!pending_.empty()) {
    auto const sent = ::send(fd_.get(), pending_.data(), pending_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      pending_.erase(0, static_cast<std::size_t>(sent));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return;
    if (!wait_for(fd_.get(), POLLOUT, deadline)) return;
  }
}

}  // namespace tykup::executor
