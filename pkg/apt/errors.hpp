#pragma once

#include <string>
#include <string_view>

#include "daemon/core/result.hpp"
#include "pkg/common/words.hpp"

namespace tykup::pkg::apt {

/// Takes everything off libapt-pkg's global error stack, one message a line, errors before warnings.
std::string drain_errors();

/// An error of the library: `what` (a sentence without an end) and the first of its words, the rest in the detail.
Error library_error(ErrorKind kind, std::string_view what);

/// Which kind of the closed list the words of apt's acquire methods mean. RepositoryUnreachable where nothing else fits.
ErrorKind classify_fetch(std::string_view words);

}  // namespace tykup::pkg::apt
