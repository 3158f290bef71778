#pragma once

#include <map>
#include <string>
#include <string_view>

#include "daemon/core/result.hpp"

namespace tykup::pkg::apt {

/// Where packagecloud keeps what this host needs.
struct Release {
  std::string os;        ///< "debian", "ubuntu"
  std::string codename;  ///< "bookworm"
};
/// From the values of os-release; NotAllowed for a distribution that Tyk does not publish for.
Result<Release> release_of(std::map<std::string, std::string> const& os_release);

/// The deb822 entry.
std::string source_entry(std::string const& repository_url, Release const& release, std::string const& architecture,
                         std::string const& keyring);

/// The text of a one-line source list with every entry for that URL turned into a comment.
std::string without_entry(std::string_view list, std::string const& url_prefix);
/// True if a deb822 file has entries for that URL and for nothing else.
bool only_entry(std::string_view sources, std::string const& url_prefix);

}  // namespace tykup::pkg::apt
