#pragma once

#include <compare>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace tykup::simulation {

/// One package file: a version, and which of the files that were published under it.
struct File {
  int version = 1;
  int bytes = 0;
  friend auto operator<=>(File const&, File const&) = default;
};

[[nodiscard]] std::string version_text(int number);
[[nodiscard]] int number_of(std::string const& version);
[[nodiscard]] std::string digest_text(std::string const& component, File const& file, std::string const& distribution);
/// The file of a digest that the function above made.
[[nodiscard]] File file_of(std::string const& digest);

/// Where an operator sends one component.
struct Goal {
  int version = 0;
  bool back = false;
  std::map<std::string, std::string> digests = {};  ///< by distribution: other bytes are not the goal

  /// There, or past it.
  [[nodiscard]] bool is_reached(std::string const& component, File const& file, std::string const& distribution) const;
};
using Goals = std::map<std::string, Goal>;  ///< by component

/// What is published: the same versions of every component, and of each one file for a distribution at a time.
class Repository {
 public:
  [[nodiscard]] int newest() const { return newest_; }
  void release() { ++newest_; }
  /// Other bytes under the newest version.
  void republish(std::string const& component, std::string const& distribution);
  [[nodiscard]] File file(std::string const& component, int version, std::string const& distribution) const;
  /// The newest three, newest first.
  [[nodiscard]] std::vector<File> offered(std::string const& component, std::string const& distribution) const;

 private:
  int newest_ = 2;
  std::map<std::tuple<std::string, int, std::string>, int> bytes_ = {};
};

}  // namespace tykup::simulation
