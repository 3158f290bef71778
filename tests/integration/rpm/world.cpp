#include "tests/integration/rpm/world.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/integration/machine.hpp"
#include "tests/integration/rpm/workshop.hpp"

namespace tykup::pkg::rpm::test {
namespace fs = std::filesystem;
using tykup::test::run;
namespace {

std::string sha256_of_file(std::string const& file) {
  return run("sha256sum < " + file + " | cut -d' ' -f1 | tr -d '\\n'");
}

long long seconds_from_now(std::chrono::hours from_now) {
  return std::chrono::duration_cast<std::chrono::seconds>(
             (std::chrono::system_clock::now() + from_now).time_since_epoch())
      .count();
}

void damage(std::string const& repodata, Publication::Damage how) {
  if (how == Publication::Damage::None) return;
  auto const primary = run(fmt::format("ls {}/*-primary.xml.gz | tr -d '\\n'", repodata));
  auto const size = fs::file_size(primary);
  if (how == Publication::Damage::Truncated) {
    fs::resize_file(primary, size / 2);
    return;
  }
  std::fstream file(primary, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size / 2));
  file << "????";
}

}  // namespace

std::string Rpm::full_version() const {
  return (epoch.empty() || epoch == "0" ? "" : epoch + ":") + version + "-" + release;
}

World::World() {
  char name[] = "/tmp/tykup-world-XXXXXX";
  root_ = mkdtemp(name);
  prepare_folders();
  rpm("--install --nosignature " + Workshop::the().base_package());
}

World::~World() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

void World::prepare_folders() const {
  fs::permissions(root_, fs::perms{0755});
  for (auto const* folder : {"/usr", "/etc/rpm", "/etc/dnf", "/etc/yum.repos.d", "/etc/pki/tykup", "/var/lib/rpm",
                             "/var/lib/dnf", "/var/cache", "/var/log", "/var/tmp", "/tmp", "/dev", "/srv", "/home"}) {
    fs::create_directories(path(folder));
  }
  // On this distribution rpm's own default is below the home folder.
  write("/etc/rpm/macros", "%_dbpath /var/lib/rpm\n");
  write("/home/.rpmmacros", "%_dbpath /var/lib/rpm\n");
  write("/etc/dnf/dnf.conf", "[main]\ngpgcheck=1\n");
  write("/etc/os-release", "ID=rocky\nVERSION_ID=\"9.4\"\n");
  run(fmt::format("mknod -m 666 {0}/dev/null c 1 3 2>/dev/null || touch {0}/dev/null", root_));
}

RpmPaths World::paths() const {
  RpmPaths paths;
  paths.root = root_;
  paths.archives = path("/var/cache/tykup-executor/archives");
  paths.metadata = path("/var/cache/tykup-executor/metadata");
  paths.recover_wait = std::chrono::milliseconds{300};
  return paths;
}

std::string World::build(Rpm const& package) {
  auto const built = Workshop::the().build(package);
  auto const file = path(fmt::format("/srv/{}-{}", ++builds_, fs::path(built).filename().string()));
  fs::rename(built, file);
  return file;
}

PackagePin World::add(std::string const& repository_name, Rpm const& package) {
  auto const file = build(package);
  fs::create_directories(repository(repository_name));
  fs::rename(file, repository(repository_name) + "/" + fs::path(file).filename().string());
  return {package.name, package.full_version(),
          sha256_of_file(repository(repository_name) + "/" + fs::path(file).filename().string())};
}

void World::take_away(std::string const& repository_name, std::string const& file_pattern) {
  run(fmt::format("rm {}/{}", repository(repository_name), file_pattern));
}

void World::publish(std::string const& repository_name, Publication const& publication) {
  auto const base = repository(repository_name);
  fs::create_directories(base);
  run(fmt::format(
      "rm -rf {0}/repodata; createrepo_c --quiet --no-database --revision {1} --set-timestamp-to-revision {0} 2>&1",
      base, seconds_from_now(publication.dated)));
  if (!publication.key.empty()) Workshop::the().sign_detached(base + "/repodata/repomd.xml", publication.key);
  damage(base + "/repodata", publication.metadata);
}

std::string World::key_file(std::string const& key) {
  auto const file = path("/etc/pki/tykup/" + key + ".asc");
  fs::copy(Workshop::the().key_file(key), file, fs::copy_options::overwrite_existing);
  return file;
}

void World::subscribe(std::string const& repository_name, std::string const& key, std::string const& options) {
  write("/etc/yum.repos.d/" + repository_name + ".repo",
        fmt::format("[{0}]\nname={0}\nbaseurl=file://{1}/\nenabled=1\n{2}{3}", repository_name,
                    repository(repository_name), key.empty() ? "" : "gpgkey=file://" + key + "\n", options));
}

Scope World::scope(std::string const& repository_name, std::vector<std::string> packages) const {
  Scope scope;
  scope.component = "gateway";
  scope.packages = std::move(packages);
  scope.url_prefix = "file://" + repository(repository_name) + "/";
  return scope;
}

PackagePin World::keep(std::string const& file) {
  auto const label =
      run_at_home("rpm -qp --nosignature --qf '%{NAME} %|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE} ' " + file);
  auto const space = label.find(' ');
  PackagePin const pin{label.substr(0, space), label.substr(space + 1, label.size() - space - 2), sha256_of_file(file)};
  fs::create_directories(paths().archives);
  fs::permissions(paths().archives, fs::perms{0700});
  fs::copy(file, kept_file(pin), fs::copy_options::overwrite_existing);
  fs::permissions(kept_file(pin), fs::perms{0600});
  return pin;
}

std::string World::kept_file(PackagePin const& pin) const {
  auto version = pin.version;
  for (auto at = version.find(':'); at != std::string::npos; at = version.find(':')) version.replace(at, 1, "%3a");
  return fmt::format("{}/{}_{}_noarch_{}.rpm", paths().archives, pin.name, version, pin.sha256);
}

void World::install(Rpm const& package) {
  rpm("--install --nosignature " + build(package));
}

std::string World::run_at_home(std::string const& command) const {
  return run(fmt::format("export HOME={}/home; {} </dev/null", root_, command));
}

std::string World::rpm(std::string const& arguments) const {
  return run_at_home(fmt::format("rpm --root {} {} 2>&1", root_, arguments));
}

std::string World::dnf(std::string const& arguments) const {
  return run_at_home(fmt::format("dnf --installroot {} --releasever 9 --assumeyes {} 2>&1", root_, arguments));
}

std::string World::versions_of(std::string const& package) const {
  return rpm("-q --qf '%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\\n' " + package +
             " | grep -v 'is not installed' | paste -sd ' ' | tr -d '\\n' || true");
}

void World::write(std::string const& inside, std::string const& text) const {
  fs::create_directories(fs::path(path(inside)).parent_path());
  std::ofstream(path(inside)) << text;
}

std::string World::read(std::string const& inside) const {
  std::ifstream file(path(inside), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool World::exists(std::string const& inside) const {
  return fs::exists(path(inside));
}

void RpmTest::subscribed_host(Rpm const& installed) {
  world_.install(installed);
  world_.subscribe("tyk-gateway", world_.key_file("tyk"));
}

PackagePin RpmTest::offer(Rpm const& package, Publication const& publication) {
  auto pin = world_.add("tyk-gateway", package);
  world_.publish("tyk-gateway", publication);
  return pin;
}

ApplyRequest RpmTest::request(PackagePin const& pin, job::Apply::Direction direction) const {
  return {world_.scope(), direction, {pin}, std::chrono::milliseconds{300}};
}

void RpmTest::refresh() {
  auto const refreshed = world_.manager().refresh({world_.scope()}, quiet_);
  ASSERT_OK(refreshed);
  for (auto const& source : *refreshed) {
    ASSERT_FALSE(source.error) << source.error->message << "\n" << source.error->detail;
  }
}

void RpmTest::bring(PackagePin const& pin) {
  refresh();
  ASSERT_OK(world_.manager().keep(world_.scope(), {pin}, quiet_));
}

}  // namespace tykup::pkg::rpm::test
