#pragma once

#include <string>
#include <string_view>

#include "daemon/core/fleet/records.hpp"
#include "daemon/core/result.hpp"

/// The records of a fleet as their texts in etcd: one JSON object with the schema's number in front. Nothing is optional and
/// nothing is ignored, so that hosts of different versions never act on half a record.
namespace tykup::wire {

/// For Meta, Policy, HostRecord, Presence, Rollout, Slot, Mark and Pending.
template <typename Record>
[[nodiscard]] std::string fleet_text(Record const& record);

/// BadRequest with the place where the text is not such a record, or names what may not be in a key; OtherVersion where a
/// newer tykup wrote it.
template <typename Record>
[[nodiscard]] Result<Record> parse_fleet(std::string_view text);

}  // namespace tykup::wire
