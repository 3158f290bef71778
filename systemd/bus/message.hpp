#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/core/result.hpp"

struct sd_bus_message;

namespace tykup::bus {

/// The value of a property of a basic type; strings, object paths and signatures are all text.
using Value = std::variant<bool, std::int64_t, std::uint64_t, double, std::string>;
using Properties = std::map<std::string, Value>;

/// One D-Bus message, reference counted. Writing cannot fail at the call: the first failure is kept and reported when
/// the message is sent. Reading goes from front to back; an error (BadRequest) says what was there instead.
class Message {
 public:
  Message() = default;
  /// Takes over one reference.
  static Message adopt(sd_bus_message* message);
  /// Adds a reference of its own.
  static Message share(sd_bus_message* message);
  /// A message that could not even be made; reported when it is sent.
  static Message broken(int error);

  Message(Message const& other);
  Message(Message&& other) noexcept;
  Message& operator=(Message other) noexcept;
  ~Message();

  [[nodiscard]] sd_bus_message* get() const { return message_; }
  /// 0, or the negative errno of the first failure in writing.
  [[nodiscard]] int error() const { return error_; }

  /// Any bytes: what is not UTF-8 is replaced (`to_utf8`).
  Message& write(std::string_view text);
  Message& write(char const* text) { return write(std::string_view{text}); }
  Message& write(std::uint32_t number);
  Message& write(bool flag);
  Message& write(std::vector<std::string> const& texts);
  /// Containers: 'a', 'v', 'r' (struct), 'e' (dictionary entry), with the signature of the contents.
  Message& open(char type, char const* contents);
  Message& close();

  [[nodiscard]] Result<std::string> read_string();
  /// A list of strings (as).
  [[nodiscard]] Result<std::vector<std::string>> read_strings();
  [[nodiscard]] Result<std::uint32_t> read_u32();
  [[nodiscard]] Result<bool> read_bool();
  [[nodiscard]] Result<void> enter(char type, char const* contents);
  [[nodiscard]] Result<void> exit();
  /// An a{sv} of which the values of basic types are kept, the others skipped.
  [[nodiscard]] Result<Properties> read_properties();
  /// From the first argument again.
  void rewind();

  /// The unique name of who sent it, "" without a bus between.
  [[nodiscard]] std::string sender() const;
  /// The sender allows a question to be put to its user.
  [[nodiscard]] bool may_ask() const;

  /// An answer to this call.
  [[nodiscard]] Message reply() const;
  /// `name` as in "org.tykup1.Error.Busy".
  [[nodiscard]] Message error_reply(std::string const& name, std::string_view text) const;

 private:
  Message(sd_bus_message* message, int error) : message_(message), error_(error) {}
  Message& wrote(int status);

  sd_bus_message* message_ = nullptr;
  int error_ = 0;
};

/// "org.tykup1.Error.LockHeld" for LockHeld.
std::string error_name(ErrorKind kind);
/// The answer to a call that failed. `detail` follows the sentence on lines of its own, cut to a few kilobytes.
Message error_reply(Message const& call, Error const& error);

/// A D-Bus error in our words: our own names give their kind back, AccessDenied is NotAllowed, an absent service, object or
/// unit NotFound, InvalidArgs BadRequest, anything else Internal. `detail` is the error's name.
Error error_from_bus(char const* name, char const* text);
/// The same for a negative errno of sd-bus; `what` completes "cannot …".
Error error_from_errno(int status, std::string_view what);

}  // namespace tykup::bus
