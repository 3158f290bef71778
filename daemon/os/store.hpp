#pragma once

#include <filesystem>
#include <memory>

#include "daemon/agent/fleet_member.hpp"
#include "daemon/agent/ports.hpp"
#include "daemon/os/store_database.hpp"
#include "daemon/os/store_lock.hpp"

namespace tykup::os {

/// How many runs history keeps.
inline constexpr int kRunsKept = 1000;

/// The state in one SQLite file, which this process alone uses: a lock beside it (FILE.lock) keeps a second one away.
class FileStore final : public agent::Store, public agent::OutboxStore, public agent::FleetStore {
 public:
  /// Opens or creates. Busy: another daemon holds it (its pid is named). StateUnusable: damaged, not to be opened, or
  /// of a newer version, and what to do; the file is left as it is.
  static Result<std::unique_ptr<FileStore>> open(std::filesystem::path const& file);

  Result<Saved> load() override;
  Result<void> commit(rollout::State const& state, std::vector<rollout::Record> const& records) override;
  Result<std::vector<rollout::RunRecord>> history(std::size_t limit, std::string const& run) override;

  Result<std::optional<fleet::Memory>> load_fleet() override;
  Result<void> keep_fleet(fleet::Memory const& memory) override;

  Result<std::vector<notify::Parcel>> parcels() override;
  Result<void> remove(std::int64_t parcel) override;
  Result<std::map<std::string, notify::Trouble>> troubles() override;
  Result<void> set_trouble(std::string const& way, std::optional<notify::Trouble> const& trouble) override;

 private:
  FileStore(StoreLock lock, Database database) : lock_(std::move(lock)), database_(std::move(database)) {}

  StoreLock lock_;
  Database database_;
};

}  // namespace tykup::os
