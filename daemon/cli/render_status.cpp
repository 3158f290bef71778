#include <fmt/format.h>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/render_parts.hpp"
#include "daemon/cli/when.hpp"

namespace tykup::cli {
namespace {

std::string or_dash(std::string text) {
  return text.empty() ? "-" : text;
}

std::string heading(View const& view, nlohmann::json const& status) {
  auto const state = spoken(text_at(status, "state"));
  bool const bad = state == "needs admin" || state == "stopped";
  auto const title = fmt::format("tykup {} on {}: ", text_at(status, "version"), text_at(status, "host"));
  auto out = title + paint(view, bad ? Tone::Bad : Tone::Strong, state) + "\n";
  if (auto const line = text_at(status, "status"); !line.empty()) out += paragraph(view, "  ", "  ", line);
  return out;
}

std::string render_trouble(View const& view, nlohmann::json const& trouble) {
  if (trouble.empty()) return {};
  auto const since = instant_at(trouble, "since");
  auto out = "\n" + paint(view, Tone::Bad, "Trouble") + fmt::format(" with {}", or_dash(text_at(trouble, "component")));
  if (since) out += " since " + when(view, *since);
  if (auto const run = text_at(trouble, "run"); !run.empty()) out += fmt::format(", see tykup history {}", run);
  out += "\n" + paragraph(view, "  ", "  ", text_at(trouble, "text"));
  if (auto const remedy = text_at(trouble, "remedy"); !remedy.empty()) out += paragraph(view, "  → ", "    ", remedy);
  return out;
}

Cell service_cell(nlohmann::json const& component) {
  auto const& unit = object_at(component, "unit_state");
  auto const active = text_at(unit, "active");
  if (active.empty()) return {"-", Tone::Dim};
  auto text = active;
  if (auto const sub = text_at(unit, "sub"); !sub.empty() && sub != active) text += " (" + sub + ")";
  if (auto const enabled = text_at(unit, "enabled"); !enabled.empty() && enabled != "enabled") text += ", " + enabled;
  if (active == "failed") return {text, Tone::Bad};
  return {text, active == "active" ? Tone::Good : Tone::Warn};
}

/// Why the last read or fetch did not work.
std::string render_hindrance(View const& view, nlohmann::json const& status) {
  auto const hindrance = text_at(status, "hindrance");
  return hindrance.empty() ? hindrance
                           : "\n" + paint(view, Tone::Bad, "Hindrance") + "\n" + paragraph(view, "  ", "  ", hindrance);
}

std::vector<std::string> freeze_problems(nlohmann::json const& status) {
  std::vector<std::string> found;
  for (auto const& problem : array_at(status, "freeze_problems"))
    if (problem.is_string()) found.push_back(printable(problem.get<std::string>()));
  return found;
}

std::string render_freeze_problems(View const& view, nlohmann::json const& status) {
  std::string out;
  for (auto const& problem : freeze_problems(status))
    out += "\n" + paint(view, Tone::Bad, "Frozen") + "\n" + paragraph(view, "  ", "  ", problem);
  return out;
}

std::string component_table(View const& view, nlohmann::json const& components) {
  if (components.empty()) return "\nThe host was not read yet.\n";
  Table table({"COMPONENT", "INSTALLED", "TARGET", "NEWEST", "SERVICE"});
  for (auto const& component : components) {
    auto const installed = text_at(component, "installed");
    auto const target = text_at(component, "target");
    bool const moves = !target.empty() && target != installed;
    table.add({{text_at(component, "name"), Tone::Strong},
               {installed.empty() ? "not installed" : installed, installed.empty() ? Tone::Dim : Tone::Plain},
               {moves ? target : "-", moves ? Tone::Good : Tone::Dim},
               {or_dash(text_at(component, "newest"))},
               service_cell(component)});
  }
  return "\n" + table.to_text(view);
}

/// This host's own beginning, where it is not the window's.
std::string host_text(View const& view, nlohmann::json const& window) {
  auto const begins = instant_at(window, "host_begins");
  bool const is_own = begins && begins != instant_at(window, "opens");
  return is_own ? ", this host begins " + when(view, *begins) : std::string{};
}

std::string window_text(View const& view, nlohmann::json const& window) {
  if (true_at(window, "open")) {
    auto const until = instant_at(window, "until");
    auto const begins = instant_at(window, "host_begins");
    bool const is_to_come = until && begins && *begins < *until;
    return (until ? "open until " + when(view, *until) : std::string("open")) + (is_to_come ? host_text(view, window) : "");
  }
  auto const opens = instant_at(window, "opens");
  auto const text = opens ? "closed, opens " + when(view, *opens) + host_text(view, window) : std::string("closed");
  auto const reason = text_at(window, "reason");
  bool const said = reason.empty() || (opens && reason.starts_with("next window"));
  return said ? text : text + "; " + reason;
}

std::string refresh_text(View const& view, nlohmann::json const& status) {
  auto const last = instant_at(status, "refreshed");
  auto const next = instant_at(status, "next_refresh");
  auto const text = last && *last > Instant{} ? when(view, *last) : std::string("never completely");
  return next && *next > view.now ? text + ", next " + relative(*next, view.now) : text;
}

std::string render_work(View const& view, nlohmann::json const& run) {
  if (run.empty()) return {};
  auto const started = instant_at(run, "started");
  auto out = fmt::format("\nRun {} {}", text_at(run, "id"), started_by(run));
  if (started) out += ", begun " + relative(*started, view.now);
  out += "\n" + render_steps(view, run);
  auto const progress = progress_text(run);
  return progress.empty() ? out : out + paragraph(view, "  now: ", "       ", progress);
}

std::string plan_line(nlohmann::json const& status) {
  auto const steps = array_at(object_at(status, "plan"), "steps").size();
  if (steps == 0 || !object_at(status, "run").empty()) return {};
  return fmt::format("Plan       {} step{}, see tykup plan\n", steps, steps == 1 ? "" : "s");
}

std::string key_text(View const& view, nlohmann::json const& subscription) {
  auto const expires = instant_at(subscription, "key_expires");
  auto const print = text_at(subscription, "key_fingerprint");
  if (print.empty()) return {};
  auto const text = "key …" + print.substr(print.size() < 8 ? 0 : print.size() - 8);
  return expires
             ? fmt::format("{} {} {}", text, *expires < view.now ? "expired" : "expires", relative(*expires, view.now))
             : text + " without expiry";
}

Tone key_tone(View const& view, nlohmann::json const& subscription) {
  auto const expires = instant_at(subscription, "key_expires");
  if (!expires || *expires > view.now + std::chrono::days{30}) return Tone::Plain;
  return *expires < view.now ? Tone::Bad : Tone::Warn;
}

std::string subscriptions(View const& view, nlohmann::json const& status) {
  Table table;
  for (auto const& component : array_at(status, "components")) {
    auto const& subscription = object_at(component, "subscription");
    auto const name = text_at(component, "name");
    if (text_at(subscription, "url").empty()) {
      if (!text_at(component, "installed").empty())
        table.add({{name, Tone::Strong}, {"not subscribed: sudo tykup subscribe " + name, Tone::Warn}});
      continue;
    }
    auto const refreshed = instant_at(subscription, "refreshed");
    table.add({{name, Tone::Strong},
               {text_at(subscription, "url") + " " + text_at(subscription, "suite")},
               {refreshed ? "refreshed " + relative(*refreshed, view.now) : "never refreshed"},
               {key_text(view, subscription), key_tone(view, subscription)}});
  }
  auto out = table.to_text(view, "  ");
  for (auto const& problem : subscription_problems(status)) out += paragraph(view, "  ! ", "    ", problem);
  for (auto const& weakness : subscription_weaknesses(status)) out += paragraph(view, "  ~ ", "    ", weakness);
  return out.empty() ? out : "\nSubscriptions\n" + out;
}

}  // namespace

std::string render_status(View const& view, nlohmann::json const& status) {
  auto const& components = array_at(status, "components");
  auto out =
      heading(view, status) + render_trouble(view, object_at(status, "trouble")) + render_hindrance(view, status) +
             render_freeze_problems(view, status);
  out += component_table(view, components) + "\n";
  out += paragraph(view, "Window     ", "           ", window_text(view, object_at(status, "window")));
  out += paragraph(view, "Refreshed  ", "           ", refresh_text(view, status));
  out += render_holds(view, status);
  out += render_approval(view, object_at(status, "approval"), object_at(status, "plan"));
  out += render_bad_versions(view, status);
  out += plan_line(status) + render_work(view, object_at(status, "run"));
  if (auto const reasons = render_reasons(view, components); !reasons.empty()) out += "\nWhy not\n" + reasons;
  return out + render_concerns(view, array_at(status, "concerns")) + render_notify(view, array_at(status, "notify")) + subscriptions(view, status);
}

std::vector<std::string> attention(nlohmann::json const& status) {
  std::vector<std::string> found;
  auto const state = text_at(status, "state");
  auto const& trouble = object_at(status, "trouble");
  if (!trouble.empty()) found.push_back(text_at(trouble, "text"));
  if (auto const hindrance = text_at(status, "hindrance"); !hindrance.empty()) found.push_back(hindrance);
  if (trouble.empty() && (state == "needs-admin" || state == "stopped")) found.push_back(text_at(status, "status"));
  for (auto& problem : freeze_problems(status)) found.push_back(std::move(problem));
  for (auto const& component : array_at(status, "components")) {
    if (text_at(object_at(component, "unit_state"), "active") == "failed") {
      found.push_back(fmt::format("{} has failed", text_at(component, "unit")));
    }
  }
  for (auto const& concern : array_at(status, "concerns")) {
    if (true_at(concern, "trouble")) found.push_back(text_at(concern, "text"));
  }
  for (auto& problem : subscription_problems(status)) found.push_back(std::move(problem));
  for (auto& problem : notify_problems(array_at(status, "notify"))) found.push_back(std::move(problem));
  return found;
}

}  // namespace tykup::cli
