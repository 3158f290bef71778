#include "pkg/common/sync.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

namespace tykup::pkg {
namespace fs = std::filesystem;

void sync_file(std::string const& file) {
  int const handle = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (handle < 0) return;
  fsync(handle);
  close(handle);
}

void sync_files_in(std::string const& folder) {
  std::error_code failed;
  for (auto const& entry : fs::directory_iterator(folder, failed))
    if (entry.is_regular_file(failed)) sync_file(entry.path());
  sync_file(folder);
}

}  // namespace tykup::pkg
