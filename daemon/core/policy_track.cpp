#include <array>
#include <charconv>

#include "daemon/core/config_reader.hpp"
#include "daemon/core/policy.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

struct Name {
  Track::Kind kind;
  std::string_view text;
};
constexpr std::array kNames{Name{Track::Kind::Lts, "lts"}, Name{Track::Kind::Patch, "patch"},
                            Name{Track::Kind::Minor, "minor"}, Name{Track::Kind::Latest, "latest"}};

std::optional<int> number_of(std::string_view text) {
  int value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool const whole = !text.empty() && text.front() != '-' && error == std::errc{} && end == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

}  // namespace

Result<Track> parse_track(std::string_view text) {
  std::vector<std::string> known;
  for (Name const& name : kNames) {
    if (name.text == text) return Track{name.kind};
    known.emplace_back(name.text);
  }
  auto const dot = text.find('.');
  auto const major = number_of(text.substr(0, dot));
  auto const minor = dot == std::string_view::npos ? std::nullopt : number_of(text.substr(dot + 1));
  if (major && minor) return Track{Track::Kind::Line, *major, *minor};
  auto const near = nearest_name(text, known);
  return fail(ErrorKind::BadConfig, "unknown track " + quoted(text) +
                                        (near ? "; did you mean " + quoted(*near) + "?" : "") + " Known are " +
                                        join(known) + " and a line such as \"5.8\"");
}

std::string to_string(Track const& track) {
  for (Name const& name : kNames) {
    if (name.kind == track.kind) return std::string(name.text);
  }
  return std::to_string(track.major) + "." + std::to_string(track.minor);
}

}  // namespace tykup
