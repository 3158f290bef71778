#include "daemon/os/metrics_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "tests/fakes/temporary_folder.hpp"

namespace tykup::os {
namespace {

namespace fs = std::filesystem;

std::string read(fs::path const& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

ino_t inode(fs::path const& file) {
  struct stat found {};
  return stat(file.c_str(), &found) == 0 ? found.st_ino : 0;
}

class MetricsFileTest : public testing::Test {
 protected:
  fakes::TemporaryFolder folder_;
  fs::path file_ = folder_ / "tykup.prom";
  MetricsFile metrics_{file_};
};

TEST_F(MetricsFileTest, is_whole_and_readable_for_all_whatever_the_umask) {
  auto const before = umask(0077);
  metrics_.publish("tykup_trouble 0\n");
  umask(before);
  EXPECT_EQ(read(file_), "tykup_trouble 0\n");
  struct stat found {};
  ASSERT_EQ(stat(file_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777U, 0644U);
}

TEST_F(MetricsFileTest, is_replaced_by_another_file_and_never_written_in_place) {
  metrics_.publish("one\n");
  std::ifstream reader(file_);
  auto const first = inode(file_);
  metrics_.publish("two\n");
  EXPECT_NE(inode(file_), first);
  std::string line;
  std::getline(reader, line);
  EXPECT_EQ(line, "one");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 1);
}

TEST_F(MetricsFileTest, is_left_alone_where_nothing_changed) {
  metrics_.publish("one\n");
  auto const first = inode(file_);
  metrics_.publish("one\n");
  EXPECT_EQ(inode(file_), first);
}

TEST_F(MetricsFileTest, that_cannot_be_written_holds_nothing_up_and_is_written_when_it_can_be) {
  auto const nowhere = folder_ / "not-yet";
  MetricsFile metrics{nowhere / "tykup.prom"};
  metrics.publish("one\n");
  EXPECT_FALSE(fs::exists(nowhere));
  fs::create_directory(nowhere);
  metrics.publish("one\n");
  EXPECT_EQ(read(nowhere / "tykup.prom"), "one\n");
}

}  // namespace
}  // namespace tykup::os
