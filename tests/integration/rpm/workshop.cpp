#include "tests/integration/rpm/workshop.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/machine.hpp"
#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace fs = std::filesystem;
using tykup::test::run;
namespace {

/// Nothing of the host's own build policy: what the spec says is what is packed, and packing is quick.
constexpr char const* kPlain =
    "--define '_binary_payload w0.gzdio' --define '__spec_install_post %{nil}' --define 'debug_package %{nil}' "
    "--define '_build_id_links none' --define '_binaries_in_noarch_packages_terminate_build 0' "
    "--define '__find_requires %{nil}' --define '__find_provides %{nil}'";

std::string section(std::string const& name, std::string const& script) {
  return script.empty() ? "" : fmt::format("%{} -p /bin/sh\n{}\n", name, script);
}

std::string lines(char const* tag, std::vector<std::string> const& values) {
  std::string text;
  for (auto const& value : values) text += fmt::format("{}: {}\n", tag, value);
  return text;
}

std::string header_of(Rpm const& rpm) {
  return fmt::format("Name: {}\nVersion: {}\nRelease: {}\nSummary: a stand-in\nLicense: none\nAutoReqProv: no\n",
                     rpm.name, rpm.version, rpm.release) +
         (rpm.epoch.empty() ? "" : "Epoch: " + rpm.epoch + "\n") +
         (rpm.architecture == "noarch" ? "BuildArch: noarch\n" : "") + lines("Requires", rpm.requires_these) +
         lines("Provides", rpm.provides) + lines("Conflicts", rpm.conflicts) + lines("Obsoletes", rpm.obsoletes) +
         "%description\nA stand-in.\n";
}

std::string scripts_of(Rpm const& rpm) {
  return section("pre", rpm.pre) + section("post", rpm.post) + section("preun", rpm.preun) +
         section("postun", rpm.postun) + section("posttrans", rpm.posttrans);
}

void put(std::string const& tree, std::string const& inside, std::string const& text) {
  fs::create_directories(fs::path(tree + inside).parent_path());
  std::ofstream(tree + inside) << text;
}

/// Lays the files out below `tree` and returns the %files section.
std::string lay_out(Rpm const& rpm, std::string const& tree) {
  std::string list = "%files\n%defattr(-,root,root)\n";
  auto files = rpm.files;
  if (files.empty()) files["/opt/" + rpm.name + "/version"] = rpm.version + "\n";
  for (auto const& [file, text] : files) {
    put(tree, file, text);
    list += fmt::format("\"{}\"\n", file);
  }
  for (auto const& [file, text] : rpm.configs) {
    put(tree, file, text);
    list += fmt::format("%config(noreplace) \"{}\"\n", file);
  }
  for (auto const& file : rpm.ghosts) {
    put(tree, file, "");
    list += fmt::format("%ghost \"{}\"\n", file);
  }
  for (auto const& file : rpm.missing_ok) {
    put(tree, file, "");
    list += fmt::format("%config(missingok) \"{}\"\n", file);
  }
  return list;
}

std::string only_rpm_below(std::string const& folder) {
  for (auto const& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".rpm") return entry.path();
  }
  ADD_FAILURE() << "nothing was built below " << folder;
  return {};
}

}  // namespace

Workshop& Workshop::the() {
  static Workshop workshop;
  return workshop;
}
Workshop::Workshop() {
  fs::create_directory(folder_ / "keys");
  fs::permissions(folder_ / "keys", fs::perms{0700});
}
Workshop::~Workshop() {
  run(fmt::format("gpgconf --homedir {} --kill gpg-agent >/dev/null 2>&1 || true", (folder_ / "keys").string()));
}

std::string Workshop::gpg(std::string const& arguments) const {
  return run(fmt::format("gpg --homedir {} --batch --yes -q {} 2>&1", (folder_ / "keys").string(), arguments));
}

std::string Workshop::key_file(std::string const& key) {
  auto const file = (folder_ / (key + ".asc")).string();
  if (fs::exists(file)) return file;
  gpg(fmt::format("--passphrase '' --quick-gen-key {}@example.org rsa2048 sign 2y", key));
  gpg(fmt::format("--armor --output {} --export {}@example.org", file, key));
  return file;
}

void Workshop::sign_detached(std::string const& file, std::string const& key) {
  key_file(key);
  gpg(fmt::format("--armor --digest-algo SHA512 -u {0}@example.org --detach-sign -o {1}.asc {1}", key, file));
}

std::string Workshop::build(Rpm const& rpm) {
  auto const top = (folder_ / std::to_string(++builds_)).string();
  auto const tree = top + "/tree";
  fs::create_directories(tree);
  auto const list = lay_out(rpm, tree);
  std::ofstream(top + "/package.spec") << header_of(rpm) << fmt::format("%install\ncp -a {}/. %{{buildroot}}/\n", tree)
                                       << scripts_of(rpm) << list;
  run(fmt::format("rpmbuild -bb --quiet {} --define '_topdir {}' --define '_tmppath {}' {}/package.spec 2>&1", kPlain,
                  top, top, top));
  auto const file = only_rpm_below(top + "/RPMS");
  if (rpm.key.empty()) return file;
  key_file(rpm.key);
  run(
      fmt::format("rpmsign --define '__gpg /usr/bin/gpg' --define '_gpg_path {}/keys' --define '_gpg_name "
                  "{}@example.org' --addsign {} 2>&1",
                  folder_.path().string(), rpm.key, file));
  return file;
}

std::string Workshop::base_package() {
  if (!base_.empty()) return base_;
  auto const top = (folder_ / "base").string();
  fs::create_directories(top + "/tree/bin");
  fs::copy("/bin/busybox", top + "/tree/bin/busybox");
  fs::create_symlink("busybox", top + "/tree/bin/sh");
  std::ofstream(top + "/package.spec") << header_of({.name = "base"})
                                       << fmt::format("%install\ncp -a {}/tree/. %{{buildroot}}/\n", top)
                                       << "%files\n/bin/busybox\n/bin/sh\n";
  run(fmt::format("rpmbuild -bb --quiet {} --define '_topdir {}' --define '_tmppath {}' {}/package.spec 2>&1", kPlain,
                  top, top, top));
  return base_ = only_rpm_below(top + "/RPMS");
}

}  // namespace tykup::pkg::rpm::test
