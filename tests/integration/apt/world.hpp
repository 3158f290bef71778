#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pkg/apt/apt_package_manager.hpp"
#include "tests/integration/machine.hpp"
#include "tests/integration/outcomes.hpp"

namespace tykup::pkg::apt::test {

/// A package to build. Paths are what it ships; scripts run with $DPKG_ROOT set to the world's root.
struct Deb {
  std::string name = "tyk-gateway";
  std::string version = "1.0";
  std::string depends = {};
  std::string conflicts = {};
  std::map<std::string, std::string> files = {};
  std::map<std::string, std::string> conffiles = {};
  std::string preinst = {};
  std::string postinst = {};
  std::string architecture = "all";
};

/// What a repository says of itself.
struct Release {
  std::string origin = "Tyk";
  std::chrono::hours dated = std::chrono::hours{-1};               ///< from now
  std::chrono::hours valid_for = std::chrono::hours{24 * 30};      ///< from now
  std::string key = "tyk";                                         ///< who signs; empty: nobody
  std::string digest = "SHA512";                                   ///< of the signature
};

/// A throw-away host: dpkg database, apt configuration, signed repositories in folders, keys made for the test.
/// Everything lies below one folder; real libapt-pkg, dpkg and gpg work on it.
class World {
 public:
  World();
  World(World const&) = delete;
  World& operator=(World const&) = delete;
  ~World();

  [[nodiscard]] std::string path(std::string const& inside) const { return root_ + inside; }
  [[nodiscard]] AptPaths paths() const;
  [[nodiscard]] AptPackageManager manager() const { return AptPackageManager(paths()); }

  /// Builds it, returns the file.
  std::string build(Deb const& deb);
  /// Builds into a repository's pool; its index is written by `publish`. Returns the pin.
  PackagePin add(std::string const& repository, Deb const& deb);
  void take_away(std::string const& repository, std::string const& file_pattern);
  void publish(std::string const& repository, Release const& release = {});
  [[nodiscard]] std::string repository(std::string const& name) const { return path("/srv/" + name); }

  /// A key by that name, made once; the keyring file with its public part.
  std::string keyring(std::string const& key);
  /// A deb822 source for a repository, with more lines if given. `signed_by` empty: none named.
  void subscribe(std::string const& repository, std::string const& signed_by, std::string const& more = {});
  /// The same as a one-line entry, with its options in brackets.
  void subscribe_line(std::string const& repository, std::string const& options);
  [[nodiscard]] Scope scope(std::string const& repository = "tyk-gateway",
                            std::vector<std::string> packages = {"tyk-gateway"}) const;

  /// dpkg -i, as an administrator would, before the story begins.
  void install(Deb const& deb);
  void dpkg(std::string const& arguments, bool may_fail = false);
  [[nodiscard]] std::string status_of(std::string const& package) const;  ///< "install ok installed 1.0"

  void write(std::string const& inside, std::string const& text) const;
  [[nodiscard]] std::string read(std::string const& inside) const;
  [[nodiscard]] bool exists(std::string const& inside) const;
  /// stdout of a shell command, which must succeed.
  static std::string run(std::string const& command) { return tykup::test::run(command); }

 private:
  std::string root_;
  unsigned builds_ = 0;
};

using tykup::test::LockHolder;

class AptTest : public ::testing::Test {
 protected:
  /// A gateway of `version` installed, its repository subscribed with the right key.
  void subscribed_host(Deb installed = {});
  PackagePin offer(Deb const& deb, Release const& release = {});
  ApplyRequest request(PackagePin const& pin, job::Apply::Direction direction = job::Apply::Direction::Upgrade) const;
  /// refresh + keep, both of which must succeed.
  void bring(PackagePin const& pin);
  void refresh();

  World world_;
  ProgressSink quiet_ = {};
};

}  // namespace tykup::pkg::apt::test
