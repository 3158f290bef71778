#include "daemon/cli/keep_off.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/fakes/temporary_folder.hpp"

namespace tykup::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char const* kAutomatic = "[commands]\napply_updates = yes\n\n[base]\n# This section overrides dnf.conf\ndebuglevel = 1\n";

class Root : public testing::Test {
 public:
  void write(std::string const& file, std::string const& text) const {
    std::filesystem::create_directories(std::filesystem::path(path + file).parent_path());
    std::ofstream(path + file) << text;
  }
  [[nodiscard]] std::string read(std::string const& file) const {
    std::ifstream stream(path + file);
    std::ostringstream text;
    text << stream.rdbuf();
    return stream ? text.str() : "(none)";
  }

 private:
  fakes::TemporaryFolder folder_;

 public:
  std::string const path = folder_.path().string();
};

TEST(KeepOff, names_every_edition_of_every_component_once) {
  Config config;
  config.components.resize(2);
  config.components[0].editions = {"tyk-gateway", "tyk-gateway-ee"};
  config.components[1].packages = {"redis-server", "tyk-gateway"};
  EXPECT_THAT(packages_of(config), ElementsAre("redis-server", "tyk-gateway", "tyk-gateway-ee"));
}

TEST(KeepOff, matches_whole_names_in_the_words_of_unattended_upgrades) {
  EXPECT_THAT(apt_drop_in({"tyk-gateway", "libx++1.2"}), HasSubstr("Unattended-Upgrade::Package-Blacklist {\n  \"tyk-gateway$\";\n  \"libx\\\\+\\\\+1\\\\.2$\";\n};\n"));
}

TEST(KeepOff, goes_into_the_section_that_counts_for_dnf_automatic_alone) {
  auto const text = with_exclusion(kAutomatic, {"tyk-gateway"}, {"kernel*"});
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("[base]\n# begin: written by `tykup keep-off`"));
  EXPECT_THAT(*text, HasSubstr("\nexcludepkgs = kernel*, tyk-gateway\n")) << "[base] replaces what dnf.conf excludes";
  EXPECT_EQ(without_exclusion(*text), kAutomatic);
}

TEST(KeepOff, said_twice_is_said_once) {
  auto const once = with_exclusion(kAutomatic, {"tyk-gateway"}, {});
  auto const twice = with_exclusion(*once, {"tyk-gateway"}, {});
  EXPECT_EQ(*once, *twice);
}

struct Refused {
  char const* name;
  std::string text;
  char const* says;
};
class RefusedFiles : public testing::TestWithParam<Refused> {};

TEST_P(RefusedFiles, stay_as_they_are) {
  auto const text = with_exclusion(GetParam().text, {"tyk-gateway"}, {});
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, ErrorKind::BadConfig);
  EXPECT_THAT(text.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(table, RefusedFiles,
                         testing::Values(Refused{"own_exclusion", std::string(kAutomatic) + "excludepkgs = nginx\n", "add these to it yourself: tyk-gateway"},
                                         Refused{"own_exclusion_in_the_old_word", std::string(kAutomatic) + "exclude=nginx\n", "of its own"},
                                         Refused{"own_exclusion_on_the_next_line", std::string(kAutomatic) + "excludepkgs =\n  nginx\n", "of its own"},
                                         Refused{"no_base", "[commands]\n", "no section [base]"}, Refused{"nothing", "", "no section [base]"}),
                         [](auto const& made) { return std::string(made.param.name); });

TEST_F(Root, of_an_apt_host_gets_one_file_and_loses_it_again) {
  write("/etc/apt/apt.conf.d/50unattended-upgrades", "");
  auto const done = keep_off(path, {"tyk-gateway"});
  ASSERT_TRUE(done);
  EXPECT_THAT(done->files, ElementsAre("/etc/apt/apt.conf.d/52tykup"));
  EXPECT_THAT(read("/etc/apt/apt.conf.d/52tykup"), HasSubstr("tyk-gateway$"));
  ASSERT_TRUE(undo_keep_off(path));
  EXPECT_EQ(read("/etc/apt/apt.conf.d/52tykup"), "(none)");
}

TEST_F(Root, of_an_rpm_host_gets_lines_in_the_files_that_are_there) {
  write("/etc/dnf/automatic.conf", kAutomatic);
  write("/etc/dnf/dnf.conf", "[main]\nexcludepkgs=kernel*,\n  nginx\n[other]\nexclude=no\n");
  auto const done = keep_off(path, {"tyk-gateway"});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(done->files, ElementsAre("/etc/dnf/automatic.conf"));
  EXPECT_THAT(read("/etc/dnf/automatic.conf"), HasSubstr("excludepkgs = kernel*, nginx, tyk-gateway\n"));
  ASSERT_TRUE(undo_keep_off(path));
  EXPECT_EQ(read("/etc/dnf/automatic.conf"), kAutomatic);
}

TEST_F(Root, with_nobody_else_gets_nothing) {
  auto const done = keep_off(path, {"tyk-gateway"});
  ASSERT_TRUE(done);
  EXPECT_THAT(done->files, IsEmpty());
  auto const undone = undo_keep_off(path);
  ASSERT_TRUE(undone);
  EXPECT_THAT(undone->files, IsEmpty());
}

}  // namespace
}  // namespace tykup::cli
