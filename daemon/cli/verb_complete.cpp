#include <algorithm>
#include <ostream>

#include "daemon/cli/complete.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/os/config_loader.hpp"

namespace tykup::cli {
namespace {

/// None where the configuration cannot be read: it is somebody else's business to say so.
std::vector<std::string> components_of(std::string const& file) {
  std::vector<std::string> names;
  auto const config = load_config({file, file + ".d"});
  if (!config) return names;
  for (auto const& component : config->components) names.push_back(component.name);
  return names;
}

std::string config_named_in(std::vector<std::string> const& words, std::string const& otherwise) {
  auto const at = std::ranges::find(words, "--config");
  return at == words.end() || at + 1 == words.end() ? otherwise : *(at + 1);
}

}  // namespace

ExitCode complete_words(World& world, verb::Complete const& asked) {
  auto const found = complete(vocabulary(), asked.words, components_of(config_named_in(asked.words, world.config_file)));
  for (auto const& [word, help] : found.words) world.screen.out << word << '\t' << help << '\n';
  if (found.files) world.screen.out << ":files\n";
  return ExitCode::Fine;
}

}  // namespace tykup::cli
