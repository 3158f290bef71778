#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "pkg/rpm/library.hpp"
#include "pkg/rpm/rpm_file.hpp"
#include "tests/integration/machine.hpp"
#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class AnRpmFile : public RpmTest {
 protected:
  void SetUp() override { ASSERT_OK(open_library(world_.paths())); }
  Result<void> check(std::string const& file, std::vector<std::string> const& keys) {
    std::vector<std::string> files;
    for (auto const& key : keys) files.push_back(world_.key_file(key));
    return check_signature(file, files);
  }
  static void overwrite(std::string const& file, std::streamoff from_end) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(-from_end, std::ios::end);
    stream << "????";
  }
};

TEST_F(AnRpmFile, says_its_name_version_and_architecture) {
  auto const label = rpm_files().label(world_.build({.version = "1.1", .release = "3.el9", .epoch = "2"}));
  ASSERT_OK(label);
  EXPECT_EQ(label->name, "tyk-gateway");
  EXPECT_EQ(label->version, "2:1.1-3.el9");
  EXPECT_EQ(label->architecture, "noarch");
}

TEST_F(AnRpmFile, says_how_much_room_it_takes) {
  auto const size = installed_size_of(world_.build({.files = {{"/opt/a", std::string(5000, 'a')}}}));
  ASSERT_OK(size);
  EXPECT_GE(*size, 5000U);
}

TEST_F(AnRpmFile, signed_by_a_named_key_is_believed_among_others_too) {
  auto const file = world_.build({});
  ASSERT_OK(check(file, {"tyk"}));
  ASSERT_OK(check(file, {"mallory", "tyk"}));
  fs::create_directories(world_.path("/elsewhere"));
  auto const binary = world_.path("/elsewhere/tyk.gpg");
  tykup::test::run("gpg --batch -q --dearmor < " + world_.key_file("tyk") + " > " + binary);
  ASSERT_OK(check_signature(file, {binary}));
}

struct Lie {
  char const* name;
  Rpm rpm;
  std::vector<std::string> keys;
  std::streamoff damage;  ///< bytes from the end; 0: none
  ErrorKind kind;
};
class ALyingFile : public AnRpmFile, public ::testing::WithParamInterface<Lie> {};

TEST_P(ALyingFile, is_refused_by_name) {
  auto const file = world_.build(GetParam().rpm);
  if (GetParam().damage != 0) overwrite(file, GetParam().damage);
  auto const checked = check(file, GetParam().keys);
  ASSERT_FAILS(checked, GetParam().kind);
  if (!GetParam().keys.empty()) {
    EXPECT_THAT(checked.error().message, HasSubstr(file));
  }
}
INSTANTIATE_TEST_SUITE_P(
    all, ALyingFile,
    ::testing::Values(
        Lie{"unsigned", {.key = ""}, {"tyk"}, 0, ErrorKind::RepositoryUnsigned},
        Lie{"another_key", {.key = "mallory"}, {"tyk"}, 0, ErrorKind::RepositoryWrongKey},
        Lie{"no_key_at_all", {}, {}, 0, ErrorKind::RepositoryWrongKey},
        Lie{"other_bytes_in_its_files",
            {.files = {{"/opt/a", std::string(4000, 'a')}}},
            {"tyk"},
            2000,
            ErrorKind::HashMismatch},
        Lie{"other_bytes_in_its_header", {.files = {{"/opt/a", "a"}}}, {"tyk"}, 900, ErrorKind::HashMismatch}),
    [](auto const& row) { return row.param.name; });

TEST_F(AnRpmFile, that_is_none_is_called_so) {
  world_.write("/text", "no package\n");
  ASSERT_FAILS(rpm_files().label(world_.path("/text")), ErrorKind::HashMismatch);
  ASSERT_FAILS(rpm_files().label(world_.path("/nothing")), ErrorKind::HashMismatch);
  ASSERT_FAILS(check(world_.path("/text"), {"tyk"}), ErrorKind::HashMismatch);
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
