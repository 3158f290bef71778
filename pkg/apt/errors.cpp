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

}  // namespace tykup::pkg::apt
