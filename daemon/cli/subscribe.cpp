#include "daemon/cli/subscribe.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace tykup::cli {

Notice become_subscribe(verb::Subscribe const& asked, std::string const& program) {
  bool const help = std::ranges::find(asked.arguments, "--help") != asked.arguments.end();
  if (!help && ::geteuid() != 0) {
    return {ExitCode::Denied,
            "tykup: subscribe writes package sources and keys and must be run by root: sudo tykup subscribe ...\n"};
  }
  std::vector<std::string> words{program};
  words.insert(words.end(), asked.arguments.begin(), asked.arguments.end());
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  return {ExitCode::Failed, fmt::format("tykup: {} cannot be started: {}. Is the package installed completely?\n",
                                        program, std::strerror(errno))};
}

}  // namespace tykup::cli
