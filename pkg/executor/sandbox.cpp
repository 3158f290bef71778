#include "pkg/executor/sandbox.hpp"

namespace tykup::executor {

std::string words_of(SandboxEnd const& end) {
  switch (end.kind) {
    case SandboxEnd::Kind::Exited: return "it ended with status " + std::to_string(end.status);
    case SandboxEnd::Kind::Killed: return "it was killed by signal " + std::to_string(end.status);
    case SandboxEnd::Kind::OutOfTime: return "it did not end in time";
    case SandboxEnd::Kind::OutOfMemory: return "it wanted more memory than it is given for this";
    case SandboxEnd::Kind::NotStarted: return "it is no program that this host can run: of another architecture, or its loader is missing";
  }
  return {};
}

std::vector<std::string> secrets_of(Component const& component) {
  auto const unit = component.unit.substr(0, component.unit.rfind(".service"));
  std::vector<std::string> files{"/etc/default/" + unit, "/etc/sysconfig/" + unit};
  if (!component.config_file.empty()) files.push_back(component.config_file);
  return files;
}

}  // namespace tykup::executor
