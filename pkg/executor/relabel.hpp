#pragma once

#include <string>
#include <vector>

#include "pkg/executor/paths.hpp"

namespace tykup::executor {

/// Where SELinux is at work: `restorecon` on these paths of the host, so that a file that was put back bears the label of
/// its place. A failure is a note: the file is there, and its label can be set by hand.
void relabel(Paths const& paths, std::vector<std::string> const& files, std::vector<std::string>& notes);

}  // namespace tykup::executor
