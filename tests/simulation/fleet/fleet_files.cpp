#include "tests/simulation/fleet/fleet_files.hpp"

#include <algorithm>

namespace tykup::simulation {

std::string version_text(int number) { return "5.3." + std::to_string(number); }
int number_of(std::string const& version) { return std::stoi(version.substr(version.rfind('.') + 1)); }

std::string digest_text(std::string const& component, File const& file, std::string const& distribution) {
  return component + "-" + distribution.substr(0, 3) + "-" + std::to_string(file.version) + "." + std::to_string(file.bytes);
}

File file_of(std::string const& digest) {
  auto const text = digest.substr(digest.rfind('-') + 1);
  return {std::stoi(text), std::stoi(text.substr(text.find('.') + 1))};
}

bool Goal::is_reached(std::string const& component, File const& file, std::string const& distribution) const {
  auto const digest = digests.find(distribution);
  if (digest == digests.end()) return false;
  if (file.version == version) return digest->second == digest_text(component, file, distribution);
  return back ? file.version < version : file.version > version;
}

void Repository::republish(std::string const& component, std::string const& distribution) {
  ++bytes_[{component, newest_, distribution}];
}

File Repository::file(std::string const& component, int version, std::string const& distribution) const {
  auto const known = bytes_.find({component, version, distribution});
  return {version, known == bytes_.end() ? 0 : known->second};
}

std::vector<File> Repository::offered(std::string const& component, std::string const& distribution) const {
  std::vector<File> files;
  for (int version = newest_; version > std::max(0, newest_ - 3); --version) files.push_back(file(component, version, distribution));
  return files;
}

}  // namespace tykup::simulation
