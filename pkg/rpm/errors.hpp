#pragma once

#include <string>
#include <string_view>

#include "daemon/core/result.hpp"
#include "pkg/common/words.hpp"

struct _GError;

namespace tykup::pkg::rpm {

/// Takes an error of GLib's: its words; it is freed and the pointer is null. Empty where there is none.
std::string drain_error(_GError*& error);

/// An error of libdnf or librepo: `what` (a sentence without an end) and the first of its words, the rest in the detail.
Error library_error(ErrorKind kind, std::string_view what, _GError*& error);

/// The text with every "NAME:PASSWORD@" taken out of the URLs in it: for messages and details.
std::string without_users(std::string text);

/// Which kind of the closed list the words of librepo and curl mean. RepositoryUnreachable where nothing else fits.
ErrorKind classify_fetch(std::string_view words);

/// What gpgv's status lines say against a signature; nothing: it is a good one. `RepositoryWrongKey`, `RepositoryExpired`,
/// `KeyTooWeak`, `HashMismatch` or, where there was no signature at all, `RepositoryUnsigned`.
struct SignatureVerdict {
  bool good = false;
  ErrorKind kind = ErrorKind::RepositoryUnsigned;
  std::string signer = {};  ///< fingerprint of the primary key, upper-case hex, where the signature is good
};
SignatureVerdict verdict_in(std::string_view status_lines);

}  // namespace tykup::pkg::rpm
