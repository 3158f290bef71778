#include "pkg/executor/relabel.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/words.hpp"
#include "pkg/common/child.hpp"
#include "pkg/executor/files.hpp"

namespace tykup::executor {
namespace {

std::string program(Paths const& paths) {
  static constexpr std::array kPlaces{"/usr/sbin/restorecon", "/sbin/restorecon"};
  auto const found = std::ranges::find_if(kPlaces, [&](char const* place) { return exists(paths.host(place)); });
  return found == kPlaces.end() ? std::string{} : paths.host(*found);
}

/// Empty: it went well.
std::string trouble(Paths const& paths, std::vector<std::string> const& files) {
  auto const restorecon = program(paths);
  if (restorecon.empty()) return "restorecon is not installed";
  std::vector<std::string> command{restorecon, "--"};
  for (auto const& file : files) command.push_back(paths.host(file));
  auto const end = pkg::run_child(command);
  if (!end) return end.error().message;
  return end->status == 0 ? std::string{} : pkg::tail_of(end->output, 2) + " (exit status " + std::to_string(end->status) + ")";
}

}  // namespace

void relabel(Paths const& paths, std::vector<std::string> const& files, std::vector<std::string>& notes) {
  if (files.empty() || !exists(paths.host("/sys/fs/selinux/enforce"))) return;
  if (auto const why = trouble(paths, files); !why.empty())
    notes.push_back("the SELinux labels of " + join(files) + " could not be set: " + why + "; run `restorecon` on them");
}

}  // namespace tykup::executor
