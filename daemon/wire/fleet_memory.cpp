#include "daemon/wire/fleet_memory.hpp"

#include "daemon/wire/fleet_fields.hpp"

namespace tykup::wire {

void describe(auto& io, Like<fleet::Memory> auto& memory) {
  io("record", memory.record);
  io("record_revision", memory.record_revision);
  io("revision", memory.revision);
  io("epoch", memory.epoch);
  io("ended", memory.ended);
  io("untold", memory.untold);
}

std::string memory_text(fleet::Memory const& memory) {
  return FieldWriter::write(memory).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<fleet::Memory> parse_memory(std::string_view text) {
  try {
    fleet::Memory memory;
    FieldReader::read(nlohmann::json::parse(text), "fleet", memory);
    return memory;
  } catch (Malformed const& problem) {
    return fail(ErrorKind::StateUnusable, problem.what());
  } catch (nlohmann::json::exception const& problem) {
    return fail(ErrorKind::StateUnusable, "it is no JSON", problem.what());
  }
}

}  // namespace tykup::wire
