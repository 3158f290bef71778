#include "daemon/os/ics_lines.hpp"

#include "daemon/core/words.hpp"

namespace tykup {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view next_part(std::string_view& text) {
  auto const end = text.find('\n');
  auto part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (part.ends_with('\r')) part.remove_suffix(1);
  return part;
}

}  // namespace

Result<std::vector<IcsLine>> ics_lines(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return fail(ErrorKind::BadConfig, "this is no text");
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<IcsLine> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto const part = next_part(text);
    bool const goes_on = part.starts_with(' ') || part.starts_with('\t');
    if (goes_on && !lines.empty()) {
      lines.back().text += part.substr(1);
    } else if (!part.empty()) {
      lines.push_back({number, {}, std::string(part)});
    }
  }
  for (auto& line : lines) line.name = uppered(line.text.substr(0, line.text.find_first_of(":;")));
  return lines;
}

std::string ics_value(IcsLine const& line) {
  auto const colon = line.text.find(':');
  return colon == std::string::npos ? std::string{} : uppered(trimmed(std::string_view(line.text).substr(colon + 1)));
}

}  // namespace tykup
