#pragma once

#include <systemd/sd-bus.h>

#include <memory>

/// Owners of what sd-bus hands out, and systemd's names on it. For the sources of this folder only.
namespace tykup::executor {

inline constexpr char const* kService = "org.freedesktop.systemd1";
inline constexpr char const* kPath = "/org/freedesktop/systemd1";
inline constexpr char const* kManager = "org.freedesktop.systemd1.Manager";
inline constexpr char const* kUnit = "org.freedesktop.systemd1.Unit";
inline constexpr char const* kServiceInterface = "org.freedesktop.systemd1.Service";

struct BusError {
  sd_bus_error raw = SD_BUS_ERROR_NULL;
  BusError() = default;
  BusError(BusError const&) = delete;
  BusError& operator=(BusError const&) = delete;
  ~BusError() { sd_bus_error_free(&raw); }
  [[nodiscard]] bool is(char const* name) const { return sd_bus_error_has_name(&raw, name) != 0; }
};

struct Message {
  sd_bus_message* raw = nullptr;
  Message() = default;
  Message(Message const&) = delete;
  Message& operator=(Message const&) = delete;
  ~Message() { sd_bus_message_unref(raw); }
};

/// Flushed and closed at the end.
struct BusCloser {
  void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
};
using BusHolder = std::unique_ptr<sd_bus, BusCloser>;

}  // namespace tykup::executor
