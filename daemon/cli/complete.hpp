#pragma once

#include <string>
#include <vector>

#include "daemon/cli/vocabulary.hpp"

namespace tykup::cli {

struct Candidate {
  std::string word;
  std::string help;
  bool operator==(Candidate const&) const = default;
};

/// What a shell may put in the place of the word that is being typed.
struct Completion {
  std::vector<Candidate> words;
  bool files = false;  ///< names of files, which the shell knows
};

/// `words` are those behind `tykup`; the last is the one that is being typed, and may be empty.
[[nodiscard]] Completion complete(Vocabulary const& known, std::vector<std::string> const& words,
                                  std::vector<std::string> const& components);

}  // namespace tykup::cli
