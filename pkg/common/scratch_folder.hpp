#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tykup::pkg {

/// A folder in /tmp, 0700, gone with its files at the end. An empty path where it could not be made.
class ScratchFolder {
 public:
  ScratchFolder() : path_(mkdtemp(name_) != nullptr ? name_ : "") {}
  ScratchFolder(ScratchFolder const&) = delete;
  ScratchFolder& operator=(ScratchFolder const&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string const& path() const { return path_; }

 private:
  char name_[20] = "/tmp/tykup-XXXXXX";
  std::string path_;
};

}  // namespace tykup::pkg
