#include "systemd/bus/connection.hpp"

#include <unistd.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "systemd/bus/driver.hpp"

namespace tykup::bus {
namespace {

Result<BusHandle> new_bus() {
  sd_bus* raw = nullptr;
  if (int const r = sd_bus_new(&raw); r < 0) return fail(error_from_errno(r, "prepare a bus connection"));
  return BusHandle{raw};
}

Result<BusHandle> open_bus(std::string const& address) {
  if (address.empty()) {
    sd_bus* raw = nullptr;
    int const r = sd_bus_open_system_with_description(&raw, "tykupd");
    if (r < 0) return fail(error_from_errno(r, "connect to the system bus (is dbus.service up?)"));
    return BusHandle{raw};
  }
  auto bus = new_bus();
  if (!bus) return bus;
  int r = sd_bus_set_address(bus->get(), address.c_str());
  if (r >= 0) r = sd_bus_set_bus_client(bus->get(), 1);
  if (r >= 0) r = sd_bus_start(bus->get());
  if (r < 0) return fail(error_from_errno(r, "connect to the bus at " + address));
  return bus;
}

Result<BusHandle> open_peer(int fd, Connection::Side side) {
  auto bus = new_bus();
  if (!bus) {
    ::close(fd);
    return bus;
  }
  int r = sd_bus_set_fd(bus->get(), fd, fd);
  if (r < 0) {
    ::close(fd);
    return fail(error_from_errno(r, "use a socket for D-Bus"));
  }
  if (side == Connection::Side::Server) {
    sd_id128_t id{};
    r = sd_id128_randomize(&id);
    if (r >= 0) r = sd_bus_set_server(bus->get(), 1, id);
  }
  if (r >= 0) r = sd_bus_set_anonymous(bus->get(), 1);
  if (r >= 0) r = sd_bus_set_trusted(bus->get(), 1);
  if (r >= 0) r = sd_bus_start(bus->get());
  if (r < 0) return fail(error_from_errno(r, "speak D-Bus on a socket"));
  return bus;
}

}  // namespace

Connection::Connection(std::shared_ptr<Driver> driver) : driver_(std::move(driver)) {}

Connection::~Connection() {
  driver_->on_lost(nullptr);
  driver_->stop(Error{ErrorKind::Stopping, "the connection to the bus is being closed"});
}

Result<std::shared_ptr<Connection>> Connection::to_bus(boost::asio::any_io_executor executor,
                                                       std::string const& address) {
  auto bus = open_bus(address);
  if (!bus) return fail(bus.error());
  auto driver = std::make_shared<Driver>(std::move(executor), std::move(*bus));
  if (auto started = driver->start(); !started) return fail(started.error());
  return std::shared_ptr<Connection>(new Connection(std::move(driver)));
}

Result<std::shared_ptr<Connection>> Connection::to_peer(boost::asio::any_io_executor executor, int fd, Side side) {
  auto bus = open_peer(fd, side);
  if (!bus) return fail(bus.error());
  auto driver = std::make_shared<Driver>(std::move(executor), std::move(*bus));
  if (auto started = driver->start(); !started) return fail(started.error());
  return std::shared_ptr<Connection>(new Connection(std::move(driver)));
}

Message Connection::method_call(std::string const& destination, std::string const& path, std::string const& interface,
                                std::string const& member) {
  if (!alive()) return Message::broken(-ENOTCONN);
  sd_bus_message* message = nullptr;
  int const r = sd_bus_message_new_method_call(raw(), &message, destination.c_str(), path.c_str(), interface.c_str(),
                                               member.c_str());
  return r < 0 ? Message::broken(r) : Message::adopt(message);
}

Awaitable<Result<Message>> Connection::call(Message message, Duration limit) {
  auto submitted = driver_->submit(message, limit);
  if (!submitted) {
    Result<Message> refused = fail(submitted.error());
    co_return refused;
  }
  std::shared_ptr<Pending> const pending = std::move(*submitted);
  boost::system::error_code ended;
  auto wait = boost::asio::redirect_error(boost::asio::use_awaitable, ended);
  if (!pending->answer) co_await pending->arrived.async_wait(std::move(wait));
  Result<Message> answer = fail(ErrorKind::Interrupted, "a D-Bus call was given up before its answer came");
  if (pending->answer) answer = std::move(*pending->answer);
  co_return answer;
}

Result<void> Connection::send(Message message) { return driver_->send(message); }
void Connection::on_lost(std::function<void(Error)> lost) { driver_->on_lost(std::move(lost)); }
bool Connection::alive() const { return driver_->alive(); }
sd_bus* Connection::raw() const { return driver_->raw(); }
void Connection::wake() { driver_->wake(); }

}  // namespace tykup::bus
