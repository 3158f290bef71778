#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/unit/rollout/ladder.hpp"

namespace tykup::test {
namespace {

using Climb = std::function<void(Ladder&)>;

/// One host in each phase.
std::vector<std::pair<std::string, Climb>> phases() {
  return {{"idle", [](Ladder&) {}},
          {"refreshing", [](Ladder& h) { h.started(); }},
          {"inspecting", [](Ladder& h) { h.started().refreshed(); }},
          {"downloading", [](Ladder& h) { h.started().refreshed().inspected(); }},
          {"checking-plugins", [](Ladder& h) { h.to_checking_plugins(); }},
          {"waiting", [](Ladder& h) { h.to_waiting(); }},
          {"preflight", [](Ladder& h) { h.to_preflight(); }},
          {"baseline", [](Ladder& h) { h.to_baseline(); }},
          {"backing-up", [](Ladder& h) { h.to_backing_up(); }},
          {"applying", [](Ladder& h) { h.to_applying(); }},
          {"restarting", [](Ladder& h) { h.to_restarting(); }},
          {"gating", [](Ladder& h) { h.to_gating(); }},
          {"recovering", [](Ladder& h) { h.to_recovering(); }},
          {"reconciling", [](Ladder& h) { h.to_reconciling(); }},
          {"rolling-back", [](Ladder& h) { h.to_rolling_back(); }},
          {"restoring", [](Ladder& h) { h.to_restoring(); }},
          {"restarting-back", [](Ladder& h) { h.to_restarting_back(); }},
          {"gating-back", [](Ladder& h) { h.to_gating_back(); }},
          {"needs-admin", [](Ladder& h) { h.to_needs_admin(); }},
          {"asking-hooks", [](Ladder& h) { h.to_asking_hooks(); }},
          {"telling-hooks", [](Ladder& h) { h.to_telling_hooks(); }},
          {"undoing", [](Ladder& h) { h.to_undoing(); }},
          {"undoing", [](Ladder& h) { h.to_withdrawing(); }},
          {"backing-up", [](Ladder& h) { h.to_withdrawing().inspected(); }},
          {"rolling-back", [](Ladder& h) { h.to_withdrawing().inspected().backed_up(); }},
          {"waiting", [](Ladder& h) { h.in_a_fleet().to_waiting(); }},
          {"confirming", [](Ladder& h) { h.in_a_fleet().to_confirming(); }},
          {"assessing", [](Ladder& h) { h.to_assessing(); }},
          {"checking", [](Ladder& h) { h.to_checking(); }},
          {"proving", [](Ladder& h) { h.to_proving(); }},
          {"reconciling", [](Ladder& h) { h.to_reconciling_back(); }},
          {"recovering", [](Ladder& h) { h.to_recovering_back(); }}};
}

/// Every event, as an answer to what the phase waits for.
std::vector<Event> events(Ladder& host) {
  auto const job = host.job();
  std::string const version = std::holds_alternative<phase::RollingBack>(host.state.phase) ? "5.8.14" : "5.8.15";
  return {event::Started{},
          event::Ticked{},
          event::ConfigChanged{},
          event::CheckAsked{"root"},
          event::RunAsked{"root"},
          event::StopAsked{"root"},
          event::Refreshed{job, {}},
          event::Inspected{job, {host.facts}},
          event::Downloaded{job, {}},
          event::BackedUp{job, {"/b", true}},
          event::Applied{job, {{{"tyk-dashboard", version, "amd64"}}, {}, {"its unit file was gone"}}},
          event::Restarted{job, {true, host.now, {}, {}, {"it was disabled"}}},
          event::Restored{job, {}},
          event::Recovered{job, {}},
          event::JobFailed{job, {ErrorKind::Internal, "it failed"}},
          event::HealthPassed{host.component()},
          event::HealthFailed{host.component(), "it is ill"},
          event::HoldAsked{{"pump", "root", host.now, {}, "a test"}},
          event::ReleaseAsked{"root", "pump"},
          event::ApproveAsked{{"abc", "root", host.now, {}}},
          event::ForgetBadAsked{"root", ""},
          event::Hooked{job, {{"pre-step.d/10-drain"}}},
          event::PluginsChecked{job, {{{"digest-of-5.8.15", "digest-of-auth", "Auth", PluginVerdict::Loads}}}},
          event::RollBackAsked{"root", "20261122T020000Z-abcdef", host.taken_back("dashboard")},
          event::FleetChanged{},
          event::FleetPinned{},
          event::FleetHeard{7},
          event::FleetHindered{{"gateway", "r1", 7}, "it is not kept"}};
}

std::string commands_of(rollout::Transition const& transition) {
  std::string text;
  for (auto const& command : transition.commands) {
    std::string word;
    if (auto const* submit = std::get_if<command::Submit>(&command)) word = "submit " + std::string(job::name_of(submit->request.operation));
    if (std::holds_alternative<command::Gate>(command)) word = "gate";
    if (std::holds_alternative<command::WakeAt>(command)) word = "wake";
    if (auto const* said = std::get_if<command::Announce>(&command)) word = "say " + std::string(to_string(said->announcement.said));
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

/// Some phases are of both ways, or of a run that does nothing but go back.
std::string which_of(Phase const& phase) {
  auto const* reconciling = std::get_if<phase::Reconciling>(&phase);
  auto const* recovering = std::get_if<phase::Recovering>(&phase);
  if ((reconciling != nullptr && reconciling->hitch) || (recovering != nullptr && recovering->hitch)) return " (back)";
  auto const* waiting = std::get_if<phase::Waiting>(&phase);
  bool const for_fleet = waiting != nullptr && std::ranges::any_of(waiting->reasons, [](Reason const& reason) { return reason.gate == Gate::Fleet; });
  if (for_fleet) return " (fleet)";
  auto const* run = run_of(phase);
  return run != nullptr && run->is_withdrawal() ? " (withdrawal)" : "";
}

std::string table() {
  std::ostringstream out;
  for (auto const& [name, climb] : phases()) {
    Ladder probe;
    climb(probe);
    EXPECT_EQ(probe.phase(), name);
    auto const count = events(probe).size();
    for (std::size_t i = 0; i < count; ++i) {
      Ladder host;
      climb(host);
      auto const event = events(host)[i];
      auto const before = host.phase();
      auto const host_before = host.state.phase;
      host.feed(event);
      auto const commands = commands_of(host.last);
      if (host.phase() == before && commands.empty()) continue;
      out << before << which_of(host_before) << " + " << name_of(event) << " -> " << host.phase();
      if (!commands.empty()) out << " | " << commands;
      out << "\n";
    }
  }
  return out.str();
}

/// The picture in the manual is this file. After a wanted change: TYKUP_GOLDEN=write, then read the difference.
TEST(TransitionTable, is_the_one_in_golden) {
  std::string const path = TYKUP_SOURCE_DIR "/tests/golden/transitions.txt";
  auto const now = table();
  if (char const* mode = std::getenv("TYKUP_GOLDEN"); mode != nullptr && std::string(mode) == "write")
    std::ofstream(path) << now;
  std::ifstream file(path);
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(golden.str(), now);
}

}  // namespace
}  // namespace tykup::test
