#include "daemon/wire/fleet_json.hpp"

#include "daemon/core/fleet/check.hpp"
#include "daemon/core/words.hpp"
#include "daemon/wire/fleet_fields.hpp"

namespace tykup::wire {
namespace {

using nlohmann::json;

constexpr char const* kSchemaField = "schema";

Result<json> fields_of(std::string_view text) {
  auto document = json::parse(text, nullptr, false);
  if (document.is_discarded() || !document.is_object()) return fail(ErrorKind::BadRequest, "it is no JSON object: " + quoted(text));
  auto const schema = document.find(kSchemaField);
  if (schema == document.end() || !schema->is_number_integer()) return fail(ErrorKind::BadRequest, "it names no schema");
  if (*schema != fleet::kSchema) {
    return fail(ErrorKind::OtherVersion, "it is of schema " + schema->dump() + ", this tykup knows " +
                                             std::to_string(fleet::kSchema) + ": install the version that wrote it");
  }
  document.erase(schema);
  return document;
}

}  // namespace

template <typename Record>
std::string fleet_text(Record const& record) {
  auto document = FieldWriter::write(record);
  document[kSchemaField] = fleet::kSchema;
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

template <typename Record>
Result<Record> parse_fleet(std::string_view text) {
  auto const document = fields_of(text);
  if (!document) return fail(document.error());
  try {
    Record record;
    FieldReader::read(*document, "record", record);
    if (auto const problem = fleet::problem_of(record); !problem.empty()) return fail(ErrorKind::BadRequest, problem);
    return record;
  } catch (Malformed const& problem) {
    return fail(ErrorKind::BadRequest, problem.what());
  }
}

#define TYKUP_FLEET_RECORD(Record)                                   \
  template std::string fleet_text<fleet::Record>(fleet::Record const&); \
  template Result<fleet::Record> parse_fleet<fleet::Record>(std::string_view);
TYKUP_FLEET_RECORD(Meta)
TYKUP_FLEET_RECORD(Policy)
TYKUP_FLEET_RECORD(FleetFreeze)
TYKUP_FLEET_RECORD(HostRecord)
TYKUP_FLEET_RECORD(Presence)
TYKUP_FLEET_RECORD(Rollout)
TYKUP_FLEET_RECORD(Slot)
TYKUP_FLEET_RECORD(Mark)
TYKUP_FLEET_RECORD(OutsideStep)
TYKUP_FLEET_RECORD(Pending)
TYKUP_FLEET_RECORD(Teller)
TYKUP_FLEET_RECORD(KnownNews)
#undef TYKUP_FLEET_RECORD

}  // namespace tykup::wire
