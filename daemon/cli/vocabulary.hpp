#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tykup::cli {

/// What follows an option, or a verb.
enum class Takes { Nothing, Text, Component, Step, File };

struct OptionWords {
  std::vector<std::string> names;  ///< as they are typed: "-n", "--limit"
  std::string help;
  Takes takes = Takes::Nothing;
  bool repeats = false;
};

struct VerbWords {
  std::string name;
  std::string help;
  std::vector<OptionWords> options;
  Takes operand = Takes::Nothing;
  bool repeats = false;  ///< its operand
  std::vector<VerbWords> words = {};  ///< of a verb that has verbs of its own
};

/// Every word of the command line, as the parser itself has them.
struct Vocabulary {
  VerbWords command;
  std::vector<VerbWords> verbs;
};

/// The words of one parser.
[[nodiscard]] VerbWords words_of(CLI::App const& app);
/// The options of `subscribe`, which a program of its own reads.
[[nodiscard]] VerbWords with_subscribe_options(VerbWords verb);

}  // namespace tykup::cli
