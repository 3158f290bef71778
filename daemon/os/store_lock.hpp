#pragma once

#include <filesystem>

#include "daemon/core/result.hpp"

namespace tykup::os {

/// At most one process holds it; gone with the process, however that ends. The file stays and names the last holder.
class StoreLock {
 public:
  /// Busy where another process holds it, with its pid; StateUnusable where the file cannot be made.
  static Result<StoreLock> take(std::filesystem::path const& file);

  StoreLock(StoreLock&& other) noexcept;
  StoreLock& operator=(StoreLock&&) = delete;
  ~StoreLock();

 private:
  explicit StoreLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace tykup::os
