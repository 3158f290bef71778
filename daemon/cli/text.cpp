#include "daemon/cli/text.hpp"

#include <algorithm>
#include <utility>

namespace tykup::cli {
namespace {

std::string_view escape_of(Tone tone) {
  switch (tone) {
    case Tone::Strong:
      return "\033[1m";
    case Tone::Good:
      return "\033[32m";
    case Tone::Warn:
      return "\033[33m";
    case Tone::Bad:
      return "\033[1;31m";
    case Tone::Dim:
      return "\033[2m";
    case Tone::Struck:
      return "\033[2;9m";
    case Tone::Plain:
      break;
  }
  return "";
}

bool continues_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    auto const at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

/// One line of the text, broken into as many as the width asks for.
void append_wrapped(std::string& out, std::size_t width, std::string_view& lead, std::string_view rest,
                    std::string_view line) {
  std::string current(lead);
  std::size_t const margin = columns_of(rest);
  bool fresh = true;
  for (auto const word : split(line, ' ')) {
    bool const fits = width <= margin || columns_of(current) + (fresh ? 0 : 1) + columns_of(word) <= width;
    if (!fresh && !fits) {
      out += current + '\n';
      current = rest;
      fresh = true;
    }
    if (!fresh) current += ' ';
    current += word;
    fresh = false;
  }
  out += current + '\n';
  lead = rest;
}

void widen(std::vector<std::size_t>& widths, std::vector<Cell> const& row) {
  widths.resize(std::max(widths.size(), row.size()), 0);
  for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i].text));
}

std::string line_of(View const& view, std::string_view indent, std::vector<std::size_t> const& widths,
                    std::vector<Cell> const& row) {
  std::string line(indent);
  std::size_t owed = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (!row[i].text.empty()) {
      line.append(owed, ' ') += paint(view, row[i].tone, row[i].text);
      owed = 0;
    }
    owed += widths[i] - columns_of(row[i].text) + 2;
  }
  return line += '\n';
}

}  // namespace

std::string paint(View const& view, Tone tone, std::string_view text) {
  std::string_view const escape = escape_of(tone);
  if (!view.color || escape.empty() || text.empty()) return std::string(text);
  return std::string(escape).append(text).append("\033[0m");
}

std::string printable(std::string_view text) {
  std::string out(text);
  auto const steers = [](char c) {
    auto const byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n') || byte == 0x7F;
  };
  std::ranges::replace_if(out, steers, '?');
  // U+0080 to U+009F are control characters too, spelled 0xC2 0x80 to 0xC2 0x9F.
  for (std::size_t i = 0; i + 1 < out.size(); ++i) {
    bool const control = static_cast<unsigned char>(out[i]) == 0xC2 && static_cast<unsigned char>(out[i + 1]) < 0xA0;
    if (control) out.replace(i, 2, "?");
  }
  return out;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !continues_code_point(c); }));
}

std::string paragraph(View const& view, std::string_view first, std::string_view rest, std::string_view text) {
  std::string out;
  std::string_view lead = first;
  for (auto const line : split(text, '\n')) append_wrapped(out, view.width, lead, rest, line);
  return out;
}

Table::Table(std::vector<std::string> header) {
  for (auto& title : header) header_.push_back({std::move(title), Tone::Dim});
}

void Table::add(std::vector<Cell> row) {
  rows_.push_back(std::move(row));
}

std::string Table::to_text(View const& view, std::string_view indent) const {
  std::vector<std::size_t> widths;
  widen(widths, header_);
  for (auto const& row : rows_) widen(widths, row);
  std::string out;
  if (!header_.empty()) out += line_of(view, indent, widths, header_);
  for (auto const& row : rows_) out += line_of(view, indent, widths, row);
  return out;
}

}  // namespace tykup::cli
