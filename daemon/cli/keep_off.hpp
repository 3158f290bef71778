#pragma once

#include <string>
#include <vector>

#include "daemon/core/config.hpp"
#include "daemon/core/result.hpp"

/// Root's own command that keeps other updaters off the packages that are tykup's to upgrade. The executor never does it.
namespace tykup::cli {

/// Every package name that a configured component may have on a host.
[[nodiscard]] std::vector<std::string> packages_of(Config const& config);

/// The drop-in of apt's configuration that unattended-upgrades reads.
[[nodiscard]] std::string apt_drop_in(std::vector<std::string> const& packages);

/// dnf-automatic knows no drop-ins: its file with our lines below `[base]`, which count for that program alone; what
/// `dnf.conf` excludes is said again there, because `[base]` replaces it. Our earlier lines go. BadConfig: `[base]` has an
/// exclusion of the operator's own, which two lines would replace silently.
[[nodiscard]] Result<std::string> with_exclusion(std::string const& file, std::vector<std::string> const& packages,
                                                 std::vector<std::string> const& excluded_already);
/// The file without our lines: as it was, byte for byte.
[[nodiscard]] std::string without_exclusion(std::string const& file);

struct KeptOff {
  std::vector<std::string> files;  ///< that were written, or removed
};
/// Below `root`: the drop-in where apt is, the lines in each configuration of dnf-automatic that is there.
[[nodiscard]] Result<KeptOff> keep_off(std::string const& root, std::vector<std::string> const& packages);
[[nodiscard]] Result<KeptOff> undo_keep_off(std::string const& root);

}  // namespace tykup::cli
