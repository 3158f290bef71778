#pragma once

#include <string>
#include <vector>

#include "pkg/rpm/database.hpp"

namespace tykup::pkg::rpm {

/// A note beside the archive that packages are being changed. rpm itself leaves no trace of a process that was killed
/// while it laid files out: the database still has the old header alone.
class ChangeNote {
 public:
  explicit ChangeNote(RpmPaths const& paths) : file_(paths.archives + ".changing") {}
  /// Adds these names; on disk when it returns.
  Result<void> write(std::vector<std::string> const& names) const;
  [[nodiscard]] std::vector<std::string> names() const;
  void drop() const;

 private:
  std::string file_;
};

/// What interrupted changes left on this host.
struct Leftovers {
  std::vector<Duplicates> duplicates;
  std::vector<std::string> interrupted;  ///< names noted, and not among the duplicates
  [[nodiscard]] bool empty() const { return duplicates.empty() && interrupted.empty(); }
};
Result<Leftovers> leftovers_on(RpmPaths const& paths);

/// "tyk-gateway (duplicate: 1.0-1 and 1.1-1)", "tyk-pump (its change was interrupted)"
std::vector<std::string> described(Leftovers const& leftovers);

}  // namespace tykup::pkg::rpm
