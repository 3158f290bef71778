#pragma once

#include <string>

namespace tykup::pkg::rpm {

/// Our stdout and stderr, and with them those of scriptlets, as long as this lives. At the end what was said goes to
/// where stderr went before: the journal keeps it.
class ScriptOutput {
 public:
  ScriptOutput();
  ScriptOutput(ScriptOutput const&) = delete;
  ScriptOutput& operator=(ScriptOutput const&) = delete;
  ~ScriptOutput();

  /// The last lines so far.
  [[nodiscard]] std::string tail() const;

 private:
  int file_;
  int output_;
  int errors_;
};

}  // namespace tykup::pkg::rpm
