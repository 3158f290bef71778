#include "systemd/bus/message.hpp"

#include <systemd/sd-bus.h>

#include <cerrno>
#include <optional>
#include <system_error>

#include "systemd/bus/text.hpp"

namespace tykup::bus {
namespace {

tl::unexpected<Error> not_read(int status, std::string_view expected) {
  std::string text = "a D-Bus message holds something else than " + std::string{expected};
  if (status < 0) text += " (" + std::generic_category().message(-status) + ")";
  return fail(ErrorKind::BadRequest, std::move(text));
}

template <typename Raw>
std::optional<Raw> read_raw(sd_bus_message* message, char type) {
  Raw raw{};
  if (sd_bus_message_read_basic(message, type, &raw) <= 0) return std::nullopt;
  return raw;
}

template <typename Raw, typename Kept>
std::optional<Value> number(sd_bus_message* message, char type) {
  auto const raw = read_raw<Raw>(message, type);
  if (!raw) return std::nullopt;
  return Value{static_cast<Kept>(*raw)};
}

std::optional<Value> text(sd_bus_message* message, char type) {
  auto const raw = read_raw<char const*>(message, type);
  if (!raw) return std::nullopt;
  return Value{std::string{*raw}};
}

std::optional<Value> basic_value(sd_bus_message* message, char type) {
  switch (type) {
    case SD_BUS_TYPE_STRING:
    case SD_BUS_TYPE_OBJECT_PATH:
    case SD_BUS_TYPE_SIGNATURE: return text(message, type);
    case SD_BUS_TYPE_BOOLEAN: {
      auto const raw = read_raw<int>(message, type);
      if (!raw) return std::nullopt;
      return Value{*raw != 0};
    }
    case SD_BUS_TYPE_BYTE: return number<std::uint8_t, std::uint64_t>(message, type);
    case SD_BUS_TYPE_UINT16: return number<std::uint16_t, std::uint64_t>(message, type);
    case SD_BUS_TYPE_UINT32: return number<std::uint32_t, std::uint64_t>(message, type);
    case SD_BUS_TYPE_UINT64: return number<std::uint64_t, std::uint64_t>(message, type);
    case SD_BUS_TYPE_INT16: return number<std::int16_t, std::int64_t>(message, type);
    case SD_BUS_TYPE_INT32: return number<std::int32_t, std::int64_t>(message, type);
    case SD_BUS_TYPE_INT64: return number<std::int64_t, std::int64_t>(message, type);
    case SD_BUS_TYPE_DOUBLE: return number<double, double>(message, type);
    default: return std::nullopt;
  }
}

/// One entry of an a{sv}, entered already.
int read_entry(sd_bus_message* message, Properties& into) {
  char const* name = nullptr;
  if (int const r = sd_bus_message_read_basic(message, SD_BUS_TYPE_STRING, &name); r < 0) return r;
  char type = 0;
  char const* contents = nullptr;
  if (int const r = sd_bus_message_peek_type(message, &type, &contents); r < 0) return r;
  bool const basic = type == SD_BUS_TYPE_VARIANT && contents[0] != '\0' && contents[1] == '\0';
  if (!basic || contents[0] == SD_BUS_TYPE_UNIX_FD) return sd_bus_message_skip(message, "v");
  char const inner = contents[0];
  if (int const r = sd_bus_message_enter_container(message, SD_BUS_TYPE_VARIANT, contents); r < 0) return r;
  if (auto value = basic_value(message, inner)) into.insert_or_assign(name, std::move(*value));
  return sd_bus_message_exit_container(message);
}

}  // namespace

Message Message::adopt(sd_bus_message* message) { return {message, 0}; }
Message Message::share(sd_bus_message* message) { return {sd_bus_message_ref(message), 0}; }
Message Message::broken(int error) { return {nullptr, error}; }

Message::Message(Message const& other) : message_(sd_bus_message_ref(other.message_)), error_(other.error_) {}
Message::Message(Message&& other) noexcept : message_(std::exchange(other.message_, nullptr)), error_(other.error_) {}
Message& Message::operator=(Message other) noexcept {
  std::swap(message_, other.message_);
  std::swap(error_, other.error_);
  return *this;
}
Message::~Message() { sd_bus_message_unref(message_); }

Message& Message::wrote(int status) {
  if (status < 0 && error_ == 0) error_ = status;
  return *this;
}

Message& Message::write(std::string_view text) {
  if (error_ != 0) return *this;
  return wrote(sd_bus_message_append_basic(message_, SD_BUS_TYPE_STRING, to_utf8(text).c_str()));
}

Message& Message::write(std::uint32_t number) {
  if (error_ != 0) return *this;
  return wrote(sd_bus_message_append_basic(message_, SD_BUS_TYPE_UINT32, &number));
}

Message& Message::write(bool flag) {
  if (error_ != 0) return *this;
  int const raw = flag ? 1 : 0;
  return wrote(sd_bus_message_append_basic(message_, SD_BUS_TYPE_BOOLEAN, &raw));
}

Message& Message::write(std::vector<std::string> const& texts) {
  open(SD_BUS_TYPE_ARRAY, "s");
  for (auto const& text : texts) write(text);
  return close();
}

Message& Message::open(char type, char const* contents) {
  if (error_ != 0) return *this;
  return wrote(sd_bus_message_open_container(message_, type, contents));
}

Message& Message::close() {
  if (error_ != 0) return *this;
  return wrote(sd_bus_message_close_container(message_));
}

Result<std::string> Message::read_string() {
  char const* raw = nullptr;
  int const r = sd_bus_message_read_basic(message_, SD_BUS_TYPE_STRING, &raw);
  if (r <= 0) return not_read(r, "a string");
  return std::string{raw};
}

Result<std::vector<std::string>> Message::read_strings() {
  std::vector<std::string> texts;
  int r = sd_bus_message_enter_container(message_, SD_BUS_TYPE_ARRAY, "s");
  if (r <= 0) return not_read(r, "a list of strings");
  char const* raw = nullptr;
  while ((r = sd_bus_message_read_basic(message_, SD_BUS_TYPE_STRING, &raw)) > 0) texts.emplace_back(raw);
  if (r >= 0) r = sd_bus_message_exit_container(message_);
  if (r < 0) return not_read(r, "the end of a list");
  return texts;
}

Result<std::uint32_t> Message::read_u32() {
  std::uint32_t raw = 0;
  int const r = sd_bus_message_read_basic(message_, SD_BUS_TYPE_UINT32, &raw);
  if (r <= 0) return not_read(r, "a number (u)");
  return raw;
}

Result<bool> Message::read_bool() {
  int raw = 0;
  int const r = sd_bus_message_read_basic(message_, SD_BUS_TYPE_BOOLEAN, &raw);
  if (r <= 0) return not_read(r, "a boolean");
  return raw != 0;
}

Result<void> Message::enter(char type, char const* contents) {
  int const r = sd_bus_message_enter_container(message_, type, contents);
  if (r <= 0) return not_read(r, std::string{"a container of "} + contents);
  return {};
}

Result<void> Message::exit() {
  if (int const r = sd_bus_message_exit_container(message_); r < 0) return not_read(r, "the end of a container");
  return {};
}

Result<Properties> Message::read_properties() {
  Properties properties;
  int r = sd_bus_message_enter_container(message_, SD_BUS_TYPE_ARRAY, "{sv}");
  if (r <= 0) return not_read(r, "a dictionary of properties");
  while ((r = sd_bus_message_enter_container(message_, SD_BUS_TYPE_DICT_ENTRY, "sv")) > 0) {
    if (r = read_entry(message_, properties); r < 0) return not_read(r, "a property");
    if (r = sd_bus_message_exit_container(message_); r < 0) return not_read(r, "the end of a property");
  }
  if (r >= 0) r = sd_bus_message_exit_container(message_);
  if (r < 0) return not_read(r, "the end of the properties");
  return properties;
}

void Message::rewind() { sd_bus_message_rewind(message_, 1); }

std::string Message::sender() const {
  char const* name = sd_bus_message_get_sender(message_);
  return name == nullptr ? std::string{} : std::string{name};
}

bool Message::may_ask() const { return sd_bus_message_get_allow_interactive_authorization(message_) > 0; }

Message Message::reply() const {
  sd_bus_message* answer = nullptr;
  int const r = sd_bus_message_new_method_return(message_, &answer);
  return r < 0 ? broken(r) : adopt(answer);
}

Message Message::error_reply(std::string const& name, std::string_view text) const {
  sd_bus_message* answer = nullptr;
  int const r = sd_bus_message_new_method_errorf(message_, &answer, name.c_str(), "%s", to_utf8(text).c_str());
  return r < 0 ? broken(r) : adopt(answer);
}

}  // namespace tykup::bus
