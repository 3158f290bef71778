#pragma once
#include <functional>
#include <string>

#include "answers.hpp"

namespace standin {

/// Listens where the settings say and answers every GET from `ask` until the process ends; any other method gets 405.
/// Ends the process with a message where the port or the certificate cannot be had.
[[noreturn]] void serve(Self const& self, Settings const& settings, std::function<Answer(std::string const& path)> ask);

}  // namespace standin
