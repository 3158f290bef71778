#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/result.hpp"

namespace tykup::executor {

/// "f378 1522 …", "0xF3…" → upper-case hex. BadRequest if it is no fingerprint of 40 or 64 digits: shorter ids can be forged.
Result<std::string> parse_fingerprint(std::string_view text);
/// In groups of four, for people to compare.
std::string spaced(std::string const& fingerprint);

/// Changes of files that can be taken back. Not kept at the end: undone.
class Changes {
 public:
  Changes() = default;
  Changes(Changes const&) = delete;
  Changes& operator=(Changes const&) = delete;
  ~Changes();
  /// Remembers what is there now.
  Result<void> remember(std::string const& file);
  Result<void> write(std::string const& file, std::string const& text);
  /// Leaves a copy as FILE.save, a name that apt and dnf pass over in silence.
  Result<void> set_aside(std::string const& file);
  Result<void> remove(std::string const& file);
  void keep() { kept_ = true; }

 private:
  struct Before {
    std::string file;
    bool there;
    std::string text;
  };
  std::vector<Before> before_;
  bool kept_ = false;
};

}  // namespace tykup::executor
