#include "systemd/logging.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace tykup::systemd {

bool is_journal_stream(int fd, std::string const& journal_stream) {
  struct stat info {};
  if (journal_stream.empty() || ::fstat(fd, &info) != 0) return false;
  return journal_stream == fmt::format("{}:{}", info.st_dev, info.st_ino);
}

bool stderr_is_journal() {
  char const* stream = std::getenv("JOURNAL_STREAM");
  return stream != nullptr && is_journal_stream(STDERR_FILENO, stream);
}

void set_up_logging(std::string const& identifier, bool debug) {
  std::shared_ptr<spdlog::logger> logger;
  if (stderr_is_journal()) {
    logger = std::make_shared<spdlog::logger>(identifier, std::make_shared<spdlog::sinks::systemd_sink_st>(identifier));
  } else {
    logger = std::make_shared<spdlog::logger>(identifier, std::make_shared<spdlog::sinks::stderr_sink_st>());
    logger->set_pattern("%n: %l: %v");
  }
  logger->set_level(debug ? spdlog::level::debug : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace tykup::systemd
