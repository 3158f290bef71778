#include "daemon/os/store.hpp"
#include "daemon/wire/fleet_memory.hpp"

/// The part of the store that keeps what this host knows of its fleet.
namespace tykup::os {

Result<std::optional<fleet::Memory>> FileStore::load_fleet() {
  std::optional<fleet::Memory> found;
  auto const take = [&](SqlRow const& row) -> Result<void> {
    auto memory = wire::parse_memory(row.text(0));
    if (!memory) return fail(with_context(memory.error(), "what " + database_.file().string() + " keeps of the fleet is not understood"));
    found = std::move(*memory);
    return {};
  };
  if (auto read = database_.each("SELECT text FROM fleet WHERE id = 1", {}, take); !read) return fail(std::move(read.error()));
  return found;
}

Result<void> FileStore::keep_fleet(fleet::Memory const& memory) {
  return database_.run("INSERT OR REPLACE INTO fleet (id, text) VALUES (1, ?)", {wire::memory_text(memory)});
}

}  // namespace tykup::os
