#pragma once

#include <string>
#include <vector>

#include "daemon/os/store_database.hpp"

namespace tykup::os {

/// SQL that takes a state file from one schema version to the next; the first makes version 1 of an empty file. Entries
/// are never changed once released: a file in the field has seen them.
[[nodiscard]] std::vector<std::string> const& schema_steps();

/// Brings the file to the last version of `steps`, each in a transaction of its own. StateUnusable for a file of a
/// newer version or of another program, which is left as it is.
[[nodiscard]] Result<void> migrate(Database& database, std::vector<std::string> const& steps = schema_steps());

}  // namespace tykup::os
