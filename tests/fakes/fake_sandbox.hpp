#pragma once

#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "pkg/executor/sandbox.hpp"

namespace tykup::fakes {

/// A sandbox in which nothing runs: it remembers what it was asked, with the contents of what it was shown, and ends as
/// it is told.
class FakeSandbox final : public executor::Sandbox {
 public:
  struct Asked {
    executor::SandboxedProgram program;
    std::vector<std::string> contents = {};  ///< of the shown files, in their order
  };
  std::vector<Asked> asked = {};
  std::function<Result<executor::SandboxEnd>(Asked const&)> ends = [](Asked const&) { return executor::SandboxEnd{}; };

  Result<executor::SandboxEnd> run(executor::SandboxedProgram const& program) override {
    Asked one{program};
    for (auto const& shown : program.shown) {
      std::ifstream file(shown.file);
      std::ostringstream text;
      text << file.rdbuf();
      one.contents.push_back(file ? text.str() : "(none)");
    }
    asked.push_back(one);
    return ends(one);
  }
};

}  // namespace tykup::fakes
