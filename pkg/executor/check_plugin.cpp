#include "pkg/executor/check_plugin.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <sstream>

#include "daemon/core/words.hpp"
#include "pkg/common/archive.hpp"
#include "pkg/executor/package_member.hpp"
#include "pkg/executor/plugin_files.hpp"
#include "pkg/executor/plugin_search.hpp"
#include "pkg/executor/scope.hpp"
#include "pkg/executor/settings.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostPlugins = 64;
constexpr char const* kShown = "/tmp";
/// Asked for where the function's name is not known: a plugin that opens is told apart by not having it.
constexpr char const* kNoSuchSymbol = "TykupAsksWhetherItOpens";

/// A folder for what is shown to the sandbox, gone at the end.
class Workplace {
 public:
  explicit Workplace(Paths const& paths) : path_(paths.checks()) { clear(); }
  Workplace(Workplace const&) = delete;
  Workplace& operator=(Workplace const&) = delete;
  ~Workplace() { clear(); }

  Result<void> make() const { return make_folder(path_); }
  [[nodiscard]] std::string in(std::string const& name) const { return path_ + "/" + name; }

 private:
  void clear() const {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string path_;
};

Result<void> copy_plugin(Paths const& paths, PluginBuild const& build, std::string const& to) {
  auto const from = open_plain(paths, build.path, kLargestPlugin);
  if (!from) return fail(from.error());
  unlink(to.c_str());
  Fd const file(open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0755));
  if (!file) return fail(file_error("cannot make", to, errno));
  std::array<char, 65536> buffer{};
  for (;;) {
    auto const got = read(from->get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(file_error("cannot read", build.path, errno));
    if (got == 0) break;
    if (write(file.get(), buffer.data(), static_cast<std::size_t>(got)) != got) return fail(file_error("cannot write", to, errno));
  }
  auto const digest = pkg::sha256_of(file.get());
  if (!digest) return fail(digest.error());
  if (*digest != build.sha256) return fail(ErrorKind::HashMismatch, build.path + " is changing right now");
  if (fchmod(file.get(), 0755) != 0) return fail(file_error("cannot change", to, errno));
  return {};
}

std::string replaced(std::string text, std::string const& from, std::string const& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

/// The line that says why; the last one where none is known to.
std::string telling_line(std::string const& output) {
  std::istringstream lines(output);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    bool const tells = line.find("plugin.Open") != std::string::npos || line.find("plugin:") != std::string::npos || line.starts_with("panic:");
    if (tells) return line;
    if (!one_line(line).empty()) last = line;
  }
  return last;
}

CheckedPlugin judged(CheckedPlugin answer, PluginBuild const& build, SandboxEnd const& end, std::string const& shown) {
  auto const said = one_line(replaced(telling_line(end.output), shown, build.path));
  auto const words = said.empty() ? words_of(end) : said;
  bool const opened = build.symbol.empty() && end.output.find(std::string(kNoSuchSymbol) + " not found") != std::string::npos;
  using enum SandboxEnd::Kind;
  if ((end.kind == Exited && end.status == 0) || opened) {
    answer.verdict = PluginVerdict::Loads;
  } else if (end.kind == Exited || end.kind == Killed) {
    answer.verdict = PluginVerdict::Fails;
    answer.words = end.kind == Killed ? words_of(end) + (said.empty() ? "" : ": " + said) : words;
  } else {
    answer.words = words_of(end);
  }
  return answer;
}

/// Asks one program about one plugin after the other.
class Questions {
 public:
  Questions(Context const& context, Component const& component, Workplace const& place, std::string program)
      : context_(context), component_(component), place_(place), program_(std::move(program)) {}

  CheckedPlugin ask(CheckedPlugin answer, PluginBuild const& build) const {
    auto const copy = place_.in("plugin.so");
    if (auto copied = copy_plugin(context_.paths, build, copy); !copied) return unasked(std::move(answer), copied.error());
    auto const shown = std::string(kShown) + "/" + fs::path(build.path).filename().string();
    auto const program = std::string(kShown) + "/" + fs::path(component_.binary).filename().string() + ".new";
    SandboxedProgram asked;
    asked.command = {program, "plugin", "load", "-f", shown, "-s", build.symbol.empty() ? kNoSuchSymbol : build.symbol};
    asked.shown = {{program_, program}, {copy, shown}};
    asked.hidden = secrets_of(component_);
    auto const end = context_.sandbox->run(asked);
    return end ? judged(std::move(answer), build, *end, shown) : unasked(std::move(answer), end.error());
  }
  static CheckedPlugin unasked(CheckedPlugin answer, Error const& why) {
    answer.verdict = PluginVerdict::Unchecked;
    answer.words = why.message;
    return answer;
  }

 private:
  Context const& context_;
  Component const& component_;
  Workplace const& place_;
  std::string program_;
};

Result<Component> gateway(Context const& context, PluginCheck const& check) {
  auto component = configured(context.config, check.component);
  if (!component) return component;
  if (component->kind != ServiceKind::Gateway || component->binary.empty())
    return fail(ErrorKind::BadRequest, check.component + " is no Gateway: it has no Go plugins");
  if (check.plugins.size() > kMostPlugins) return fail(ErrorKind::BadRequest, "at most " + std::to_string(kMostPlugins) + " plugins are checked at once");
  if (auto ok = allow_packages(scope_of(*component, context.config), {check.package}); !ok) return fail(ok.error());
  return component;
}

Result<PluginsFound> named_here(Context const& context, Component const& component) {
  auto inventory = context.packages.inspect(scope_of(component, context.config));
  if (!inventory) return fail(inventory.error());
  auto const unit = context.units.unit(component.unit);
  if (!unit) return fail(unit.error());
  ComponentFacts facts{component.name, std::move(inventory->installed), std::move(inventory->candidates)};
  return find_plugins(context.paths, component, *unit, facts, context.packages.format());
}

bool is_named(PluginsFound const& found, PluginBuild const& build) {
  return std::ranges::any_of(found.plugins, [&](PluginReference const& plugin) {
    return plugin.symbol == build.symbol && std::ranges::any_of(plugin.files, [&](PluginFile const& file) {
             return file.path == build.path && file.sha256 == build.sha256 && file.problem.empty();
           });
  });
}

Result<void> take_program(Context const& context, Component const& component, PluginCheck const& check, Workplace const& place) {
  bool const deb = context.packages.format() == PackageFormat::Deb;
  pkg::Archive const archive(context.paths.archives(), {context.packages.format(), deb ? ".deb" : ".rpm", {}});
  auto const package = archive.open(check.package);
  if (!package) return fail(package.error());
  if (auto made = place.make(); !made) return made;
  return extract_member(package->descriptor(), context.packages.format(), component.binary, place.in("program"));
}

/// The package itself is not what was fetched: that is no answer about plugins.
bool is_of_package(Error const& error) { return error.kind == ErrorKind::HashMismatch || error.kind == ErrorKind::UnknownVersion; }

}  // namespace

Result<job::PluginsChecked> check_plugins(Context const& context, PluginCheck const& check) {
  auto const component = gateway(context, check);
  if (!component) return fail(component.error());
  auto const found = named_here(context, *component);
  if (!found) return fail(found.error());
  Workplace const place(context.paths);
  auto taken = context.sandbox == nullptr ? Result<void>(fail(ErrorKind::UnitFailed, "there is no sandbox here"))
                                          : take_program(context, *component, check, place);
  if (!taken && is_of_package(taken.error())) return fail(taken.error());
  Questions const questions(context, *component, place, place.in("program"));
  job::PluginsChecked out;
  for (auto const& build : check.plugins) {
    context.progress({"plugins", 100.0 * static_cast<double>(out.plugins.size()) / static_cast<double>(check.plugins.size()), build.path});
    CheckedPlugin answer{check.package.sha256, build.sha256, build.symbol};
    Error const stranger{ErrorKind::NotAllowed, build.path + " is no plugin that the Gateway is told to load, or it was changed meanwhile"};
    if (!taken) {
      answer = Questions::unasked(std::move(answer), taken.error());
    } else {
      answer = is_named(*found, build) ? questions.ask(std::move(answer), build) : Questions::unasked(std::move(answer), stranger);
    }
    out.plugins.push_back(std::move(answer));
  }
  return out;
}

}  // namespace tykup::executor
