#pragma once
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "self.hpp"

namespace standin {

/// What the component's own configuration file and its environment say about where and how it answers.
struct Settings {
  std::string address = "0.0.0.0";
  int port = 0;
  std::string health_path;
  std::string ready_path = "ready";
  bool tls = false;
  std::string certificate;
  std::string key;
  std::chrono::milliseconds tick{10000};  ///< how often the Gateway gathers the details of its /hello
  bool uses_dashboard = false;
  bool uses_rpc = false;
  bool legacy_log = true;
};

/// The configuration as the real component reads it: a missing file is replaced by a default one, a broken one ends
/// the process with the lines that the real one logs. Environment variables win over the file.
[[nodiscard]] Settings read_settings(Self const& self, std::string const& path);

/// The faults a test wants of this version, read anew at each call from /etc/standin/PACKAGE.json:
/// { "*": {…}, "5.8.15": {…} }, the version's own entries winning. A file that is not there means none.
[[nodiscard]] nlohmann::json faults_of(Self const& self);

/// One line on standard error in the format of this component and version.
void log(Self const& self, std::string const& level, std::string const& message);

}  // namespace standin
