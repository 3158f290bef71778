#include "pkg/executor/inhibitor.hpp"

#include <fcntl.h>

#include "pkg/executor/sd_bus.hpp"

namespace tykup::executor {
namespace {

constexpr std::uint64_t kPatience = 2'000'000;

}  // namespace

Fd inhibit_shutdown(std::string const& why) {
  sd_bus* opened = nullptr;
  if (sd_bus_open_system(&opened) < 0) return Fd();
  BusHolder const bus(opened);
  sd_bus_set_method_call_timeout(opened, kPatience);
  Message answer;
  int const code = sd_bus_call_method(opened, "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
                                      "Inhibit", nullptr, &answer.raw, "ssss", "shutdown:sleep:idle", "tykup", why.c_str(), "block");
  int lock = -1;
  if (code < 0 || sd_bus_message_read(answer.raw, "h", &lock) < 0) return Fd();
  // The message owns its descriptor. Package scripts must not inherit ours: a daemon that one starts would hold it for good.
  return Fd(fcntl(lock, F_DUPFD_CLOEXEC, 3));
}

}  // namespace tykup::executor
