#include "daemon/cli/vocabulary.hpp"

#include <CLI/CLI.hpp>
#include <utility>

namespace tykup::cli {
namespace {

bool has_value(CLI::Option const& option) { return option.get_items_expected_max() > 0; }

bool may_repeat(CLI::Option const& option) {
  return has_value(option) && option.get_expected_max() > 1;
}

Takes taken_by(CLI::Option const& option) {
  auto const& type = option.get_type_name();
  if (!has_value(option)) return Takes::Nothing;
  if (type == "FILE") return Takes::File;
  if (type == "COMPONENT=VERSION") return Takes::Step;
  if (type == "COMPONENT") return Takes::Component;
  if (type == "NAME" || option.get_name(true, false) == "component") return Takes::Component;
  return Takes::Text;
}

std::vector<std::string> typed_names(CLI::Option const& option) {
  std::vector<std::string> names;
  for (auto const& name : option.get_snames()) names.push_back("-" + name);
  for (auto const& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

}  // namespace

VerbWords words_of(CLI::App const& app) {
  VerbWords words{.name = app.get_name(), .help = app.get_description(), .options = {}};
  for (auto const* option : app.get_options()) {
    if (option->get_positional()) {
      words.operand = taken_by(*option);
      words.repeats = may_repeat(*option);
    } else {
      words.options.push_back({typed_names(*option), option->get_description(), taken_by(*option), may_repeat(*option)});
    }
  }
  for (auto const* sub : app.get_subcommands({})) words.words.push_back(words_of(*sub));
  return words;
}

VerbWords with_subscribe_options(VerbWords verb) {
  std::vector<OptionWords> const own{
      {{"--component"}, "components of the configuration; default: all of them", Takes::Component, true},
      {{"--key"}, "the repository's signing key", Takes::File},
      {{"--fingerprint"}, "the key's fingerprint, as you know it", Takes::Text},
      {{"--package-key"}, "rpm: the key that signs the packages", Takes::File},
      {{"--package-fingerprint"}, "rpm: the fingerprint of that key", Takes::Text},
      {{"--without-metadata-signature"}, "rpm: do without the signature of the metadata"},
      {{"--replace"}, "replace an entry for the same repository; it is kept as FILE.save"},
      {{"--json"}, "print JSON, for programs"},
      {{"--config"}, "another configuration file", Takes::File}};
  verb.options.insert(verb.options.end(), own.begin(), own.end());
  verb.operand = Takes::Component;
  verb.repeats = true;
  return verb;
}

}  // namespace tykup::cli
