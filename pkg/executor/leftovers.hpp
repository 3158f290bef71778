#pragma once

#include <set>
#include <string>
#include <vector>

#include "pkg/executor/paths.hpp"
#include "pkg/executor/step_record.hpp"

namespace tykup::executor {

/// What dpkg and rpm set aside (".rpmnew", ".dpkg-dist", …): beside those files, and anywhere below `folder`.
std::vector<Leftover> leftovers(Paths const& paths, std::string const& folder, std::set<std::string> const& beside);

/// A sentence for each that is not among `before`, or is another file than then.
std::vector<std::string> told_of(std::vector<Leftover> const& now, std::vector<Leftover> const& before);

}  // namespace tykup::executor
