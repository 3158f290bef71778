#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tykup::pkg {

/// What package scripts find around them, as long as this lives: nobody to ask, no restarts by needrestart, and, where
/// `quiet`, systemctl without a system to talk to. Afterwards everything is as it was.
class ScriptSurroundings {
 public:
  explicit ScriptSurroundings(bool quiet);
  ScriptSurroundings(ScriptSurroundings const&) = delete;
  ScriptSurroundings& operator=(ScriptSurroundings const&) = delete;
  ~ScriptSurroundings();

 private:
  void set(char const* name, std::optional<std::string> value);
  struct Before {
    std::string name;
    std::optional<std::string> value;
  };
  std::vector<Before> before_;
  int stdin_ = -1;
};

}  // namespace tykup::pkg
