#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "daemon/cli/text.hpp"

namespace tykup::cli::test {

inline std::string golden_path(std::string const& name) {
  return std::string(TYKUP_SOURCE_DIR "/tests/golden/cli/") + name;
}

inline std::string read_file(std::string const& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path << " cannot be read";
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A document of tests/golden/cli.
inline nlohmann::json document(std::string const& name) {
  return nlohmann::json::parse(read_file(golden_path(name + ".json")));
}

/// Holds `text` against tests/golden/cli/NAME.txt. With TYKUP_WRITE_GOLDEN in the environment the file is written, and
/// the test fails all the same: somebody has to look at it.
inline void expect_golden(std::string const& name, std::string const& text) {
  auto const path = golden_path(name + ".txt");
  if (std::getenv("TYKUP_WRITE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    ADD_FAILURE() << path << " was written: look at the difference";
    return;
  }
  EXPECT_EQ(text, read_file(path));
}

/// Monday 2026-11-23 13:00 UTC, where every golden text is at home.
inline Instant moment() {
  return std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + std::chrono::hours{13};
}

inline Zone london() {
  using namespace std::chrono_literals;
  auto const utc = [](int y, unsigned m, unsigned d) {
    return std::chrono::sys_days{std::chrono::year{y} / m / d} + 1h;
  };
  return {"Europe/London", 0s, "GMT", {{utc(2026, 10, 25), 0s, "GMT"}, {utc(2027, 3, 28), 1h, "BST"}}};
}

inline View view_of(std::size_t width = 0, bool color = false) {
  return {width, color, moment(), london()};
}

}  // namespace tykup::cli::test
