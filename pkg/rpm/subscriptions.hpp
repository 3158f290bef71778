#pragma once

#include <string>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/result.hpp"
#include "pkg/rpm/rpm_package_manager.hpp"

namespace tykup::pkg::rpm {

/// BadConfig, with file and place, if dnf.conf or a .repo file cannot be read: dnf would be dead on this host.
Result<void> check_source_lists(RpmPaths const& paths);

/// The entries for repositories below that URL, enabled or not, each with what is wrong with it. Where the signature of
/// the metadata may be waived (`unsigned_metadata`), an entry without is weak, not wrong.
Result<std::vector<Subscription>> existing_entries(RpmPaths const& paths, std::string const& url_prefix,
                                                   bool unsigned_metadata = false);

/// Fetches a URL into that file through librepo: certificates are verified, the proxy is dnf's.
Result<void> fetch_file(RpmPaths const& paths, std::string const& url, std::string const& file);

/// "x86_64": what this host's packages are built for.
Result<std::string> native_architecture(RpmPaths const& paths);

}  // namespace tykup::pkg::rpm
