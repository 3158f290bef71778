#pragma once

#include "pkg/executor/sandbox.hpp"

namespace tykup::executor {

/// A transient unit of systemd's: a user of its own that is gone with it, a private network without interfaces, no
/// capabilities, no namespaces, the system calls of a service, the host's files read-only and its secrets out of sight.
class SystemdSandbox final : public Sandbox {
 public:
  Result<SandboxEnd> run(SandboxedProgram const& program) override;
};

}  // namespace tykup::executor
