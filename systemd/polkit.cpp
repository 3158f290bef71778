#include "systemd/polkit.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <systemd/sd-bus-protocol.h>

#include <array>
#include <chrono>
#include <utility>

namespace tykup::systemd {
namespace {

using bus::Connection;
using bus::Message;

constexpr Duration kSoon = std::chrono::seconds{10};
/// A person is typing a password.
constexpr Duration kQuestion = std::chrono::minutes{2};
constexpr std::uint32_t kAllowQuestion = 1;

std::string name_of(std::uint32_t uid) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return found->pw_name;
  return fmt::format("uid {}", uid);
}

Message user_question(Connection& connection, Message const& call) {
  Message question =
      connection.method_call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixUser");
  question.write(call.sender());
  return question;
}

Message polkit_question(Connection& connection, Message const& call, std::string const& action) {
  Message question = connection.method_call("org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
                                            "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
  question.open(SD_BUS_TYPE_STRUCT, "sa{sv}").write("system-bus-name").open(SD_BUS_TYPE_ARRAY, "{sv}");
  question.open(SD_BUS_TYPE_DICT_ENTRY, "sv").write("name");
  question.open(SD_BUS_TYPE_VARIANT, "s").write(call.sender()).close().close().close().close();
  question.write(action).open(SD_BUS_TYPE_ARRAY, "{ss}").close();
  question.write(call.may_ask() ? kAllowQuestion : std::uint32_t{0}).write("");
  return question;
}

Result<bool> is_authorized(Message& answer) {
  if (auto entered = answer.enter(SD_BUS_TYPE_STRUCT, "bba{ss}"); !entered) return fail(entered.error());
  return answer.read_bool();
}

Error refusal(std::string const& who, std::string const& action, Error const& why) {
  if (why.kind == ErrorKind::NotFound) {
    return {ErrorKind::NotAllowed,
            fmt::format("{} may not do this: polkit, which decides over {}, is not running, so only root may; use sudo", who, action)};
  }
  return {ErrorKind::NotAllowed,
          fmt::format("{} may not do this: polkit could not be asked about {}: {}; use sudo", who, action, why.message)};
}

Result<void> judge(std::string const& who, std::string const& action, Result<Message>& answer) {
  if (!answer) return fail(refusal(who, action, answer.error()));
  auto const authorized = is_authorized(*answer);
  if (!authorized) return fail(refusal(who, action, authorized.error()));
  if (*authorized) return {};
  return fail(ErrorKind::NotAllowed,
              fmt::format("{} may not do this: polkit did not authorize the action {}; authenticate as an administrator or "
                          "use sudo",
                          who, action));
}

Result<agent::Caller> caller_from(Result<Message>& answer) {
  if (!answer) return fail(ErrorKind::NotAllowed, "the bus does not say who is calling: " + answer.error().message);
  auto const uid = answer->read_u32();
  if (!uid) return fail(ErrorKind::NotAllowed, "the bus does not say who is calling: " + uid.error().message);
  return agent::Caller{*uid, name_of(*uid)};
}

}  // namespace

bus::Awaitable<Result<agent::Caller>> Gatekeeper::authorize(std::shared_ptr<Connection> connection, Message call,
                                                            std::string action) {
  Message question = user_question(*connection, call);
  Result<Message> answer = co_await connection->call(std::move(question), kSoon);
  Result<agent::Caller> caller = caller_from(answer);
  if (!caller || caller->uid == 0) co_return caller;
  Result<void> const allowed = co_await ask_polkit(connection, call, action, caller->name);
  if (!allowed) caller = fail(allowed.error());
  co_return caller;
}

bus::Awaitable<Result<void>> Gatekeeper::ask_polkit(std::shared_ptr<Connection> connection, Message call,
                                                    std::string action, std::string who) {
  Result<void> allowed = fail(ErrorKind::Busy, "too many requests wait for polkit; try again in a moment, or use sudo");
  if (questions_ >= kMostQuestions) co_return allowed;
  ++questions_;
  Message question = polkit_question(*connection, call, action);
  Duration const limit = call.may_ask() ? kQuestion : kSoon;
  Result<Message> answer = co_await connection->call(std::move(question), limit);
  --questions_;
  allowed = judge(who, action, answer);
  co_return allowed;
}

}  // namespace tykup::systemd
