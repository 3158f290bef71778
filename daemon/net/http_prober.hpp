#pragma once

#include "daemon/agent/ports.hpp"

namespace tykup::net {

/// Health probes over HTTP, HTTPS and TCP. A service's own endpoint is asked without proof of its name (its certificate
/// is for the public name); so is a probe that goes to this host. A probe that leaves the host demands a certificate
/// which the system trusts, for that name.
class HttpProber final : public agent::Prober {
 public:
  agent::Awaitable<Sighting::Answer> ask(Endpoint endpoint, Duration limit) override;
  agent::Awaitable<Sighting::Answer> ask(Probe probe, Duration limit) override;
};

}  // namespace tykup::net
