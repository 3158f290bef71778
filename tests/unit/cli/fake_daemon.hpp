#pragma once

#include <deque>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/cli/world.hpp"
#include "tests/unit/cli/golden.hpp"

namespace tykup::cli::test {

/// A word as a test reads it.
struct Spoken {
  static std::string end(std::optional<Instant> const& until) { return until ? " until " + to_rfc3339(*until) : std::string{}; }
  std::string operator()(word::Hold const& word) const { return "hold " + word.component + end(word.until) + ": " + word.reason; }
  std::string operator()(word::Release const& word) const { return "release " + word.component; }
  std::string operator()(word::Approve const& word) const { return "approve " + word.plan + end(word.until) + without(word.without_way_back); }
  static std::string without(std::vector<NamedVersion> const& named) {
    return named.empty() ? std::string{} : " without a way back: " + to_string(named);
  }
  std::string operator()(word::ForgetBad const& word) const { return "forget " + word.component; }
};

/// A tykupd whose next statuses are written down. Its clock moves only while somebody waits.
class FakeDaemon final : public Daemon {
 public:
  /// Told one after the other; the last stays.
  std::deque<Answer<std::string>> statuses;
  Answer<std::string> plan_text = std::string(R"({"schema":1,"hash":"","steps":[],"staying":[]})");
  Answer<std::string> history_text = std::string(R"({"schema":1,"runs":[]})");
  Answer<void> checked = {};
  Answer<std::string> started = std::string("r1");
  Answer<std::string> way_back_text = std::string(R"({"schema":1,"component":"gateway","possible":true,"run":"r0","from":"5.8.15","to":"5.8.14","config_backup":"/b.tar.zst"})");
  Answer<void> stopped = {};
  Answer<std::string> told = std::string(64, 'a');
  Instant now = moment();
  std::vector<std::string> calls;

  Answer<std::string> status() override {
    auto const answer = statuses.front();
    if (statuses.size() > 1) statuses.pop_front();
    return answer;
  }
  Answer<std::string> plan() override { return plan_text; }
  Answer<std::string> history(unsigned limit, std::string const& run) override {
    calls.push_back("history " + std::to_string(limit) + " " + run);
    return history_text;
  }
  Answer<void> check() override {
    calls.push_back("check");
    return checked;
  }
  Answer<std::string> run(std::string const& hash, bool ignore, bool in_freeze,
                          std::vector<NamedVersion> const& named) override {
    calls.push_back("run " + hash + (ignore ? " ignoring" : "") + (in_freeze ? " in freeze" : "") + Spoken::without(named));
    return started;
  }
  Answer<std::string> plan_outside_fleet() override {
    calls.push_back("plan outside");
    return outside_plan;
  }
  Answer<std::string> run_outside_fleet(OutsideRun const& asked) override {
    calls.push_back("run outside " + asked.plan_hash + (asked.ignore_unhealthy ? " ignoring" : "") + (asked.override_freeze ? " in freeze" : "") +
                    Spoken::without(asked.without_way_back) + ": " + asked.reason);
    return started;
  }
  Answer<std::string> outside_plan = std::string(R"({"schema":1,"hash":"","steps":[],"staying":[]})");
  Answer<std::string> way_back(std::string const& component) override {
    calls.push_back("way back of " + component);
    return way_back_text;
  }
  Answer<std::string> roll_back(std::string const& component, std::string const& to) override {
    calls.push_back("roll back " + component + " to " + to);
    return started;
  }
  Answer<std::string> tell(Word const& word) override {
    calls.push_back(std::visit(Spoken{}, word));
    return told;
  }
  Answer<void> stop() override {
    calls.push_back("stop");
    return stopped;
  }
  std::deque<Answer<std::string>> fleets = {std::string(R"({"schema":1,"cluster":"prod"})")};
  std::deque<Answer<std::string>> fleet_plans = {std::string(R"({"schema":1,"possible":true,"text":"so it is","more":[],"schedule":null})")};
  Answer<std::string> steered = std::string(R"({"schema":1,"verb":"pause","possible":true,"text":"rollout r1 is paused","more":[],"schedule":null})");
  static Answer<std::string> next(std::deque<Answer<std::string>>& answers) {
    auto const answer = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return answer;
  }
  Answer<std::string> fleet() override { return next(fleets); }
  Answer<std::string> plan_fleet(std::string const& word) override {
    calls.push_back("plan " + word);
    return next(fleet_plans);
  }
  Answer<std::string> steer_fleet(std::string const& word) override {
    calls.push_back("steer " + word);
    return steered;
  }
  void wait(Duration limit) override {
    now += limit;
    ++waits;
  }
  std::size_t waits = 0;
};

/// A journal whose entries are written down.
class FakeJournal final : public Journal {
 public:
  Result<std::vector<LogEntry>> entries = std::vector<LogEntry>{};
  std::string asked;
  Result<std::vector<LogEntry>> of_run(std::string const& run) override {
    asked = run;
    return entries;
  }
};

inline tl::unexpected<Refusal> refusal(Refusal::Kind kind, ErrorKind error = ErrorKind::Internal,
                                       std::string text = "the reason") {
  return tl::unexpected<Refusal>(Refusal{kind, {error, std::move(text)}});
}

/// What came of a command.
struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

struct Host {
  FakeDaemon daemon;
  FakeJournal journal;
  std::string typed;
  bool asks = false;
  bool live = false;
  bool color = false;
  std::size_t height = 0;                                     ///< of the terminal; 0: without an end
  std::size_t interrupted_after = std::size_t(-1);            ///< waits, then somebody types Ctrl-C
  bool heeded = false;                                        ///< Ctrl-C ends the watching and not the command
  std::string config_file = TYKUP_SOURCE_DIR "/docs/examples/tykup.toml";
  std::string machine_id = {};

  Host() { daemon.statuses.push_back(read_file(golden_path("status_waiting.json"))); }

  Outcome perform(Verb const& verb) {
    std::istringstream in(typed);
    std::ostringstream out;
    std::ostringstream err;
    World world{.daemon = daemon,
                .journal = journal,
                .screen = {in, out, err, asks, live, view_of(live ? 100 : 0, color)},
                .now = [this] { return daemon.now; },
                .config_file = config_file,
                .interrupts = {[this] { heeded = true; }, [this] { return daemon.waits >= interrupted_after; }},
                .machine_id = machine_id};
    world.screen.view.height = height;
    auto const code = cli::perform(world, verb);
    return {number(code), out.str(), err.str()};
  }
};

inline std::string with_state(std::string const& state) {
  auto status = document("status_waiting");
  status["state"] = state;
  return status.dump();
}

}  // namespace tykup::cli::test
