#pragma once

#include <string>

#include "tests/fakes/temporary_folder.hpp"

namespace tykup::pkg::rpm::test {

struct Rpm;

/// What the worlds of a test program share: keys, each made once, and the place where packages are built.
class Workshop {
 public:
  static Workshop& the();

  /// The file with the public part, in ASCII armor; the key is made where there is none of that name.
  std::string key_file(std::string const& key);
  std::string build(Rpm const& rpm);
  /// The package with /bin/sh in it, a busybox.
  std::string base_package();
  void sign_detached(std::string const& file, std::string const& key);

 private:
  Workshop();
  ~Workshop();
  std::string gpg(std::string const& arguments) const;

  fakes::TemporaryFolder folder_;
  unsigned builds_ = 0;
  std::string base_ = {};
};

}  // namespace tykup::pkg::rpm::test
