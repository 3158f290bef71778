#pragma once

#include <string>

#include "pkg/common/archive.hpp"
#include "pkg/rpm/database.hpp"

namespace tykup::pkg::rpm {

/// Installs a package over itself and every other version of it through librpm: what an upgrade does, allowed to go
/// sideways and back. libdnf cannot: it takes another build of the same version, or a second header, for a conflict of
/// files; and so dnf's history does not have it. `failed` is the kind of rpm's own failures.
Result<void> install_over(RpmPaths const& paths, VerifiedFile const& file, bool quiet, ErrorKind failed,
                          ProgressSink const& progress);

/// Leaves one of several headers that an interrupted change left side by side: the one installed last, as the change
/// wanted it. Where the archive has its package, it is installed once more over itself and the others, quietly: it is a
/// component's, and the run that follows restarts its service. Else, if none of its files is missing, the others are
/// taken out with their own scripts. Both locks are held by the caller. Returns what was done, in words; PackageBroken
/// where neither can be done.
Result<std::string> mend_duplicates(RpmPaths const& paths, Archive const& archive, Duplicates const& duplicates,
                                    ProgressSink const& progress);

/// Lays the files of a package down again whose change was interrupted before the database knew of it: the version that
/// the database has, from the archive. Without a kept package it is enough that nothing is missing or changed.
Result<std::string> mend_interrupted(RpmPaths const& paths, Archive const& archive, std::string const& name,
                                     ProgressSink const& progress);

}  // namespace tykup::pkg::rpm
