#include <fmt/format.h>

#include <algorithm>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/when.hpp"

namespace tykup::cli {
namespace {

/// Entries of ours carry an event; the rest is what programs of the executor's wrote.
Tone tone_of(LogEntry const& entry) {
  if (entry.priority <= 3) return Tone::Bad;
  if (entry.priority == 4) return Tone::Warn;
  return entry.event.empty() || entry.source != "tykupd" ? Tone::Dim : Tone::Plain;
}

std::string short_source(LogEntry const& entry) {
  constexpr std::string_view kOurs = "tykup-";
  return entry.source.starts_with(kOurs) ? entry.source.substr(kOurs.size()) : entry.source;
}

/// Every line of the text in that tone: what colours a terminal ends with its line.
std::string painted(View const& view, Tone tone, std::string const& lines, std::size_t head) {
  std::string out;
  for (std::size_t begin = 0; begin < lines.size();) {
    auto const end = std::min(lines.find('\n', begin), lines.size());
    out += lines.substr(begin, head) + paint(view, tone, lines.substr(begin + head, end - begin - head)) + "\n";
    begin = end + 1;
  }
  return out;
}

}  // namespace

std::string render_log(View const& view, std::vector<LogEntry> const& entries) {
  constexpr std::size_t kSource = 8;  // "executor"
  std::string out;
  std::string day;
  for (auto const& entry : entries) {
    if (auto const today = civil_day(view.zone, entry.at); today != day) {
      out += (day.empty() ? "" : "\n") + paint(view, Tone::Strong, today) + "\n";
      day = today;
    }
    auto const head = fmt::format("  {}  {:<{}}  ", civil_clock(view.zone, entry.at), printable(short_source(entry)), kSource);
    auto const text = paragraph(view, head, std::string(head.size(), ' '), printable(entry.message));
    out += painted(view, tone_of(entry), text, head.size());
  }
  return out;
}

nlohmann::json log_json(std::string const& run, std::vector<LogEntry> const& entries) {
  auto list = nlohmann::json::array();
  for (auto const& entry : entries)
    list.push_back({{"at", to_rfc3339(entry.at)},
                    {"priority", entry.priority},
                    {"source", entry.source},
                    {"message", entry.message},
                    {"event", entry.event},
                    {"step", entry.step},
                    {"component", entry.component},
                    {"from", entry.from},
                    {"to", entry.to},
                    {"reason", entry.reason},
                    {"unit", entry.unit},
                    {"job", entry.job}});
  return {{"schema", kKnownSchema}, {"run", run}, {"entries", std::move(list)}};
}

}  // namespace tykup::cli
