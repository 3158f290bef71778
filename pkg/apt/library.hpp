#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"
#include "pkg/apt/apt_package_manager.hpp"

namespace tykup::pkg::apt {

/// Initialises libapt-pkg on that root: configuration read anew, checks that apt.conf switched off switched on again,
/// errors left by others dropped. On failure the library is unusable.
Result<void> open_library(AptPaths const& paths);

/// Options of apt.conf that switch a check off ("Acquire::AllowInsecureRepositories"), as the last `open_library` found
/// them before it overrode them. Empty: none.
std::vector<std::string> const& insecure_options();

/// RepositoryUnsigned, naming the options, if there are any.
Result<void> refuse_insecure_options();

/// A file or folder of apt's configuration ("Dir::State::lists"), absolute.
std::string apt_file(char const* option);
std::string apt_dir(char const* option);

/// The folder of dpkg's database, with a slash at the end.
std::string admin_dir();

/// The path of dpkg and the options it always gets from us: root, log, conffile policy.
std::vector<std::string> dpkg_command();

}  // namespace tykup::pkg::apt
