#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

#include "systemd/journal.hpp"

namespace tykup::systemd {
namespace {

namespace fs = std::filesystem;

fs::path const kSource = fs::path{TYKUP_SOURCE_DIR} / "systemd";

struct Ended {
  int status;
  std::string output;
};

Ended run(std::string const& command) {
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "re");
  std::string output;
  std::array<char, 4096> buffer{};
  while (std::size_t const n = std::fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), n);
  return {::pclose(pipe), output};
}

std::string read(fs::path const& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

class InstalledFiles : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/tykup-files-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    root = name;
  }
  void TearDown() override { fs::remove_all(root); }
  fs::path root;
};

TEST_F(InstalledFiles, the_catalog_compiles_and_explains_every_kind_of_entry) {
  fs::create_directories(root / "usr/lib/systemd/catalog");
  fs::create_directories(root / "var/lib/systemd/catalog");
  fs::copy(kSource / "catalog/tykup.catalog", root / "usr/lib/systemd/catalog");
  auto const compiled = run("journalctl --update-catalog --root=" + root.string());
  ASSERT_EQ(compiled.status, 0) << compiled.output;
  EXPECT_EQ(compiled.output, "");
  auto const listed = run("journalctl --list-catalog --root=" + root.string());
  ASSERT_EQ(listed.status, 0) << listed.output;
  for (auto const said : rollout::all_said()) {
    EXPECT_NE(listed.output.find(std::string{message_id(said)} + " tykup: "), std::string::npos) << to_string(said);
  }
}

/// As installed, but with programs that exist here.
fs::path verifiable(fs::path const& root) {
  std::string unit = read(kSource / "units/tykupd.service");
  unit = std::regex_replace(unit, std::regex("/usr/sbin/tykupd|/usr/bin/tykup\\b"), "/bin/true");
  unit = std::regex_replace(unit, std::regex("Documentation=[^\n]*\n"), "");
  std::ofstream(root / "tykupd.service") << unit;
  return root / "tykupd.service";
}

TEST_F(InstalledFiles, systemd_understands_every_line_of_the_unit) {
  auto const verified = run("systemd-analyze verify " + verifiable(root).string());
  EXPECT_EQ(verified.status, 0) << verified.output;
  EXPECT_EQ(verified.output, "");
}

TEST_F(InstalledFiles, the_verification_sees_a_mistake) {
  auto const unit = verifiable(root);
  std::ofstream(unit, std::ios::app) << "\n[Service]\nProtectSytem=strict\n";
  EXPECT_NE(run("systemd-analyze verify " + unit.string()).output, "");
}

TEST_F(InstalledFiles, the_daemon_is_exposed_no_more_than_it_must_be) {
  auto const score = run("systemd-analyze security --offline=yes --threshold=16 " + (kSource / "units/tykupd.service").string());
  EXPECT_EQ(score.status, 0) << score.output;
}

TEST_F(InstalledFiles, the_bus_policy_and_the_polkit_actions_are_well_formed) {
  for (char const* file : {"dbus/org.tykup1.conf", "dbus/org.tykup1.Manager.xml", "polkit/org.tykup1.policy"}) {
    std::string const command = "python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' ";
    auto const parsed = run(command + (kSource / file).string());
    EXPECT_EQ(parsed.status, 0) << file << ": " << parsed.output;
  }
}

}  // namespace
}  // namespace tykup::systemd
