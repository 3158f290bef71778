#include "daemon/os/machine_id.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/fakes/temporary_folder.hpp"

namespace tykup::os {
namespace {

Result<std::string> id_of(std::string const& content) {
  fakes::TemporaryFolder const folder;
  std::ofstream(folder / "machine-id") << content;
  return machine_id(folder / "machine-id");
}

TEST(MachineIdTest, the_identity_is_stable_and_does_not_show_the_machine_id) {
  std::string const id = "0123456789abcdef0123456789abcdef";
  auto const ours = id_of(id + "\n");
  ASSERT_TRUE(ours) << ours.error().message;
  EXPECT_THAT(*ours, testing::MatchesRegex("[0-9a-f]{64}"));
  EXPECT_EQ(ours->find(id), std::string::npos);
  // printf tykup | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
  EXPECT_EQ(*ours, "d16118a8771478be1951e9d07c8c58a4a8ac427aa79eab1075347e4dc7505ed9");
  EXPECT_EQ(id_of(id), ours);
  EXPECT_NE(*id_of("0123456789abcdef0123456789abcdee\n"), *ours);
}

TEST(MachineIdTest, a_host_without_id_is_told_how_to_get_one) {
  for (std::string const content :
       {"", "\n", "uninitialized\n", "00000000000000000000000000000000\n", "0123456789abcdef\n",
        "0123456789abcdef0123456789abcdeg\n", "0123456789abcdef0123456789abcdef0\n"}) {
    auto const id = id_of(content);
    ASSERT_FALSE(id) << content;
    EXPECT_EQ(id.error().kind, ErrorKind::NotFound);
    EXPECT_THAT(id.error().message, testing::HasSubstr("systemd-machine-id-setup"));
  }
  EXPECT_FALSE(machine_id("/nonexistent/machine-id"));
}

TEST(BootId, is_another_one_when_either_the_kernel_or_the_folder_of_the_boot_is) {
  fakes::TemporaryFolder folder;
  auto const file = folder / "boot_id";
  auto const made = folder / "system";
  std::ofstream(file) << "first\n";
  std::filesystem::create_directory(made);
  auto const first = boot_id(file, made);
  EXPECT_EQ(boot_id(file, made), first);
  std::filesystem::last_write_time(made, std::filesystem::last_write_time(made) + std::chrono::seconds{1});
  EXPECT_NE(boot_id(file, made), first);
  EXPECT_EQ(boot_id(file, folder / "absent"), "first");
  EXPECT_EQ(boot_id(folder / "absent", folder / "absent"), "");
}

}  // namespace
}  // namespace tykup::os
