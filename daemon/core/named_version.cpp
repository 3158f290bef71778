#include "daemon/core/named_version.hpp"

#include <algorithm>

#include "daemon/core/words.hpp"

namespace tykup {
namespace {

bool consists_of(std::string_view text, std::string_view more) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    bool const is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return is_plain || more.find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<NamedVersion> parse_named_version(std::string_view text) {
  constexpr std::string_view kExpected = " is no COMPONENT=VERSION, such as dashboard=5.3.0";
  auto const sign = text.find('=');
  if (sign == std::string_view::npos) return fail(ErrorKind::BadRequest, quoted(text) + std::string(kExpected));
  auto const component = text.substr(0, sign);
  auto const version = text.substr(sign + 1);
  if (!consists_of(component, "-") || !consists_of(version, ".+~:^_-"))
    return fail(ErrorKind::BadRequest, quoted(text) + std::string(kExpected));
  return NamedVersion{std::string(component), std::string(version)};
}

std::string to_string(NamedVersion const& named) { return named.component + "=" + named.version; }

std::string to_string(std::vector<NamedVersion> const& named) {
  std::vector<std::string> texts;
  for (NamedVersion const& each : named) texts.push_back(to_string(each));
  return join(texts);
}

}  // namespace tykup
