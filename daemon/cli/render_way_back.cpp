#include <fmt/format.h>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"

namespace tykup::cli {

std::string render_way_back(View const& view, nlohmann::json const& way) {
  auto const component = paint(view, Tone::Strong, text_at(way, "component"));
  auto const from = text_at(way, "from");
  if (!true_at(way, "possible")) {
    auto const meant = from.empty() ? std::string{} : fmt::format(" from {} to {}", from, text_at(way, "to"));
    return component + " does not go back" + meant + ":\n" + paragraph(view, "  ", "  ", text_at(way, "hindrance")) +
           paragraph(view, "  → ", "    ", text_at(way, "remedy"));
  }
  auto out = fmt::format("{} goes back from {} to {}\n", component, from, paint(view, Tone::Good, text_at(way, "to")));
  auto const line = [&](std::string const& text) { out += paragraph(view, "  ", "  ", text); };
  line(fmt::format("Run {} had brought {}; the package from before it is kept.", text_at(way, "run"), from));
  if (auto const backup = text_at(way, "config_backup"); !backup.empty())
    line("Its configuration goes back to what it was before that run (" + backup + "); what it is now is saved first.");
  line("The service is restarted once, and must pass the same health gate as after an upgrade.");
  line(fmt::format("{} stays away for a while: tykup forget-bad {} lets it come again.", from, text_at(way, "component")));
  out += paragraph(view, "  ! ", "    ", fmt::format("Data that {} has written or changed in a database is not put back.", from));
  return out;
}

}  // namespace tykup::cli
