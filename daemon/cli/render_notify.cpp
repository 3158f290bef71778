#include <fmt/format.h>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/when.hpp"

namespace tykup::cli {
namespace {

std::string counts(nlohmann::json const& way) {
  auto const waiting = number_at(way, "waiting").value_or(0);
  auto const lost = number_at(object_at(way, "trouble"), "lost").value_or(0);
  std::string text;
  if (waiting > 0) text += fmt::format("; {:.0f} waiting", waiting);
  if (lost > 0) text += fmt::format("; {:.0f} given up", lost);
  return text;
}

}  // namespace

std::string render_notify(View const& view, nlohmann::json const& ways) {
  std::string out;
  for (auto const& way : ways) {
    auto const& trouble = object_at(way, "trouble");
    if (trouble.empty()) continue;
    auto const since = instant_at(trouble, "since");
    auto const text = text_at(way, "to") + (since ? " since " + when(view, *since) : "") + ": " + text_at(trouble, "why") + counts(way);
    out += (out.empty() ? "\n" + paint(view, Tone::Bad, "Notifications do not get through") + "\n" : "") + paragraph(view, "  ! ", "    ", text);
  }
  return out;
}

std::vector<std::string> notify_problems(nlohmann::json const& ways) {
  std::vector<std::string> found;
  for (auto const& way : ways) {
    auto const& trouble = object_at(way, "trouble");
    if (!trouble.empty()) found.push_back(fmt::format("notifications to {} do not get through: {}", text_at(way, "to"), text_at(trouble, "why")));
  }
  return found;
}

}  // namespace tykup::cli
