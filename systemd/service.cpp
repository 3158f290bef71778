#include "systemd/service.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <systemd/sd-bus.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "daemon/core/timestamp.hpp"
#include "systemd/service_vtable.hpp"

namespace tykup::systemd {
namespace {

using bus::Connection;
using bus::Message;

constexpr Duration kLimit = std::chrono::seconds{10};
constexpr unsigned kMostHistory = 1000;
constexpr std::size_t kMostRunId = 120;
constexpr std::size_t kMostHash = 128;
constexpr std::size_t kLongestText = 1000;
constexpr std::size_t kLongestReason = 400;  // as for every word to a fleet
constexpr std::size_t kMostSteps = 100;
constexpr std::size_t kLongestFleetWord = 256 * 1024;  // a policy with some hundred data centres
constexpr char const* kSteerAction = "org.tykup1.fleet";
constexpr Duration kBetweenProgress = std::chrono::milliseconds{250};
constexpr std::uint32_t kDoNotQueue = 4;
constexpr std::uint32_t kPrimaryOwner = 1;
constexpr std::uint32_t kAlreadyOwner = 4;

bool all_of_text(std::string const& text, bool (*good)(char)) { return std::all_of(text.begin(), text.end(), good); }
bool in_run_id(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}
bool in_hash(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

/// What can be said by the kind of the call alone.
std::string action_of(Service::Change change) {
  switch (change) {
    case Service::Change::Check: return "org.tykup1.check";
    case Service::Change::Run:
    case Service::Change::RunOutsideFleet:
    case Service::Change::RunWithoutWayBack: return "org.tykup1.run-outside-window";
    case Service::Change::RunInFreeze: return "org.tykup1.override-freeze";
    case Service::Change::Hold:
    case Service::Change::Release: return "org.tykup1.hold";
    case Service::Change::Approve:
    case Service::Change::ApproveWithoutWayBack: return "org.tykup1.approve";
    case Service::Change::ForgetBad: return "org.tykup1.forget-bad";
    case Service::Change::RollBack: return "org.tykup1.roll-back";
    case Service::Change::Stop: break;
  }
  return "org.tykup1.stop";
}

/// The steps that an operator names, each as "COMPONENT=VERSION".
Result<std::vector<NamedVersion>> steps_in(Message& call) {
  auto const texts = call.read_strings();
  if (!texts) return fail(texts.error());
  if (texts->size() > kMostSteps) return fail(ErrorKind::BadRequest, fmt::format("more than {} steps are named", kMostSteps));
  std::vector<NamedVersion> steps;
  for (auto const& text : *texts) {
    auto step = parse_named_version(text);
    if (!step) return fail(with_context(step.error(), "steps"));
    steps.push_back(std::move(*step));
  }
  return steps;
}

/// The like, and there is one.
Result<std::vector<NamedVersion>> some_steps_in(Message& call) {
  auto steps = steps_in(call);
  if (steps && steps->empty()) return fail(ErrorKind::BadRequest, "steps: none is named");
  return steps;
}

Result<std::string> reason_in(Message& call) {
  auto reason = call.read_string();
  if (!reason) return reason;
  if (reason->empty()) return fail(ErrorKind::BadRequest, "reason is empty: a run outside the order of the fleet is recorded with it");
  if (reason->size() > kLongestReason) return fail(ErrorKind::BadRequest, fmt::format("reason is longer than {} bytes", kLongestReason));
  return reason;
}

struct RunArguments {
  std::string plan_hash;
  agent::RunOptions options;
};

Result<RunArguments> run_arguments(Message call, Service::Change change) {
  bool const outside = change == Service::Change::RunOutsideFleet;
  bool const names_steps = outside || change == Service::Change::RunWithoutWayBack;
  call.rewind();
  auto hash = call.read_string();
  if (!hash) return fail(hash.error());
  auto const ignore_unhealthy = call.read_bool();
  if (!ignore_unhealthy) return fail(ignore_unhealthy.error());
  if (auto sound = check_run_arguments(*hash); !sound) return fail(sound.error());
  RunArguments arguments{std::move(*hash), {*ignore_unhealthy, change == Service::Change::RunInFreeze}};
  if (!names_steps) return arguments;
  auto const override_freeze = call.read_bool();
  if (!override_freeze) return fail(override_freeze.error());
  if (outside) {
    auto reason = reason_in(call);
    if (!reason) return fail(reason.error());
    arguments.options.outside = std::move(*reason);
  }
  auto steps = outside ? steps_in(call) : some_steps_in(call);
  if (!steps) return fail(steps.error());
  arguments.options.override_freeze = *override_freeze;
  arguments.options.without_way_back = std::move(*steps);
  return arguments;
}

/// A run that names steps without a way back approves them as well; one outside the order steers the fleet.
std::vector<std::string> actions_of(Message const& call, Service::Change change) {
  bool const outside = change == Service::Change::RunOutsideFleet;
  if (!outside && change != Service::Change::RunWithoutWayBack) return {action_of(change)};
  auto const arguments = run_arguments(call, change);
  bool const in_freeze = arguments && arguments->options.override_freeze;
  std::vector<std::string> actions{action_of(in_freeze ? Service::Change::RunInFreeze : change)};
  if (outside) actions.emplace_back(kSteerAction);
  bool const approves = !arguments || !arguments->options.without_way_back.empty();
  if (approves) actions.push_back(action_of(Service::Change::Approve));
  return actions;
}

/// The texts that a call hands over, in their order.
Result<std::vector<std::string>> texts_in(Message call, std::size_t count) {
  call.rewind();
  std::vector<std::string> texts;
  while (texts.size() < count) {
    auto text = call.read_string();
    if (!text) return fail(text.error());
    if (text->size() > kLongestText) return fail(ErrorKind::BadRequest, fmt::format("a text is longer than {} bytes", kLongestText));
    texts.push_back(std::move(*text));
  }
  return texts;
}

Result<Word> hold_in(Message const& call) {
  auto const texts = texts_in(call, 3);
  if (!texts) return fail(texts.error());
  auto const until = check_until((*texts)[1]);
  if (!until) return fail(until.error());
  return Word{word::Hold{(*texts)[0], *until, (*texts)[2]}};
}

Result<Word> approval_in(Message call, Service::Change change) {
  auto const texts = texts_in(call, 2);
  if (!texts) return fail(texts.error());
  if (auto sound = check_run_arguments((*texts)[0]); !sound) return fail(sound.error());
  auto const until = check_until((*texts)[1]);
  if (!until) return fail(until.error());
  if (change == Service::Change::Approve) return Word{word::Approve{(*texts)[0], *until}};
  auto steps = some_steps_in(call);
  if (!steps) return fail(steps.error());
  return Word{word::Approve{(*texts)[0], *until, std::move(*steps)}};
}

bool is_run(Service::Change change) {
  using enum Service::Change;
  return change == Run || change == RunInFreeze || change == RunWithoutWayBack || change == RunOutsideFleet;
}
bool is_bare(Service::Change change) { return change == Service::Change::Check || change == Service::Change::Stop; }
bool is_approval(Service::Change change) {
  return change == Service::Change::Approve || change == Service::Change::ApproveWithoutWayBack;
}

/// What an operator says with that call.
Result<Word> word_in(Message const& call, Service::Change change) {
  if (change == Service::Change::Hold) return hold_in(call);
  if (is_approval(change)) return approval_in(call, change);
  auto const component = texts_in(call, 1);
  if (!component) return fail(component.error());
  if (change == Service::Change::Release) return Word{word::Release{component->front()}};
  return Word{word::ForgetBad{component->front()}};
}

/// What can be said without knowing who asks is said before anybody is asked for a password.
Result<void> check_arguments(Message const& call, Service::Change change) {
  if (is_bare(change)) return {};
  if (change == Service::Change::RollBack) {
    auto const texts = texts_in(call, 2);
    return texts ? check_component(texts->front()) : Result<void>{fail(texts.error())};
  }
  if (is_run(change)) {
    auto const arguments = run_arguments(call, change);
    return arguments ? Result<void>{} : Result<void>{fail(arguments.error())};
  }
  auto const word = word_in(call, change);
  return word ? Result<void>{} : Result<void>{fail(word.error())};
}

Message driver_call(Connection& connection, char const* member) {
  return connection.method_call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", member);
}

Result<void> judge_name(Result<Message>& answer) {
  if (!answer) {
    return fail(answer.error().kind, fmt::format("the bus does not let this process have the name {}: {} (runs as user tykup? "
                                                 "is its bus policy org.tykup1.conf installed?)",
                                                 kBusName, answer.error().message));
  }
  auto const code = answer->read_u32();
  if (!code) return fail(code.error());
  if (*code == kPrimaryOwner || *code == kAlreadyOwner) return {};
  return fail(ErrorKind::Busy, "another tykupd is running");
}

std::string other_process(Result<Message>& answer) {
  if (!answer) return {};
  auto const pid = answer->read_u32();
  return pid ? fmt::format(" (process {})", *pid) : std::string{};
}

void report_defect(std::exception_ptr const& problem) {
  if (!problem) return;
  try {
    std::rethrow_exception(problem);
  } catch (std::exception const& e) {
    spdlog::error("a request on the bus was not answered: {}", e.what());
  }
}

}  // namespace

Result<void> check_history_arguments(unsigned limit, std::string const& run) {
  if (limit < 1 || limit > kMostHistory) {
    return fail(ErrorKind::BadRequest, fmt::format("limit is {}; it must be 1 to {}", limit, kMostHistory));
  }
  if (run.size() > kMostRunId || !all_of_text(run, in_run_id)) {
    return fail(ErrorKind::BadRequest, "run is not the id of a run; `tykup history` shows them");
  }
  return {};
}

Result<void> check_run_arguments(std::string const& plan_hash) {
  if (plan_hash.empty() || plan_hash.size() > kMostHash || !all_of_text(plan_hash, in_hash)) {
    return fail(ErrorKind::BadRequest, "plan_hash is not the hash of a plan; `tykup plan` shows it");
  }
  return {};
}

Result<void> check_component(std::string const& component) {
  if (component.empty()) return fail(ErrorKind::BadRequest, "component is empty; `tykup status` shows the names");
  if (component.size() > kMostRunId) return fail(ErrorKind::BadRequest, "component is not the name of one; `tykup status` shows them");
  return {};
}

Result<std::optional<Instant>> check_until(std::string const& text) {
  if (text.empty()) return std::optional<Instant>{};
  auto const instant = parse_instant(text);
  if (!instant) return fail(ErrorKind::BadRequest, "until is no instant; one is 2026-12-18T18:00:00Z, or nothing for no end");
  return instant;
}

Result<void> check_fleet_word(std::string const& word) {
  if (word.empty()) return fail(ErrorKind::BadRequest, "word is empty; `tykup fleet` says them");
  if (word.size() > kLongestFleetWord) return fail(ErrorKind::BadRequest, fmt::format("word is longer than {} bytes", kLongestFleetWord));
  return {};
}

Service::Service(boost::asio::any_io_executor executor, bus::SystemBus& bus, agent::Controls& controls, std::string version)
    : executor_(std::move(executor)), controls_(controls), version_(std::move(version)), progress_(controls.progress_json()), progress_pause_(executor_) {
  bus.on_connect([this](std::shared_ptr<Connection> connection) { return set_up(std::move(connection)); });
}

bus::Awaitable<Result<void>> Service::set_up(std::shared_ptr<Connection> connection) {
  int const r = sd_bus_add_object_vtable(connection->raw(), nullptr, kObjectPath, kInterface, manager_vtable(), this);
  if (r < 0) {
    Result<void> refused = fail(bus::error_from_errno(r, "export the object /org/tykup1"));
    co_return refused;
  }
  connection_ = connection;
  co_return co_await take_name(std::move(connection));
}

bus::Awaitable<Result<void>> Service::take_name(std::shared_ptr<Connection> connection) {
  Message request = driver_call(*connection, "RequestName");
  request.write(kBusName).write(kDoNotQueue);
  Result<Message> answer = co_await connection->call(std::move(request), kLimit);
  Result<void> taken = judge_name(answer);
  if (taken || taken.error().kind != ErrorKind::Busy) co_return taken;
  Message who = driver_call(*connection, "GetConnectionUnixProcessID");
  who.write(kBusName);
  Result<Message> owner = co_await connection->call(std::move(who), kLimit);
  taken = fail(ErrorKind::Busy, fmt::format("another tykupd{} is running: it has the name {} on the system bus; look at "
                                            "`systemctl status tykupd` and end the one that systemd did not start",
                                            other_process(owner), kBusName));
  co_return taken;
}

void Service::status_changed(std::string const& text) {
  std::string const state = controls_.state();
  bool const new_text = text != text_;
  bool const new_state = state != state_;
  text_ = text;
  state_ = state;
  std::vector<char const*> changed;
  if (new_state) changed.push_back("State");
  if (new_text) changed.push_back("StatusText");
  emit(std::move(changed));
  if (!progress_waits_) tell_progress();
}

/// What comes while it pauses is told, as it is then, at the end of the pause.
void Service::tell_progress() {
  progress_waits_ = false;
  std::string progress = controls_.progress_json();
  if (progress == progress_) return;
  progress_ = std::move(progress);
  emit({"Progress"});
  progress_waits_ = true;
  progress_pause_.expires_after(kBetweenProgress);
  progress_pause_.async_wait([this](boost::system::error_code error) {
    if (!error) tell_progress();
  });
}

void Service::emit(std::vector<char const*> properties) {
  auto const connection = connection_.lock();
  if (!connection || !connection->alive() || properties.empty()) return;
  std::vector<char*> names;
  // The interface is not const-correct; it only reads.
  for (char const* const name : properties) names.push_back(const_cast<char*>(name));
  names.push_back(nullptr);
  int const r = sd_bus_emit_properties_changed_strv(connection->raw(), kObjectPath, kInterface, names.data());
  if (r < 0) spdlog::debug("PropertiesChanged was not sent: {}", bus::error_from_errno(r, "send").message);
  connection->wake();
}

void Service::answer(Message const& call, Result<std::string> const& text) {
  auto const connection = connection_.lock();
  if (!connection) return;
  Message reply = text ? call.reply().write(*text) : bus::error_reply(call, text.error());
  if (auto sent = connection->send(std::move(reply)); !sent) spdlog::debug("no answer: {}", sent.error().message);
}

void Service::serve(Message call, Change change) {
  auto const connection = connection_.lock();
  if (!connection) return;
  if (auto sound = check_arguments(call, change); !sound) return answer(call, fail(sound.error()));
  boost::asio::co_spawn(executor_, serve_change(connection, std::move(call), change), report_defect);
}

bus::Awaitable<void> Service::serve_change(std::shared_ptr<Connection> connection, Message call, Change change) {
  std::vector<std::string> const actions = actions_of(call, change);
  Result<agent::Caller> caller = fail(ErrorKind::NotAllowed, "nothing was asked for");
  for (std::string const& each : actions) {
    std::string action = each;
    caller = co_await gatekeeper_.authorize(connection, call, std::move(action));
    if (!caller) break;
  }
  Result<Message> outcome = caller ? carry_out(call, change, *caller) : Result<Message>{fail(caller.error())};
  Message reply = outcome ? std::move(*outcome) : bus::error_reply(call, outcome.error());
  if (auto sent = connection->send(std::move(reply)); !sent) spdlog::debug("no answer: {}", sent.error().message);
}

agent::Answered Service::to(Message call) {
  return [alive = std::weak_ptr<Service*>(alive_), call = std::move(call)](Result<std::string> const& text) {
    if (auto const service = alive.lock()) (*service)->answer(call, text);
  };
}

void Service::get_fleet(Message const& call) { controls_.fleet_json(to(call)); }

void Service::plan_fleet(Message call) {
  auto const word = call.read_string();
  if (!word) return answer(call, fail(word.error()));
  if (auto const sound = check_fleet_word(*word); !sound) return answer(call, fail(sound.error()));
  // It changes nothing: who asks does not matter.
  controls_.plan_fleet({}, *word, to(call));
}

void Service::steer_fleet(Message call) {
  auto const connection = connection_.lock();
  if (!connection) return;
  auto word = call.read_string();
  if (!word) return answer(call, fail(word.error()));
  if (auto const sound = check_fleet_word(*word); !sound) return answer(call, fail(sound.error()));
  boost::asio::co_spawn(executor_, serve_steering(connection, std::move(call), std::move(*word)), report_defect);
}

bus::Awaitable<void> Service::serve_steering(std::shared_ptr<Connection> connection, Message call, std::string word) {
  std::string action = kSteerAction;
  Result<agent::Caller> caller = co_await gatekeeper_.authorize(connection, call, std::move(action));
  if (caller) {
    begin_steering(*caller, std::move(word), std::move(call));
  } else {
    answer(call, fail(caller.error()));
  }
}

void Service::begin_steering(agent::Caller const& caller, std::string word, Message call) {
  try {
    controls_.steer_fleet(caller, std::move(word), to(call));
  } catch (std::exception const& e) {
    answer(call, fail(ErrorKind::Internal, std::string{"a defect of tykupd: "} + e.what()));
  }
}

Result<Message> Service::carry_out_run(Message const& call, Change change, agent::Caller const& caller) {
  auto const arguments = run_arguments(call, change);
  if (!arguments) return fail(arguments.error());
  auto const run = controls_.run(caller, arguments->plan_hash, arguments->options);
  if (!run) return fail(run.error());
  return Message{call.reply().write(*run)};
}

Result<Message> Service::carry_out_roll_back(Message const& call, agent::Caller const& caller) {
  auto const texts = texts_in(call, 2);
  if (!texts) return fail(texts.error());
  auto const run = controls_.roll_back(caller, texts->front(), texts->back());
  if (!run) return fail(run.error());
  return Message{call.reply().write(*run)};
}

Result<Message> Service::carry_out_word(Message const& call, Change change, agent::Caller const& caller) {
  auto const word = word_in(call, change);
  if (!word) return fail(word.error());
  auto const kept = controls_.tell(caller, *word);
  if (!kept) return fail(kept.error());
  Message reply = call.reply();
  if (is_approval(change)) reply.write(*kept);
  return reply;
}

Result<Message> Service::carry_out(Message const& call, Change change, agent::Caller const& caller) {
  try {
    if (change == Change::RollBack) return carry_out_roll_back(call, caller);
    if (is_run(change)) return carry_out_run(call, change, caller);
    if (!is_bare(change)) return carry_out_word(call, change, caller);
    auto const done = change == Change::Check ? controls_.check(caller) : controls_.stop(caller);
    if (!done) return fail(done.error());
    return call.reply();
  } catch (std::exception const& e) {
    return fail(ErrorKind::Internal, std::string{"a defect of tykupd: "} + e.what());
  }
}

}  // namespace tykup::systemd
