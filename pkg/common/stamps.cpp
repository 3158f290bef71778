#include "pkg/common/stamps.hpp"

#include <filesystem>
#include <fstream>

#include "pkg/common/sync.hpp"

namespace tykup::pkg {
namespace fs = std::filesystem;
namespace {

long long seconds_of(Instant at) {
  return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

}  // namespace

std::optional<Stamp> read_stamp(std::string const& folder, std::string const& name) {
  std::ifstream file(fs::path(folder) / name);
  long long refreshed = 0;
  long long metadata = 0;
  if (!(file >> refreshed >> metadata)) return std::nullopt;
  Stamp stamp{Instant{std::chrono::seconds{refreshed}}};
  if (metadata != 0) stamp.metadata = Instant{std::chrono::seconds{metadata}};
  return stamp;
}

void write_stamp(std::string const& folder, std::string const& name, Stamp const& stamp) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  auto const path = fs::path(folder) / name;
  auto const growing = fs::path(folder) / (name + ".new");
  {
    std::ofstream file(growing);
    file << seconds_of(stamp.refreshed) << ' ' << (stamp.metadata ? seconds_of(*stamp.metadata) : 0) << '\n';
  }
  sync_file(growing);
  fs::rename(growing, path, failed);
  sync_file(folder);
}

}  // namespace tykup::pkg
