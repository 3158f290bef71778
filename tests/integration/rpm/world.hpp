#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "pkg/rpm/rpm_package_manager.hpp"
#include "tests/integration/outcomes.hpp"

namespace tykup::pkg::rpm::test {

/// A package to build. Paths are what it ships; scripts run chrooted into the world's root, under its own /bin/sh.
struct Rpm {
  std::string name = "tyk-gateway";
  std::string version = "1.0";
  std::string release = "1";
  std::string epoch = {};
  std::vector<std::string> requires_these = {};
  std::vector<std::string> provides = {};
  std::vector<std::string> conflicts = {};
  std::vector<std::string> obsoletes = {};
  std::map<std::string, std::string> files = {};
  std::map<std::string, std::string> configs = {};  ///< %config(noreplace)
  std::vector<std::string> ghosts = {};
  std::vector<std::string> missing_ok = {};  ///< %config(missingok), shipped empty
  std::string pre = {};
  std::string post = {};
  std::string preun = {};
  std::string postun = {};
  std::string posttrans = {};
  std::string architecture = "noarch";
  std::string key = "tyk";  ///< who signs the package; empty: nobody

  [[nodiscard]] std::string full_version() const;
};

/// What a repository says of itself, and how it lies.
struct Publication {
  enum class Damage { None, OtherBytes, Truncated };
  std::string key = "tyk";                            ///< who signs repomd.xml; empty: nobody
  std::chrono::hours dated = std::chrono::hours{-1};  ///< from now: the metadata's revision and timestamps
  Damage metadata = Damage::None;                     ///< of the list of packages, after it was signed
};

/// A throw-away host: rpm database, dnf's configuration, signed repositories in folders, keys made for the test.
/// Everything lies below one folder; real librpm, libdnf, createrepo_c and gpg work on it. Its base package is a shell.
class World {
 public:
  World();
  World(World const&) = delete;
  World& operator=(World const&) = delete;
  ~World();

  [[nodiscard]] std::string path(std::string const& inside) const { return root_ + inside; }
  [[nodiscard]] RpmPaths paths() const;
  [[nodiscard]] RpmPackageManager manager() const { return RpmPackageManager(paths()); }

  /// Builds and signs it, returns the file.
  std::string build(Rpm const& rpm);
  /// Builds into a repository's folder; its metadata is written by `publish`. Returns the pin.
  PackagePin add(std::string const& repository, Rpm const& rpm);
  void take_away(std::string const& repository, std::string const& file_pattern);
  void publish(std::string const& repository, Publication const& publication = {});
  [[nodiscard]] std::string repository(std::string const& name) const { return path("/srv/" + name); }

  /// The file with the public part of a key by that name; a key is made once a test program.
  std::string key_file(std::string const& key);
  /// /etc/yum.repos.d/REPOSITORY.repo with both checks on, or with `options` in their place.
  void subscribe(std::string const& repository, std::string const& key_file,
                 std::string const& options = "gpgcheck=1\nrepo_gpgcheck=1\n");
  [[nodiscard]] Scope scope(std::string const& repository = "tyk-gateway",
                            std::vector<std::string> packages = {"tyk-gateway"}) const;

  /// Puts a file into the archive as `keep` would have.
  PackagePin keep(std::string const& file);
  [[nodiscard]] std::string kept_file(PackagePin const& pin) const;

  /// rpm -i, as an administrator would, before the story begins.
  void install(Rpm const& rpm);
  std::string rpm(std::string const& arguments) const;
  std::string dnf(std::string const& arguments) const;
  [[nodiscard]] std::string versions_of(std::string const& package) const;  ///< "1.0-1", two in two lines, "" if none
  /// A command as the administrator of this host types it: rpm's macros are this root's.
  [[nodiscard]] std::string run_at_home(std::string const& command) const;

  void write(std::string const& inside, std::string const& text) const;
  [[nodiscard]] std::string read(std::string const& inside) const;
  [[nodiscard]] bool exists(std::string const& inside) const;

 private:
  void prepare_folders() const;
  std::string root_;
  unsigned builds_ = 0;
};

using tykup::test::fails;
using tykup::test::works;

class RpmTest : public ::testing::Test {
 protected:
  /// A gateway installed, its repository subscribed with the right key.
  void subscribed_host(Rpm const& installed = {});
  PackagePin offer(Rpm const& rpm, Publication const& publication = {});
  ApplyRequest request(PackagePin const& pin, job::Apply::Direction direction = job::Apply::Direction::Upgrade) const;
  void refresh();
  /// refresh + keep, both of which must succeed.
  void bring(PackagePin const& pin);

  World world_;
  ProgressSink quiet_ = {};
};

}  // namespace tykup::pkg::rpm::test
