#include "systemd/client/manager_client.hpp"

#include <systemd/sd-bus.h>

#include <cctype>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace tykup::systemd {
namespace {

using cli::Answer;
using cli::Refusal;

constexpr char const* kService = "org.tykup1";
constexpr char const* kPath = "/org/tykup1";
constexpr char const* kInterface = "org.tykup1.Manager";
constexpr std::string_view kOurErrors = "org.tykup1.Error.";
constexpr Duration kQuestion = std::chrono::seconds{25};
constexpr Duration kEtcd = kQuestion;  // the daemon answers for etcd before it
constexpr Duration kPassword = std::chrono::minutes{3};  // the service gives polkit two and a half

struct Unref {
  void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
  void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
};
using Bus = std::unique_ptr<sd_bus, Unref>;
using Message = std::unique_ptr<sd_bus_message, Unref>;
using Slot = std::unique_ptr<sd_bus_slot, Unref>;

struct BusError {
  BusError() = default;
  BusError(BusError const&) = delete;
  BusError& operator=(BusError const&) = delete;
  ~BusError() { sd_bus_error_free(&raw); }
  sd_bus_error raw = SD_BUS_ERROR_NULL;
};

std::string snake_case(std::string_view camel) {
  std::string snake;
  for (char const c : camel) {
    bool const upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    if (upper && !snake.empty()) snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return snake;
}

bool is_denial(std::string_view name) {
  return name == SD_BUS_ERROR_ACCESS_DENIED || name == SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED ||
         name == SD_BUS_ERROR_AUTH_FAILED;
}

bool is_absence(std::string_view name) {
  return name == SD_BUS_ERROR_SERVICE_UNKNOWN || name == SD_BUS_ERROR_NAME_HAS_NO_OWNER ||
         name == SD_BUS_ERROR_NO_REPLY || name == SD_BUS_ERROR_TIMEOUT || name == SD_BUS_ERROR_DISCONNECTED ||
         name == SD_BUS_ERROR_NO_SERVER || name == "System.Error.ECONNRESET" || name == "System.Error.ENOTCONN" ||
         name == "System.Error.EPIPE" || name == "System.Error.ETIMEDOUT";
}

/// The service sends a sentence, and detail on the lines after it.
Error split_detail(ErrorKind kind, std::string const& text) {
  auto const end = text.find('\n');
  return {kind, text.substr(0, end), end == std::string::npos ? std::string{} : text.substr(end + 1)};
}

Refusal refusal_of(sd_bus_error const& error) {
  std::string_view const name = error.name == nullptr ? "" : error.name;
  std::string const text = error.message == nullptr ? std::string(name) : error.message;
  if (is_denial(name)) return {Refusal::Kind::Denied, split_detail(ErrorKind::NotAllowed, text)};
  if (is_absence(name)) return {Refusal::Kind::Unreachable, split_detail(ErrorKind::NotFound, text)};
  if (!name.starts_with(kOurErrors)) return {Refusal::Kind::Failed, split_detail(ErrorKind::Internal, text)};
  return {Refusal::Kind::Failed, split_detail(error_kind_from(snake_case(name.substr(kOurErrors.size()))), text)};
}

Refusal unreachable(int status, std::string const& what) {
  return {Refusal::Kind::Unreachable,
          Error{ErrorKind::NotFound, what + ": " + std::generic_category().message(status < 0 ? -status : status)}};
}

Refusal unreadable() {
  return {Refusal::Kind::Failed,
          Error{ErrorKind::BadRequest, "tykupd answered with something that this command cannot read."}};
}

tl::unexpected<Refusal> no(Refusal refusal) {
  return tl::unexpected<Refusal>(std::move(refusal));
}

int changed(sd_bus_message*, void* userdata, sd_bus_error*) {
  *static_cast<bool*>(userdata) = true;
  return 0;
}

}  // namespace

class ManagerClient::Link {
 public:
  Link(std::optional<int> peer, bool may_ask) : peer_(peer), may_ask_(may_ask) {}

  /// `Args` are written by `signature`.
  template <typename... Args>
  Answer<Message> call(char const* member, Duration limit, char const* signature, Args... args) {
    return call_with_list(member, limit, nullptr, signature, args...);
  }
  /// The list comes after `Args`, where there is one.
  template <typename... Args>
  Answer<Message> call_with_list(char const* member, Duration limit, std::vector<std::string> const* list, char const* signature,
                                 Args... args) {
    if (auto const connected = connect(); !connected) return no(connected.error());
    sd_bus_message* raw = nullptr;
    int status = sd_bus_message_new_method_call(bus_.get(), &raw, kService, kPath, kInterface, member);
    Message const request(raw);
    if (status >= 0 && limit > kQuestion)
      status = sd_bus_message_set_allow_interactive_authorization(raw, may_ask_ ? 1 : 0);
    if constexpr (sizeof...(args) > 0) {
      if (status >= 0) status = sd_bus_message_append(raw, signature, args...);
    } else {
      std::ignore = signature;
    }
    if (status >= 0 && list != nullptr) status = append(raw, *list);
    if (status < 0)
      return no({Refusal::Kind::Failed, Error{ErrorKind::BadRequest, std::generic_category().message(-status)}});
    return send(raw, limit);
  }

  void wait(Duration limit) {
    auto const deadline = std::chrono::steady_clock::now() + limit;
    changed_ = false;
    interrupted_ = false;
    while (!changed_ && !interrupted_) {
      auto const left = std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now());
      if (left <= Duration::zero()) return;
      if (process(left)) continue;
      bus_.reset();
      std::this_thread::sleep_for(left);
    }
  }

 private:
  Answer<void> connect() {
    if (bus_ && sd_bus_is_open(bus_.get()) > 0) return {};
    sd_bus* raw = nullptr;
    int const opened = peer_ ? open_peer(&raw) : sd_bus_open_system_with_description(&raw, "tykup");
    slot_.reset();
    bus_.reset(raw);
    if (opened < 0) return no(unreachable(opened, peer_ ? "the peer is gone" : "the system bus cannot be reached"));
    return listen();
  }

  /// A match for the sender's name needs a bus that knows names.
  Answer<void> listen() {
    sd_bus_slot* slot = nullptr;
    int const status = sd_bus_match_signal(bus_.get(), &slot, peer_ ? nullptr : kService, kPath,
                                           "org.freedesktop.DBus.Properties", "PropertiesChanged", changed, &changed_);
    slot_.reset(slot);
    if (status < 0) return no(unreachable(status, "the system bus does not pass signals on"));
    return {};
  }

  static int append(sd_bus_message* request, std::vector<std::string> const& list) {
    int status = sd_bus_message_open_container(request, SD_BUS_TYPE_ARRAY, "s");
    for (auto const& text : list)
      if (status >= 0) status = sd_bus_message_append_basic(request, SD_BUS_TYPE_STRING, text.c_str());
    return status < 0 ? status : sd_bus_message_close_container(request);
  }

  int open_peer(sd_bus** bus) {
    int const fd = std::exchange(*peer_, -1);
    if (fd < 0) return -ENOTCONN;
    int status = sd_bus_new(bus);
    if (status >= 0) status = sd_bus_set_fd(*bus, fd, fd);
    return status >= 0 ? sd_bus_start(*bus) : status;
  }

  Answer<Message> send(sd_bus_message* request, Duration limit) {
    BusError error;
    sd_bus_message* reply = nullptr;
    auto const usec = static_cast<std::uint64_t>(limit.count());
    int const status = sd_bus_call(bus_.get(), request, usec, &error.raw, &reply);
    Message answer(reply);
    if (status >= 0) return answer;
    if (sd_bus_error_is_set(&error.raw) != 0) return no(refusal_of(error.raw));
    return no(unreachable(status, "the call failed"));
  }

  /// Handles one message or waits for it; false: the connection is gone.
  bool process(Duration left) {
    if (!bus_ || sd_bus_is_open(bus_.get()) <= 0) return false;
    int const handled = sd_bus_process(bus_.get(), nullptr);
    if (handled != 0) return handled > 0;
    int const waited = sd_bus_wait(bus_.get(), static_cast<std::uint64_t>(left.count()));
    interrupted_ = waited == -EINTR;
    return waited >= 0 || interrupted_;
  }

  std::optional<int> peer_;
  bool may_ask_;
  bool changed_ = false;
  bool interrupted_ = false;
  Bus bus_;
  Slot slot_;  // after the bus: it goes first
};

namespace {

Answer<std::string> text_in(Answer<Message> const& answer) {
  if (!answer) return no(answer.error());
  char const* text = nullptr;
  if (sd_bus_message_read_basic(answer->get(), 's', &text) <= 0) return no(unreadable());
  return std::string(text);
}

std::vector<std::string> texts_of(std::vector<NamedVersion> const& named) {
  std::vector<std::string> texts;
  for (auto const& each : named) texts.push_back(to_string(each));
  return texts;
}

Answer<void> nothing_in(Answer<Message> const& answer) {
  if (!answer) return no(answer.error());
  return {};
}

}  // namespace

ManagerClient::ManagerClient(std::unique_ptr<Link> link) : link_(std::move(link)) {}
ManagerClient::ManagerClient(ManagerClient&&) noexcept = default;
ManagerClient& ManagerClient::operator=(ManagerClient&&) noexcept = default;
ManagerClient::~ManagerClient() = default;

ManagerClient ManagerClient::on_system_bus(bool may_ask) {
  return ManagerClient(std::make_unique<Link>(std::nullopt, may_ask));
}
ManagerClient ManagerClient::to_peer(int fd) {
  return ManagerClient(std::make_unique<Link>(fd, false));
}

Answer<std::string> ManagerClient::status() {
  return text_in(link_->call("GetStatus", kQuestion, ""));
}
Answer<std::string> ManagerClient::plan() {
  return text_in(link_->call("GetPlan", kQuestion, ""));
}

Answer<std::string> ManagerClient::history(unsigned limit, std::string const& run) {
  return text_in(link_->call("GetHistory", kQuestion, "us", std::uint32_t{limit}, run.c_str()));
}

Answer<void> ManagerClient::check() {
  return nothing_in(link_->call("Check", kPassword, ""));
}

Answer<std::string> ManagerClient::run(std::string const& plan_hash, bool ignore_unhealthy, bool override_freeze,
                                       std::vector<NamedVersion> const& without_way_back) {
  auto const steps = texts_of(without_way_back);
  if (!steps.empty())
    return text_in(link_->call_with_list("RunWithoutWayBack", kPassword, &steps, "sbb", plan_hash.c_str(), ignore_unhealthy ? 1 : 0,
                                         override_freeze ? 1 : 0));
  return text_in(link_->call(override_freeze ? "RunInFreeze" : "Run", kPassword, "sb", plan_hash.c_str(), ignore_unhealthy ? 1 : 0));
}

Answer<std::string> ManagerClient::plan_outside_fleet() {
  return text_in(link_->call("GetPlanOutsideFleet", kQuestion, ""));
}

Answer<std::string> ManagerClient::run_outside_fleet(cli::OutsideRun const& asked) {
  auto const steps = texts_of(asked.without_way_back);
  return text_in(link_->call_with_list("RunOutsideFleet", kPassword, &steps, "sbbs", asked.plan_hash.c_str(), asked.ignore_unhealthy ? 1 : 0,
                                       asked.override_freeze ? 1 : 0, asked.reason.c_str()));
}

Answer<std::string> ManagerClient::way_back(std::string const& component) {
  return text_in(link_->call("GetWayBack", kQuestion, "s", component.c_str()));
}

Answer<std::string> ManagerClient::roll_back(std::string const& component, std::string const& to) {
  return text_in(link_->call("RollBack", kPassword, "ss", component.c_str(), to.c_str()));
}

Answer<void> ManagerClient::stop() {
  return nothing_in(link_->call("Stop", kPassword, ""));
}

Answer<std::string> ManagerClient::tell(Word const& word) {
  auto const silent = [](Answer<Message> const& answer) -> Answer<std::string> {
    if (!answer) return no(answer.error());
    return std::string{};
  };
  auto const instant = [](std::optional<Instant> const& at) { return at ? to_rfc3339(*at) : std::string{}; };
  if (auto const* hold = std::get_if<word::Hold>(&word))
    return silent(link_->call("Hold", kPassword, "sss", hold->component.c_str(), instant(hold->until).c_str(), hold->reason.c_str()));
  if (auto const* release = std::get_if<word::Release>(&word))
    return silent(link_->call("Release", kPassword, "s", release->component.c_str()));
  if (auto const* approve = std::get_if<word::Approve>(&word)) {
    auto const steps = texts_of(approve->without_way_back);
    return text_in(link_->call_with_list(steps.empty() ? "Approve" : "ApproveWithoutWayBack", kPassword,
                                         steps.empty() ? nullptr : &steps, "ss", approve->plan.c_str(),
                                         instant(approve->until).c_str()));
  }
  return silent(link_->call("ForgetBad", kPassword, "s", std::get<word::ForgetBad>(word).component.c_str()));
}

Answer<std::string> ManagerClient::fleet() {
  return text_in(link_->call("GetFleet", kEtcd, ""));
}
Answer<std::string> ManagerClient::plan_fleet(std::string const& word) {
  return text_in(link_->call("PlanFleet", kEtcd, "s", word.c_str()));
}
Answer<std::string> ManagerClient::steer_fleet(std::string const& word) {
  return text_in(link_->call("SteerFleet", kPassword, "s", word.c_str()));
}

void ManagerClient::wait(Duration limit) {
  link_->wait(limit);
}

}  // namespace tykup::systemd
