#pragma once

#include <systemd/sd-bus.h>

namespace tykup::systemd {

/// The vtable of org.tykup1.Manager; its userdata is the Service.
sd_bus_vtable const* manager_vtable();

}  // namespace tykup::systemd
