#include "pkg/apt/errors.hpp"

#include <apt-pkg/error.h>
#include <fmt/format.h>

#include <array>
#include <utility>

namespace tykup::pkg::apt {
namespace {

struct Sign {
  std::string_view words;
  ErrorKind kind;
};

// In the order of trust: a wrong key also makes apt say "is not signed", and a refused digest makes it say "invalid".
constexpr std::array kSigns{
    Sign{"weak digest", ErrorKind::KeyTooWeak},
    Sign{"not considered secure", ErrorKind::KeyTooWeak},
    Sign{"Policy rejected", ErrorKind::KeyTooWeak},
    Sign{"is not bound", ErrorKind::KeyTooWeak},
    Sign{"only weak security information", ErrorKind::KeyTooWeak},
    Sign{"NO_PUBKEY", ErrorKind::RepositoryWrongKey},
    Sign{"Missing key", ErrorKind::RepositoryWrongKey},
    Sign{"REVKEYSIG", ErrorKind::RepositoryWrongKey},
    Sign{"EXPKEYSIG", ErrorKind::RepositoryExpired},
    Sign{"EXPSIG", ErrorKind::RepositoryExpired},
    Sign{"BADSIG", ErrorKind::HashMismatch},
    Sign{"Bad signature", ErrorKind::HashMismatch},
    // A bare fingerprint, without a word why: its digest is refused.
    Sign{"signatures were invalid", ErrorKind::KeyTooWeak},
    Sign{"is expired (invalid since", ErrorKind::RepositoryExpired},
    Sign{"is not valid yet", ErrorKind::RepositoryExpired},
    Sign{"Hash Sum mismatch", ErrorKind::HashMismatch},
    Sign{"unexpected size", ErrorKind::HashMismatch},
    Sign{"Size mismatch", ErrorKind::HashMismatch},
    Sign{"Insufficient information available", ErrorKind::HashMismatch},
    Sign{"ertificate", ErrorKind::RepositoryCertificate},
    Sign{"SSL connection failed", ErrorKind::RepositoryCertificate},
    Sign{"Could not handshake", ErrorKind::RepositoryCertificate},
    Sign{"must be accepted explicitly", ErrorKind::NotAllowed},
    Sign{"value from '", ErrorKind::NotAllowed},
    Sign{"No space left", ErrorKind::NoSpace},
    Sign{"Could not connect", ErrorKind::RepositoryUnreachable},
    Sign{"Temporary failure resolving", ErrorKind::RepositoryUnreachable},
    Sign{"Could not resolve", ErrorKind::RepositoryUnreachable},
    Sign{"imed out", ErrorKind::RepositoryUnreachable},
    Sign{"does not have a Release file", ErrorKind::RepositoryUnreachable},
    Sign{"no longer has a Release file", ErrorKind::RepositoryUnreachable},
    Sign{"NOSPLIT", ErrorKind::RepositoryUnsigned},
    Sign{"NODATA", ErrorKind::RepositoryUnsigned},
    Sign{"not signed", ErrorKind::RepositoryUnsigned},
    Sign{"no longer signed", ErrorKind::RepositoryUnsigned},
    Sign{"signature verification failed", ErrorKind::RepositoryWrongKey},
};

}  // namespace

std::string drain_errors() {
  std::string errors;
  std::string warnings;
  while (!_error->empty()) {
    std::string text;
    auto& into = _error->PopMessage(text) ? errors : warnings;
    into += text;
    into += '\n';
  }
  return errors + warnings;
}

std::string first_line(std::string_view text) {
  auto const line = text.substr(0, text.find('\n'));
  constexpr std::size_t kFits = 300;
  return line.size() <= kFits ? std::string(line) : std::string(line.substr(0, kFits)) + "…";
}

Error library_error(ErrorKind kind, std::string_view what) {
  auto const words = drain_errors();
  auto message = words.empty() ? std::string(what) : fmt::format("{}: {}", what, first_line(words));
  return Error{kind, std::move(message), words};
}

ErrorKind classify_fetch(std::string_view words) {
  for (auto const& sign : kSigns) {
    if (words.find(sign.words) != std::string_view::npos) return sign.kind;
  }
  return ErrorKind::RepositoryUnreachable;
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

}  // namespace tykup::pkg::apt
