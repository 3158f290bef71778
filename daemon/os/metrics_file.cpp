#include "daemon/os/metrics_file.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace tykup::os {

Result<void> MetricsFile::write(std::string const& text) const {
  auto const part = file_.string() + ".new";
  auto const trouble = [&](std::string const& what) {
    return fail(ErrorKind::Internal, "the figures for monitoring cannot be written to " + file_.string() + ": " + what + ": " + std::strerror(errno));
  };
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out << text << std::flush;
  if (!out) return trouble("write " + part);
  out.close();
  if (chmod(part.c_str(), 0644) != 0) return trouble("chmod " + part);
  if (rename(part.c_str(), file_.c_str()) != 0) return trouble("rename " + part);
  return {};
}

void MetricsFile::publish(std::string const& text) {
  if (text == published_) return;
  auto const written = write(text);
  auto const problem = written ? std::string{} : written.error().message;
  if (!problem.empty() && problem != problem_) spdlog::warn("{}", problem);
  problem_ = problem;
  published_ = written ? text : std::string{};
}

}  // namespace tykup::os
