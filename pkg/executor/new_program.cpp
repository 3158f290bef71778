#include "pkg/executor/new_program.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "daemon/core/said_version.hpp"
#include "daemon/core/words.hpp"

namespace tykup::executor {
namespace {

constexpr char const* kShown = "/tmp/tykup-asks";

/// The package that brought the program, where it is newer than what it replaced: what goes back was at work before.
PackagePin const* new_package(Context const& context, StepRecord const& record) {
  for (auto const& pin : record.pins) {
    auto const old = std::ranges::find(record.replaced, pin.name, &InstalledPackage::name);
    if (old != record.replaced.end() && compare_versions(context.packages.format(), pin.version, old->version) > 0) return &pin;
  }
  return nullptr;
}

Result<void> judge(Component const& component, PackagePin const& pin, Release const& release, SandboxEnd const& end, Findings& findings) {
  using enum SandboxEnd::Kind;
  auto const said = one_line(end.output);
  if (end.kind == OutOfTime || end.kind == OutOfMemory) {
    findings.notes.push_back("the new " + component.binary + " was asked for its version, and " + words_of(end));
    return {};
  }
  if (end.kind != Exited || end.status != 0)
    return fail(ErrorKind::PackageFailed, "the new " + component.binary + " of " + pin.name + " " + pin.version + " does not run: " + words_of(end) +
                                              (said.empty() ? "" : " (" + said + ")"));
  auto const version = said_version(end.output);
  if (!version) {
    findings.notes.push_back("the new " + component.binary + " was asked for its version, and said: " + (said.empty() ? "nothing" : said));
    return {};
  }
  if (version->major == release.major && version->minor == release.minor && version->patch == release.patch) return {};
  return fail(ErrorKind::PackageFailed, "the new " + component.binary + " of " + pin.name + " " + pin.version + " says that it is another version: " + said);
}

}  // namespace

Result<void> ask_new_program(Context const& context, Component const& component, StepRecord const& record, Findings& findings) {
  auto const* pin = context.sandbox == nullptr || component.binary.empty() ? nullptr : new_package(context, record);
  auto const release = pin == nullptr ? std::nullopt : release_of(pin->version);
  auto const arguments = release ? version_arguments(component.kind, *release) : std::nullopt;
  if (!arguments) return {};
  struct stat status {};
  auto const file = context.paths.host(component.binary);
  constexpr mode_t kForAll = S_IROTH | S_IXOTH;
  if (stat(file.c_str(), &status) != 0 || (status.st_mode & kForAll) != kForAll) {
    findings.notes.push_back("the new " + component.binary + " was not asked for its version: only root may run it");
    return {};
  }
  SandboxedProgram program{{kShown}, {{file, kShown}}, secrets_of(component)};
  program.command.insert(program.command.end(), arguments->begin(), arguments->end());
  context.progress({"version", -1, "asking the new program for its version"});
  auto const end = context.sandbox->run(program);
  if (end) return judge(component, *pin, *release, *end, findings);
  findings.notes.push_back("the new " + component.binary + " was not asked for its version: " + end.error().message);
  return {};
}

}  // namespace tykup::executor
