#pragma once

#include <string>

namespace tykup::pkg {

/// Makes a file, or the names in a folder, survive a loss of power, as far as the file system can; says nothing where it cannot.
void sync_file(std::string const& file);
/// The same for all files of a folder, not of those below, and for their names.
void sync_files_in(std::string const& folder);

}  // namespace tykup::pkg
