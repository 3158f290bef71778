#pragma once

#include <filesystem>
#include <string>

#include "daemon/agent/ports.hpp"

namespace tykup::os {

/// A file for node_exporter's textfile collector: put in place whole by rename, readable for all. It lies in /run, so
/// nothing is synced. A failure is logged once, and once more when another one takes its place.
class MetricsFile final : public agent::Metrics {
 public:
  explicit MetricsFile(std::filesystem::path file) : file_(std::move(file)) {}

  /// A text that stands there already is not written again.
  void publish(std::string const& text) override;

 private:
  [[nodiscard]] Result<void> write(std::string const& text) const;
  std::filesystem::path file_;
  std::string published_;
  std::string problem_;
};

}  // namespace tykup::os
