#pragma once

#include <cstdint>
#include <string>

namespace tykup::executor {

/// Where things lie. `root` goes before every path of the host; tests give a throw-away folder.
struct Paths {
  std::string root = {};
  std::string state = "/var/lib/tykup-executor";  ///< jobs, steps, backups, the lock; root's, 0700
  std::string proc = "/proc";
  std::string cache = "/var/cache/tykup-executor";  ///< kept packages, what is taken out of them for a check; root's, 0700

  [[nodiscard]] std::string host(std::string const& path) const { return root + path; }
  [[nodiscard]] std::string jobs() const { return root + state + "/jobs"; }
  [[nodiscard]] std::string steps() const { return root + state + "/steps"; }
  [[nodiscard]] std::string backups() const { return root + state + "/backups"; }
  [[nodiscard]] std::string archives() const { return root + cache + "/archives"; }
  [[nodiscard]] std::string checks() const { return root + cache + "/checks"; }
  [[nodiscard]] std::string lock() const { return root + state + "/lock"; }
  [[nodiscard]] std::string boot() const { return root + proc + "/sys/kernel/random/boot_id"; }
  [[nodiscard]] std::string process(std::uint32_t pid) const { return root + proc + "/" + std::to_string(pid); }
};

}  // namespace tykup::executor
