#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <string>

#include "daemon/core/time.hpp"
#include "tests/fakes/temporary_folder.hpp"

namespace tykup::systemd {

/// A journal file with the entries of the test, in the order of their times, made by systemd's own writer.
class WrittenJournal : public testing::Test {
 protected:
  void entry(Instant when, std::initializer_list<std::string> fields) {
    auto const at = when.time_since_epoch().count();
    exported += fmt::format("__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={}\n", at, at - 1'699'000'000'000'000,
                            std::string(32, 'c'));
    for (auto const& field : fields) exported += field + "\n";
    exported += "\n";
  }
  void write() {
    std::string const command =
        fmt::format("/lib/systemd/systemd-journal-remote -o {0}/system.journal - < {0}/export 2>{0}/errors", folder.path().string());
    std::ofstream(folder / "export") << exported;
    EXPECT_EQ(std::system(command.c_str()), 0) << "is the package systemd-journal-remote installed?";
  }

  fakes::TemporaryFolder const folder;
  std::string exported;
};

}  // namespace tykup::systemd
