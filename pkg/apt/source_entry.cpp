#include "pkg/apt/source_entry.hpp"

#include <cctype>
#include <sstream>

#include "daemon/core/words.hpp"

namespace tykup::pkg::apt {
namespace {

bool names_url(std::string_view line, std::string const& url_prefix) {
  auto const at = line.find(url_prefix);
  return at != std::string_view::npos && (at == 0 || std::isspace(static_cast<unsigned char>(line[at - 1])) != 0);
}

}  // namespace

Result<Release> release_of(std::map<std::string, std::string> const& os_release) {
  auto const value = [&](char const* name) {
    auto const found = os_release.find(name);
    return found == os_release.end() ? std::string{} : found->second;
  };
  Release const release{value("ID"), value("VERSION_CODENAME")};
  bool const known = release.os == "debian" || release.os == "ubuntu";
  if (known && !release.codename.empty()) return release;
  return fail(ErrorKind::NotAllowed, "packages are published for Debian and Ubuntu releases; this host says ID=" +
                                         quoted(release.os) + ", VERSION_CODENAME=" + quoted(release.codename) + " in /etc/os-release");
}

std::string source_entry(std::string const& repository_url, Release const& release, std::string const& architecture,
                         std::string const& keyring) {
  return "# Written by `tykup subscribe`.\nTypes: deb\nURIs: " + repository_url + "/" + release.os + "/\nSuites: " + release.codename +
         "\nComponents: main\nArchitectures: " + architecture + "\nSigned-By: " + keyring + "\n";
}

std::string without_entry(std::string_view list, std::string const& url_prefix) {
  std::istringstream lines{std::string(list)};
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    bool const ours = !trimmed(line).starts_with('#') && names_url(line, url_prefix);
    out += (ours ? "# replaced by tykup: " : "") + line + "\n";
  }
  return out;
}

bool only_entry(std::string_view sources, std::string const& url_prefix) {
  std::istringstream lines{std::string(sources)};
  bool found = false;
  for (std::string line; std::getline(lines, line);) {
    if (!lowered(line).starts_with("uris:")) continue;
    std::istringstream words(line.substr(5));
    for (std::string url; words >> url;) {
      if (!url.starts_with(url_prefix)) return false;
      found = true;
    }
  }
  return found;
}

}  // namespace tykup::pkg::apt
