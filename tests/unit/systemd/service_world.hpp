#pragma once

#include <string>
#include <vector>

#include "systemd/service.hpp"
#include "tests/unit/systemd/bus_world.hpp"

namespace tykup::fakes {

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

/// An agent that notes what it was asked for.
class Controls final : public agent::Controls {
 public:
  std::string state() override { return state_now; }
  std::string progress_json() override { return progress_now; }
  std::string status_json() override {
    if (defective) throw std::runtime_error("boom");
    return R"({"schema":1,"state":"idle"})";
  }
  std::string plan_json() override { return R"({"schema":1,"steps":[]})"; }
  Result<std::string> history_json(unsigned limit, std::string const& run) override {
    asked.push_back("history " + std::to_string(limit) + " " + run);
    return std::string{R"({"schema":1,"runs":[]})"};
  }
  Result<std::string> way_back_json(std::string const& component) override {
    asked.push_back("way back of " + component);
    return std::string{R"({"schema":1,"possible":true})"};
  }
  Result<std::string> roll_back(agent::Caller const& caller, std::string const& component, std::string const& to) override {
    asked.push_back("roll back " + component + " to " + to + " by " + caller.name);
    if (!outcome) return fail(outcome.error());
    return std::string{"run-8"};
  }
  Result<void> check(agent::Caller const& caller) override {
    asked.push_back("check by " + caller.name);
    return outcome;
  }
  Result<std::string> run(agent::Caller const& caller, std::string const& plan_hash, agent::RunOptions options) override {
    asked.push_back("run " + plan_hash + (options.ignore_unhealthy ? " anyway" : "") +
                    (options.override_freeze ? " in freeze" : "") + Spoken::without(options.without_way_back) +
                    (options.outside ? " outside: " + *options.outside : "") + " by " + caller.name);
    if (!outcome) return fail(outcome.error());
    return std::string{"run-7"};
  }
  Result<void> stop(agent::Caller const& caller) override {
    asked.push_back("stop by " + caller.name);
    return outcome;
  }

  Result<std::string> tell(agent::Caller const& caller, Word const& word) override {
    asked.push_back(std::visit(Spoken{}, word) + " by " + caller.name);
    if (!outcome) return fail(outcome.error());
    return std::string{"the-whole-hash"};
  }

  void fleet_json(agent::Answered answered) override {
    fleet_answers.push_back(std::move(answered));
    if (later) later();
  }
  void plan_fleet(agent::Caller const&, std::string word, agent::Answered answered) override {
    asked.push_back("plan " + word);
    answered(std::string{"planned"});
  }
  void steer_fleet(agent::Caller const& caller, std::string word, agent::Answered answered) override {
    asked.push_back("steer " + word + " by " + caller.name);
    if (defective) throw std::runtime_error("boom");
    fleet_answers.push_back(std::move(answered));
  }

  std::function<void()> later;
  std::vector<agent::Answered> fleet_answers;  ///< those that wait for etcd
  std::vector<std::string> asked;
  std::string state_now = "idle";
  std::string progress_now = R"({"schema":1,"run":null})";
  Result<void> outcome;
  bool defective = false;
};

/// The service on a bus whose driver and polkit are played by the peer. ":1.0" is root, every other name uid 65534.
class ServiceWorld {
 public:
  ServiceWorld() {
    peer.on("RequestName", [](bus::Message& call) { return call.reply().write(std::uint32_t{1}); });
    peer.on("GetConnectionUnixUser", [](bus::Message& call) {
      return call.reply().write(std::uint32_t{call.read_string().value() == ":1.0" ? 0U : 65534U});
    });
    peer.on("CheckAuthorization", [this](bus::Message& call) { return check_authorization(call); });
  }
  Result<void> start() { return run(loop, bus.start()); }

  struct Question {
    std::string subject;
    std::string action;
    std::uint32_t flags = 0;
  };

  boost::asio::io_context loop;
  Peer peer{loop};
  Controls controls;
  bus::SystemBus bus{loop.get_executor(), [this]() -> Result<std::shared_ptr<bus::Connection>> { return peer.connect(); },
                     bus::Backoff{std::chrono::milliseconds{1}, std::chrono::milliseconds{4}}};
  systemd::Service service{loop.get_executor(), bus, controls, "9.9.9"};
  bool polkit_says_yes = false;
  std::vector<Question> questions;

 private:
  bus::Message check_authorization(bus::Message& call) {
    Question question;
    (void)call.enter(SD_BUS_TYPE_STRUCT, "sa{sv}");
    question.subject = call.read_string().value();
    question.subject += " " + std::get<std::string>(call.read_properties().value().at("name"));
    (void)call.exit();
    question.action = call.read_string().value();
    sd_bus_message_skip(call.get(), "a{ss}");
    question.flags = call.read_u32().value();
    questions.push_back(question);
    bus::Message reply = call.reply();
    reply.open(SD_BUS_TYPE_STRUCT, "bba{ss}").write(polkit_says_yes).write(false).open(SD_BUS_TYPE_ARRAY, "{ss}").close().close();
    return reply;
  }
};

}  // namespace tykup::fakes
