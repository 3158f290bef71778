#pragma once

#include <string>
#include <vector>

namespace tykup::executor {

/// What an operation has to tell besides its result.
struct Findings {
  std::vector<std::string> notes = {};
  std::vector<std::string> repairs = {};  ///< what the package change had broken: what was found and what was done
};

}  // namespace tykup::executor
