#include "daemon/wire/fleet_saying.hpp"

#include <utility>

#include "daemon/core/fleet/check.hpp"
#include "daemon/core/words.hpp"
#include "daemon/wire/fleet_fields.hpp"
#include "daemon/wire/json_basics.hpp"

namespace tykup {
void describe(auto& io, wire::Like<NamedVersion> auto& named) {
  io("component", named.component);
  io("version", named.version);
}
}  // namespace tykup

namespace tykup::fleet {
void describe(auto& io, wire::Like<Wanted> auto& wanted) {
  io("versions", wanted.versions);
  io("components", wanted.components);
  io("exclude", wanted.exclude);
  io("stopped", wanted.stopped);
}
namespace say {
void describe(auto& io, wire::Like<Init> auto& saying) { io("policy", saying.policy); }
void describe(auto& io, wire::Like<SetPolicy> auto& saying) { io("policy", saying.policy); }
void describe(auto& io, wire::Like<Start> auto& saying) {
  io("wanted", saying.wanted);
  io("shown", saying.shown);
}
void describe(auto& io, wire::Like<Rollback> auto& saying) {
  io("wanted", saying.wanted);
  io("shown", saying.shown);
}
void describe(auto&, wire::Like<Pause> auto&) {}
void describe(auto& io, wire::Like<Resume> auto& saying) { io("after_restore", saying.after_restore); }
void describe(auto&, wire::Like<Abort> auto&) {}
void describe(auto&, wire::Like<Promote> auto&) {}
void describe(auto& io, wire::Like<Exclude> auto& saying) {
  io("host", saying.host);
  io("stopped", saying.stopped);
}
void describe(auto& io, wire::Like<Retry> auto& saying) { io("host", saying.host); }
void describe(auto& io, wire::Like<Forget> auto& saying) { io("host", saying.host); }
void describe(auto& io, wire::Like<ReleaseSlot> auto& saying) { io("host", saying.host); }
void describe(auto& io, wire::Like<Freeze> auto& saying) { io("until", saying.until); }
void describe(auto&, wire::Like<Unfreeze> auto&) {}
}  // namespace say
}  // namespace tykup::fleet

namespace tykup::wire {
namespace {

constexpr int kSayingSchema = 1;
constexpr std::size_t kLongestWhy = 400;

/// The word of that verb with nothing in it; nothing: there is none.
template <std::size_t I = 0>
std::optional<fleet::Saying> empty_saying(std::string_view verb) {
  if constexpr (I == std::variant_size_v<fleet::Saying>) {
    return std::nullopt;
  } else {
    fleet::Saying saying(std::in_place_index<I>);
    return fleet::name_of(saying) == verb ? std::optional<fleet::Saying>(std::move(saying)) : empty_saying<I + 1>(verb);
  }
}

std::string problem_of(Said const& said) {
  if (said.why.size() > kLongestWhy) return "why is longer than " + std::to_string(kLongestWhy) + " bytes";
  auto const of_host = [](auto const& word) -> std::string {
    if constexpr (requires { word.host; }) return word.host.empty() ? "no host is named" : "";
    if constexpr (requires { word.policy; }) return fleet::problem_of(word.policy);
    return "";
  };
  return std::visit(of_host, said.saying);
}

}  // namespace

std::string said_text(Said const& said) {
  auto const what = std::visit([](auto const& word) { return FieldWriter::write(word); }, said.saying);
  return to_line({{"schema", kSayingSchema}, {"verb", std::string(fleet::name_of(said.saying))}, {"why", said.why}, {"what", what}});
}

Result<Said> parse_said(std::string_view text) {
  auto const document = Json::parse(text, nullptr, false);
  if (!document.is_object()) return fail(ErrorKind::BadRequest, "the word is no JSON object: " + tykup::quoted(text));
  auto const schema = document.find("schema");
  if (schema == document.end() || *schema != kSayingSchema)
    return fail(ErrorKind::OtherVersion, "the word is of another schema than 1: command and daemon are of different versions");
  auto const verb = document.find("verb");
  auto const why = document.find("why");
  auto const what = document.find("what");
  bool const whole = document.size() == 4 && verb != document.end() && verb->is_string() && why != document.end() && why->is_string() && what != document.end();
  if (!whole) return fail(ErrorKind::BadRequest, "the word has not exactly the fields schema, verb, why and what");
  auto saying = empty_saying(verb->get<std::string>());
  if (!saying) return fail(ErrorKind::BadRequest, "there is no word " + tykup::quoted(verb->get<std::string>()) + " to say to a fleet");
  Said said{std::move(*saying), why->get<std::string>()};
  try {
    std::visit([&](auto& word) { FieldReader::read(*what, "what", word); }, said.saying);
  } catch (Malformed const& problem) {
    return fail(ErrorKind::BadRequest, problem.what());
  }
  if (auto const problem = problem_of(said); !problem.empty()) return fail(ErrorKind::BadRequest, problem);
  return said;
}

}  // namespace tykup::wire
