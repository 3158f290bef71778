#include <systemd/sd-bus.h>

#include <cctype>
#include <string>
#include <system_error>

#include "systemd/bus/message.hpp"

namespace tykup::bus {
namespace {

constexpr std::string_view kOurErrors = "org.tykup1.Error.";
constexpr std::size_t kMostDetail = 4096;

std::string camel_case(std::string_view snake) {
  std::string camel;
  bool upper = true;
  for (char const c : snake) {
    if (c != '_') camel += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '_';
  }
  return camel;
}

std::string snake_case(std::string_view camel) {
  std::string snake;
  for (char const c : camel) {
    bool const upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    if (upper && !snake.empty()) snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return snake;
}

ErrorKind kind_of(std::string_view name) {
  if (name.substr(0, kOurErrors.size()) == kOurErrors) {
    return error_kind_from(snake_case(name.substr(kOurErrors.size())));
  }
  if (name == SD_BUS_ERROR_ACCESS_DENIED || name == SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED) {
    return ErrorKind::NotAllowed;
  }
  if (name == SD_BUS_ERROR_SERVICE_UNKNOWN || name == SD_BUS_ERROR_NAME_HAS_NO_OWNER ||
      name == SD_BUS_ERROR_UNKNOWN_OBJECT || name == "org.freedesktop.systemd1.NoSuchUnit") {
    return ErrorKind::NotFound;
  }
  if (name == SD_BUS_ERROR_INVALID_ARGS) return ErrorKind::BadRequest;
  return ErrorKind::Internal;
}

}  // namespace

std::string error_name(ErrorKind kind) { return std::string{kOurErrors} + camel_case(to_string(kind)); }

Message error_reply(Message const& call, Error const& error) {
  std::string text = error.message;
  if (!error.detail.empty()) text += "\n" + error.detail.substr(0, kMostDetail);
  return call.error_reply(error_name(error.kind), text);
}

Error error_from_bus(char const* name, char const* text) {
  std::string const safe_name = name == nullptr ? std::string{} : std::string{name};
  std::string sentence = text == nullptr ? std::string{} : std::string{text};
  if (sentence.empty()) sentence = safe_name;
  return Error{kind_of(safe_name), std::move(sentence), safe_name};
}

Error error_from_errno(int status, std::string_view what) {
  std::string text = "cannot " + std::string{what} + ": " + std::generic_category().message(status < 0 ? -status : status);
  return Error{ErrorKind::Internal, std::move(text)};
}

}  // namespace tykup::bus
