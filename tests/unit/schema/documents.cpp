// Prints documents as the daemon and the command write them, one a line: {"of": NAME OF A SCHEMA, "document": …}.
#include <iostream>

#include "daemon/cli/render.hpp"
#include "daemon/wire/status_json.hpp"
#include "daemon/wire/fleet_status_json.hpp"
#include "tests/fakes/filled_states.hpp"
#include "tests/unit/steer/boards.hpp"

namespace {

using namespace tykup;

void print(char const* schema, nlohmann::json const& document) {
  nlohmann::json const line{{"of", schema}, {"document", document}};
  std::cout << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

/// What is known of a host with two components, one of them in every state's own words.
struct Host {
  Config config;
  Memory memory = fakes::filled<Memory>();
  HostFacts facts = fakes::filled<HostFacts>();
  job::Progress progress{"unpack", 40, "tyk-gateway"};
  std::string machine = "m";
  Digest digest = [](std::string_view) { return std::string("d"); };
  Instant now{std::chrono::hours{500'000}};

  Host() {
    config.components = tyk_components();
    config.components.resize(2);
    config.windows.windows = {{*Calendar::parse("Sun *-*-* 02:00"), utc_zone(), std::chrono::hours{2}}};
    config.windows.freezes = {{now - std::chrono::hours{1}, kForever, "a calendar", "/f.ics"}, {now, now + std::chrono::hours{900}, "fair"}};
    facts.components.resize(2);
    for (std::size_t i = 0; i < 2; ++i) facts.components[i].component = config.components[i].name;
  }

  [[nodiscard]] rollout::Context context() const { return {config, memory, now, machine, digest}; }

  /// The plan's components are the host's, and a run stands at one of its steps.
  void make_ours(rollout::Phase& phase) const {
    auto const adapt = [this](auto& alternative) {
      if constexpr (requires { alternative.plan; }) make_ours(alternative.plan);
      if constexpr (requires { alternative.run; }) alternative.run.index = 0;
      if constexpr (requires { alternative.index; }) alternative.index = 0;
    };
    std::visit(adapt, phase);
  }
  void make_ours(Plan& plan) const {
    for (std::size_t i = 0; i < plan.steps.size(); ++i) plan.steps[i].component = config.components.at(i).name;
    for (auto& choice : plan.staying) choice.component = config.components.at(1).name;
  }
};

void print_state(Host const& host, rollout::State const& state, HostFacts const* facts) {
  auto const context = host.context();
  wire::StatusInputs const inputs{state, context, facts, &host.progress, "host", "line",
                                  {fakes::filled<notify::WayStanding>(), {.way = "mail", .to = "ops"}}};
  print("status", wire::status_json(inputs));
  print("plan", wire::plan_json(inputs));
  print("progress", wire::progress_json(inputs));
}

void print_windows(Host const& host) {
  auto const preview = cli::preview_windows(host.config.windows, "", host.now, 3);
  auto document = cli::openings_json(host.config.windows, preview);
  document["host_begins"] = nullptr;
  print("windows", document);
}

void print_fleet(fleet::Board const& board) { print("fleet", wire::fleet_json(board, fleet::test::at(30))); }

/// A fleet in which everything is that can be: late comers, failures, exclusions, troubles, a past.
void print_fleets() {
  namespace of = fleet::test;
  print_fleet({});
  print_fleet(of::idle());
  auto board = of::running();
  of::finish(board, "core-1", "mdcb");
  of::hold_slot(board, "core-1", "dashboard");
  of::hold_slot(board, "core-2", "gateway", fleet::SlotState::Failed);
  board.rollout.record->failures = {{"core-2", "gateway", "unhealthy", of::at(3)}};
  board.rollout.record->pulled = {{"eu-a", "gateway", "tyk-gateway", "5.8.15", "tyk-gateway 5.8.15 is not offered to eu-a any more", of::at(4)}};
  board.policy.record->gates = {{"errors", fleet::After::First, "error-rate", {}, {}}, {"up", fleet::After::Datacenter, {}, "https://prometheus:9090", "up"}};
  board.rollout.record->excluded = {{"us-a", {"alice", "broken", of::at(2)}}};
  board.unready = {{"eu-1", "eu-a"}};
  board.past_rollouts = {*board.rollout.record};
  board.past_policies = {{7, of::policy()}};
  board.freeze = {fleet::FleetFreeze{of::at(90), {"alice", "year end", of::at(1)}}, 60, 61};
  board.past_outside = {{"eu-a", "gateway", "5.8.15", "r0", {"alice@eu-a", "cve", of::at(2)}}};
  board.past_freezes = {{60, *board.freeze}, {61, {{}, {"bob", "", of::at(2)}}}};
  print_fleet(board);
  Digest const digest = [](std::string_view) { return std::string("d"); };
  fleet::Beginning const beginning{"r9", {"alice", "", of::at(0)}};
  std::optional<fleet::Schedule> refused;
  auto const start = fleet::steer(of::idle(), fleet::say::Start{}, beginning, digest);
  print("fleet-change", wire::fleet_change_json("start", *start));
  auto const again = fleet::steer(board, fleet::say::Start{}, beginning, digest, &refused);
  print("fleet-change", wire::fleet_refusal_json("start", again.error(), refused));
  print("fleet-change", wire::fleet_change_json("pause", *fleet::steer(board, fleet::say::Pause{}, beginning, digest)));
}

}  // namespace

int main() {
  Host host;
  print_state(host, {}, nullptr);
  for (auto state : fakes::filled_states()) {
    host.make_ours(state.phase);
    print_state(host, state, &host.facts);
  }
  for (auto const result : {rollout::StepResult::Pending, rollout::StepResult::Done, rollout::StepResult::NotDone,
                            rollout::StepResult::RolledBack, rollout::StepResult::NeedsAdmin}) {
    auto run = fakes::filled<rollout::RunRecord>();
    for (auto& step : run.steps) step.result = result;
    run.result = static_cast<rollout::RunResult>(result);
    print("history", wire::history_json({run}));
  }
  print_windows(host);
  print_fleets();
  print("way-back", wire::way_back_json({.component = "gateway"}));
  print("way-back", wire::way_back_json(fakes::filled<rollout::WayBack>()));
}
