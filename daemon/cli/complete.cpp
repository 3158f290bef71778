#include "daemon/cli/complete.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace tykup::cli {
namespace {

using Words = std::span<std::string const>;

/// What the words before the last have said of a verb.
struct Said {
  std::vector<std::string> options;
  std::vector<std::string> operands;
  OptionWords const* open = nullptr;  ///< its value comes next
};

OptionWords const* find(VerbWords const& verb, std::string const& name) {
  auto const at = std::ranges::find_if(verb.options, [&](auto const& option) { return std::ranges::count(option.names, name) > 0; });
  return at == verb.options.end() ? nullptr : &*at;
}

Said read(VerbWords const& verb, Words words) {
  Said said;
  for (auto const& word : words) {
    if (std::exchange(said.open, nullptr) != nullptr) continue;
    if (!word.starts_with('-')) {
      said.operands.push_back(word);
      continue;
    }
    said.options.push_back(word.substr(0, word.find('=')));
    auto const* const option = find(verb, word);
    if (option != nullptr && option->takes != Takes::Nothing) said.open = option;
  }
  return said;
}

class Answer {
 public:
  explicit Answer(std::string const& typed) : typed_(typed) {}

  void offer(std::string const& word, std::string const& help) {
    if (word.starts_with(typed_)) out_.words.push_back({word, help});
  }
  void offer_options(VerbWords const& verb, std::vector<std::string> const& said) {
    for (auto const& option : verb.options) {
      bool const done = std::ranges::any_of(option.names, [&](auto const& name) { return std::ranges::count(said, name) > 0; });
      if (!done || option.repeats) offer(option.names.back(), option.help);
    }
  }
  void offer_values(Takes takes, std::vector<std::string> const& components, std::vector<std::string> const& given) {
    out_.files = takes == Takes::File;
    if (takes != Takes::Component && takes != Takes::Step) return;
    for (auto const& name : components) {
      if (std::ranges::count(given, name) == 0) offer(takes == Takes::Step ? name + "=" : name, "");
    }
  }
  Completion take() { return std::move(out_); }

 private:
  std::string const& typed_;
  Completion out_;
};

}  // namespace

Completion complete(Vocabulary const& known, std::vector<std::string> const& words, std::vector<std::string> const& components) {
  std::string const typed = words.empty() ? "" : words.back();
  Answer answer{typed};
  if (words.size() < 2) {
    for (auto const& verb : known.verbs) answer.offer(verb.name, verb.help);
    if (typed.starts_with('-')) answer.offer_options(known.command, {});
    return answer.take();
  }
  auto const verb = std::ranges::find(known.verbs, words.front(), &VerbWords::name);
  if (verb == known.verbs.end()) return {};
  if (!verb->words.empty()) return complete({*verb, verb->words}, {words.begin() + 1, words.end()}, components);
  auto const said = read(*verb, Words{words}.subspan(1, words.size() - 2));
  bool const takes_another = verb->operand != Takes::Nothing && (said.operands.empty() || verb->repeats);
  if (said.open != nullptr) answer.offer_values(said.open->takes, components, {});
  else if (typed.starts_with('-') || !takes_another) answer.offer_options(*verb, said.options);
  else answer.offer_values(verb->operand, components, said.operands);
  return answer.take();
}

}  // namespace tykup::cli
