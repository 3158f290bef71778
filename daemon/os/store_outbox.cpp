#include "daemon/os/store.hpp"
#include "daemon/wire/notify_json.hpp"

/// The part of the store that keeps notifications until they are out.
namespace tykup::os {

Result<std::vector<notify::Parcel>> FileStore::parcels() {
  std::vector<notify::Parcel> found;
  auto const take = [&](SqlRow const& row) -> Result<void> {
    auto told = wire::parse_notification(row.text(2));
    if (!told) return fail(with_context(told.error(), "a notification in " + database_.file().string() + " is not understood"));
    found.push_back({row.number(0), row.text(1), std::move(*told)});
    return {};
  };
  if (auto read = database_.each("SELECT number, way, text FROM parcel ORDER BY number", {}, take); !read) return fail(std::move(read.error()));
  return found;
}

Result<void> FileStore::remove(std::int64_t parcel) { return database_.run("DELETE FROM parcel WHERE number = ?", {parcel}); }

Result<std::map<std::string, notify::Trouble>> FileStore::troubles() {
  std::map<std::string, notify::Trouble> found;
  auto const take = [&](SqlRow const& row) -> Result<void> {
    found[row.text(0)] = {Instant{Duration{row.number(1)}}, row.text(2), static_cast<unsigned>(row.number(3))};
    return {};
  };
  auto read = database_.each("SELECT way, since_us, why, lost FROM way_trouble", {}, take);
  if (!read) return fail(std::move(read.error()));
  return found;
}

Result<void> FileStore::set_trouble(std::string const& way, std::optional<notify::Trouble> const& trouble) {
  if (!trouble) return database_.run("DELETE FROM way_trouble WHERE way = ?", {way});
  return database_.run("INSERT OR REPLACE INTO way_trouble (way, since_us, why, lost) VALUES (?, ?, ?, ?)",
                       {way, std::int64_t{trouble->since.time_since_epoch().count()}, trouble->why, std::int64_t{trouble->lost}});
}

}  // namespace tykup::os
