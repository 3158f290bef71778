#pragma once
#include <string>

namespace standin {

/// What a plugin that means harm gets at from where it is loaded: everything that worked, in words; "nothing".
[[nodiscard]] std::string reached();

}  // namespace standin
