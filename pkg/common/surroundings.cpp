#include "pkg/common/surroundings.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

namespace tykup::pkg {

ScriptSurroundings::ScriptSurroundings(bool quiet) {
  set("DEBIAN_FRONTEND", "noninteractive");
  set("DEBCONF_NONINTERACTIVE_SEEN", "true");
  set("APT_LISTCHANGES_FRONTEND", "none");
  set("NEEDRESTART_SUSPEND", "1");
  // Never inherited: a transaction of strangers must reach systemd.
  set("SYSTEMD_OFFLINE", quiet ? std::optional<std::string>("1") : std::nullopt);
  stdin_ = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  int const null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null >= 0) {
    dup2(null, STDIN_FILENO);
    if (null != STDIN_FILENO) close(null);
  }
}

ScriptSurroundings::~ScriptSurroundings() {
  for (auto const& [name, value] : before_) {
    if (value) {
      setenv(name.c_str(), value->c_str(), 1);
    } else {
      unsetenv(name.c_str());
    }
  }
  if (stdin_ >= 0) {
    dup2(stdin_, STDIN_FILENO);
    close(stdin_);
  }
}

void ScriptSurroundings::set(char const* name, std::optional<std::string> value) {
  auto const* now = getenv(name);
  before_.push_back({name, now == nullptr ? std::nullopt : std::optional<std::string>(now)});
  if (value) {
    setenv(name, value->c_str(), 1);
  } else {
    unsetenv(name);
  }
}

}  // namespace tykup::pkg
