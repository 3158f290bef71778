#include "pkg/common/words.hpp"

namespace tykup::pkg {

std::string first_line(std::string_view text) {
  auto const line = text.substr(0, text.find('\n'));
  constexpr std::size_t kFits = 300;
  return line.size() <= kFits ? std::string(line) : std::string(line.substr(0, kFits)) + "…";
}

std::string_view said_of_repository(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::KeyTooWeak:
      return "is signed with a key or digest too weak for this host's crypto policy; ask the publisher for a newer key";
    case ErrorKind::RepositoryWrongKey:
      return "is signed by a key that its source entry does not name; check the key with the publisher, then subscribe "
             "again with its fingerprint";
    case ErrorKind::RepositoryUnsigned: return "is not signed; it is not used until its publisher signs it again";
    case ErrorKind::RepositoryExpired:
      return "has expired metadata or an expired key; the publisher must renew it, unless this host's clock is wrong";
    case ErrorKind::RepositoryStale:
      return "serves metadata older than what was seen before; a mirror or proxy holds an old copy";
    case ErrorKind::HashMismatch:
      return "serves bytes that differ from what was signed; a proxy changed them or it is being published just now";
    case ErrorKind::RepositoryCertificate:
      return "has a TLS certificate that this host does not trust; check the server and this host's CA certificates";
    case ErrorKind::NotAllowed:
      return "changed its origin or suite; if that is meant, accept it with apt update --allow-releaseinfo-change";
    case ErrorKind::NoSpace: return "cannot be fetched for want of space; make room on this host";
    default: return "cannot be reached; check network, proxy and name resolution";
  }
}

std::string said_of_repository(ErrorKind kind, std::string_view words) {
  auto const stall = words.find("no byte of ");
  if (kind != ErrorKind::RepositoryUnreachable || stall == std::string_view::npos) return std::string(said_of_repository(kind));
  return "stands still: " + first_line(words.substr(stall)) + "; check the server, the network and the proxy";
}

}  // namespace tykup::pkg
