#include "tests/integration/apt/world.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tykup::pkg::apt::test {
namespace fs = std::filesystem;
namespace {

std::string rfc1123(std::chrono::hours from_now) {
  auto const at = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + from_now);
  return World::run(fmt::format("date -u -R -d @{} | sed 's/+0000/UTC/' | tr -d '\\n'", at));
}

}  // namespace

World::World() {
  char name[] = "/tmp/tykup-world-XXXXXX";
  root_ = mkdtemp(name);
  fs::permissions(root_, fs::perms{0755});
  for (auto const* folder : {"/etc/apt/apt.conf.d", "/etc/apt/sources.list.d", "/etc/apt/preferences.d",
                             "/etc/apt/trusted.gpg.d", "/etc/apt/keyrings", "/var/lib/apt/lists/partial",
                             "/var/cache/apt/archives/partial", "/var/lib/dpkg/updates", "/var/lib/dpkg/info",
                             "/var/lib/dpkg/triggers", "/var/log/apt", "/srv", "/build", "/keys"}) {
    fs::create_directories(path(folder));
  }
  fs::permissions(path("/keys"), fs::perms{0700});
  write("/var/lib/dpkg/status", "");
  write("/var/lib/dpkg/arch-native", "amd64\n");
  // The sandbox user cannot see into a folder of the test's own.
  write("/etc/apt/apt.conf.d/00test", "APT::Sandbox::User \"root\";\nAPT::Architecture \"amd64\";\n");
}

World::~World() {
  run(fmt::format("gpgconf --homedir {}/keys --kill gpg-agent >/dev/null 2>&1 || true", root_));
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

AptPaths World::paths() const {
  AptPaths paths;
  paths.root = root_;
  paths.archives = path("/var/cache/tykup-executor/archives");
  paths.lists_wait = std::chrono::milliseconds{300};
  paths.recover_wait = std::chrono::milliseconds{300};
  return paths;
}

std::string World::build(Deb const& deb) {
  auto const tree = path(fmt::format("/build/{}", ++builds_));
  auto const put = [&](std::string const& inside, std::string const& text, bool script) {
    fs::create_directories(fs::path(tree + inside).parent_path());
    std::ofstream(tree + inside) << text;
    if (script) fs::permissions(tree + inside, fs::perms{0755});
  };
  put("/DEBIAN/control",
      fmt::format("Package: {}\nVersion: {}\nArchitecture: {}\nMaintainer: T <t@example.org>\nInstalled-Size: 10\n{}{}"
                  "Description: a stand-in\n",
                  deb.name, deb.version, deb.architecture, deb.depends.empty() ? "" : "Depends: " + deb.depends + "\n",
                  deb.conflicts.empty() ? "" : "Conflicts: " + deb.conflicts + "\n"),
      false);
  auto files = deb.files;
  if (files.empty()) files["/opt/" + deb.name + "/version"] = deb.version + "\n";
  for (auto const& [file, text] : files) put(file, text, false);
  std::string list;
  for (auto const& [file, text] : deb.conffiles) {
    put(file, text, false);
    list += file + "\n";
  }
  if (!list.empty()) put("/DEBIAN/conffiles", list, false);
  if (!deb.preinst.empty()) put("/DEBIAN/preinst", "#!/bin/sh\n" + deb.preinst, true);
  if (!deb.postinst.empty()) put("/DEBIAN/postinst", "#!/bin/sh\n" + deb.postinst, true);
  run(fmt::format("cd {} && find . -path ./DEBIAN -prune -o -type f -printf '%P\\n' | LC_ALL=C sort | xargs -r -d '\\n' md5sum > DEBIAN/md5sums", tree));
  auto version = deb.version;
  for (auto at = version.find(':'); at != std::string::npos; at = version.find(':')) version.replace(at, 1, "%3a");
  auto const file = path(fmt::format("/build/{}-{}_{}_{}.deb", builds_, deb.name, version, deb.architecture));
  run(fmt::format("dpkg-deb --root-owner-group -Znone -b {} {} 2>&1", tree, file));
  return file;
}

PackagePin World::add(std::string const& repository_name, Deb const& deb) {
  auto const file = build(deb);
  fs::create_directories(repository(repository_name) + "/pool");
  fs::copy(file, repository(repository_name) + "/pool", fs::copy_options::overwrite_existing);
  return {deb.name, deb.version, run("sha256sum < " + file + " | cut -d' ' -f1 | tr -d '\\n'")};
}

void World::take_away(std::string const& repository_name, std::string const& pattern) {
  run(fmt::format("rm {}/pool/{}", repository(repository_name), pattern));
}

void World::publish(std::string const& repository_name, Release const& release) {
  auto const base = repository(repository_name);
  auto const dist = base + "/dists/bookworm";
  run(fmt::format("rm -rf {0}; mkdir -p {0}/main/binary-amd64 {1}/pool; cd {1} && dpkg-scanpackages -m pool 2>/dev/null > {0}/main/binary-amd64/Packages",
                  dist, base));
  auto const sum = run(fmt::format("sha256sum {}/main/binary-amd64/Packages | cut -d' ' -f1 | tr -d '\\n'", dist));
  auto const size = fs::file_size(dist + "/main/binary-amd64/Packages");
  std::ofstream(dist + "/Release") << fmt::format(
      "Origin: {}\nLabel: Tyk\nSuite: bookworm\nCodename: bookworm\nDate: {}\nValid-Until: {}\nArchitectures: amd64\n"
      "Components: main\nSHA256:\n {} {} main/binary-amd64/Packages\n",
      release.origin, rfc1123(release.dated), rfc1123(release.valid_for), sum, size);
  if (release.key.empty()) return;
  keyring(release.key);
  run(fmt::format("gpg --homedir {0}/keys --batch --yes -q --digest-algo {2} -u {3}@example.org --clearsign -o {1}/InRelease {1}/Release 2>&1",
                  root_, dist, release.digest, release.key));
}

std::string World::keyring(std::string const& key) {
  auto const file = path("/etc/apt/keyrings/" + key + ".gpg");
  if (fs::exists(file)) return file;
  run(fmt::format("gpg --homedir {0}/keys --batch -q --passphrase '' --quick-gen-key {1}@example.org rsa2048 sign 2y 2>&1 && "
                  "gpg --homedir {0}/keys --batch -q --export {1}@example.org > {2}",
                  root_, key, file));
  return file;
}

void World::subscribe(std::string const& repository_name, std::string const& signed_by, std::string const& more) {
  write("/etc/apt/sources.list.d/" + repository_name + ".sources",
        fmt::format("Types: deb\nURIs: copy:{}/\nSuites: bookworm\nComponents: main\n{}{}", repository(repository_name),
                    signed_by.empty() ? "" : "Signed-By: " + signed_by + "\n", more));
}

void World::subscribe_line(std::string const& repository_name, std::string const& options) {
  fs::remove(path("/etc/apt/sources.list.d/" + repository_name + ".sources"));
  write("/etc/apt/sources.list.d/" + repository_name + ".list",
        fmt::format("deb [{}] copy:{}/ bookworm main\n", options, repository(repository_name)));
}

Scope World::scope(std::string const& repository_name, std::vector<std::string> packages) const {
  Scope scope;
  scope.component = "gateway";
  scope.packages = std::move(packages);
  scope.url_prefix = "copy:" + repository(repository_name) + "/";
  return scope;
}

void World::install(Deb const& deb) { dpkg("--install " + build(deb)); }

void World::dpkg(std::string const& arguments, bool may_fail) {
  run(fmt::format("dpkg --root={0} --log={0}/var/log/dpkg.log --force-script-chrootless {1} </dev/null 2>&1 {2}", root_,
                  arguments, may_fail ? "|| true" : ""));
}

std::string World::status_of(std::string const& package) const {
  return run(fmt::format("dpkg-query --admindir={}/var/lib/dpkg -W -f '${{Status}} ${{Version}}' {} 2>&1 || true", root_, package));
}

void World::write(std::string const& inside, std::string const& text) const {
  fs::create_directories(fs::path(path(inside)).parent_path());
  std::ofstream(path(inside)) << text;
}

std::string World::read(std::string const& inside) const {
  std::ifstream file(path(inside), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool World::exists(std::string const& inside) const { return fs::exists(path(inside)); }

void AptTest::subscribed_host(Deb installed) {
  world_.install(installed);
  world_.subscribe("tyk-gateway", world_.keyring("tyk"));
}

PackagePin AptTest::offer(Deb const& deb, Release const& release) {
  auto pin = world_.add("tyk-gateway", deb);
  world_.publish("tyk-gateway", release);
  return pin;
}

ApplyRequest AptTest::request(PackagePin const& pin, job::Apply::Direction direction) const {
  return {world_.scope(), direction, {pin}, std::chrono::milliseconds{300}};
}

void AptTest::refresh() {
  auto const refreshed = world_.manager().refresh({world_.scope()}, quiet_);
  ASSERT_OK(refreshed);
  for (auto const& source : *refreshed) {
    ASSERT_FALSE(source.error) << source.error->message << "\n" << source.error->detail;
  }
}

void AptTest::bring(PackagePin const& pin) {
  refresh();
  auto const kept = world_.manager().keep(world_.scope(), {pin}, quiet_);
  ASSERT_OK(kept);
}

}  // namespace tykup::pkg::apt::test
