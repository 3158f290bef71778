#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pkg/apt/apt_package_manager.hpp"

namespace tykup::pkg::apt {

/// Internal, with apt's own words, if the whole source list cannot be read: apt would be dead on this host.
Result<void> check_source_lists(AptPaths const& paths);

/// The entries for sources below that URL, each with what is wrong with it.
Result<std::vector<Subscription>> existing_entries(AptPaths const& paths, std::string const& url_prefix);

/// Fetches a URL into that file by apt's own methods: certificates are verified, proxies are apt's.
Result<void> fetch_file(AptPaths const& paths, std::string const& url, std::string const& file);

/// "amd64": what this host's packages are built for.
Result<std::string> native_architecture(AptPaths const& paths);

}  // namespace tykup::pkg::apt
