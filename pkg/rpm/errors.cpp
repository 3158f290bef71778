#include "pkg/rpm/errors.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace tykup::pkg::rpm {
namespace {

struct Sign {
  std::string_view words;
  ErrorKind kind;
};

constexpr std::array kSigns{
    Sign{"ertificate", ErrorKind::RepositoryCertificate},
    Sign{"SSL connect error", ErrorKind::RepositoryCertificate},
    Sign{"SSL peer", ErrorKind::RepositoryCertificate},
    Sign{"CA cert", ErrorKind::RepositoryCertificate},
    Sign{"checksum", ErrorKind::HashMismatch},
    Sign{"Checksum", ErrorKind::HashMismatch},
    Sign{"Inconsistent ", ErrorKind::HashMismatch},
    Sign{"Maximum file size exceeded", ErrorKind::HashMismatch},
    Sign{"partial file", ErrorKind::HashMismatch},
    Sign{"No space left", ErrorKind::NoSpace},
    Sign{"Failed writing received data", ErrorKind::NoSpace},
};

struct Status {
  std::string_view word;
  ErrorKind kind;
};

// In the order of weight: an expired key also has a valid signature, a weak digest makes an ERRSIG.
constexpr std::array kBad{
    Status{"BADSIG", ErrorKind::HashMismatch},          Status{"REVKEYSIG", ErrorKind::RepositoryWrongKey},
    Status{"EXPKEYSIG", ErrorKind::RepositoryExpired},  Status{"EXPSIG", ErrorKind::RepositoryExpired},
    Status{"NO_PUBKEY", ErrorKind::RepositoryWrongKey}, Status{"ERRSIG", ErrorKind::KeyTooWeak},
};

std::vector<std::string> words_of(std::string const& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// By OpenPGP's numbers: MD5, SHA-1, RIPEMD-160. gpgv's own switch would also refuse keys that SHA-1 binds.
bool is_weak_digest(std::string const& number) {
  return number == "1" || number == "2" || number == "3";
}

}  // namespace

std::string drain_error(_GError*& error) {
  if (error == nullptr) return {};
  std::string words = error->message == nullptr ? "" : error->message;
  g_clear_error(&error);
  return words;
}

Error library_error(ErrorKind kind, std::string_view what, _GError*& error) {
  auto const words = drain_error(error);
  auto message = words.empty() ? std::string(what) : fmt::format("{}: {}", what, first_line(words));
  return Error{kind, std::move(message), words};
}

std::string without_users(std::string text) {
  for (auto at = text.find("://"); at != std::string::npos; at = text.find("://", at)) {
    at += 3;
    auto const end = std::min(text.find_first_of("/ \t\n", at), text.size());
    auto const user = text.rfind('@', end);
    if (user != std::string::npos && user >= at && user < end) text.erase(at, user + 1 - at);
  }
  return text;
}

ErrorKind classify_fetch(std::string_view words) {
  for (auto const& sign : kSigns) {
    if (words.find(sign.words) != std::string_view::npos) return sign.kind;
  }
  return ErrorKind::RepositoryUnreachable;
}

SignatureVerdict verdict_in(std::string_view status_lines) {
  SignatureVerdict verdict;
  std::size_t good = 0;
  std::size_t weight = kBad.size();
  std::istringstream stream{std::string(status_lines)};
  for (std::string line; std::getline(stream, line);) {
    auto const words = words_of(line);
    if (words.size() < 2 || words[0] != "[GNUPG:]") continue;
    // The last word of VALIDSIG is the primary key's fingerprint; the signature may be a subkey's.
    if (words[1] == "VALIDSIG" && words.size() > 11) {
      if (is_weak_digest(words[9])) {
        verdict.kind = ErrorKind::KeyTooWeak;
        continue;
      }
      ++good;
      verdict.signer = words.back();
    }
    for (std::size_t at = 0; at < weight; ++at) {
      if (words[1] == kBad[at].word) weight = at;
    }
  }
  // One good signature is enough beside one by a key that is not ours: publishers sign twice while they change keys.
  auto const foreign = weight < kBad.size() && kBad[weight].word == "NO_PUBKEY";
  verdict.good = good > 0 && (weight == kBad.size() || foreign);
  if (!verdict.good && weight < kBad.size()) verdict.kind = kBad[weight].kind;
  return verdict;
}

}  // namespace tykup::pkg::rpm
