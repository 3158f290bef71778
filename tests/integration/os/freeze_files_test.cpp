#include "daemon/os/freeze_files.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <functional>

#include "tests/fakes/temporary_folder.hpp"

namespace tykup::os {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A folder with a watched file, which may be there or not.
struct Disk {
  fakes::TemporaryFolder folder;
  fs::path file = folder.path() / "etc" / "freeze.ics";
  int changes = 0;
  boost::asio::io_context loop;
  InotifyFreezeFiles files{loop.get_executor()};

  void write(fs::path const& path, std::string const& text) const { std::ofstream(path) << text; }

  void follow() {
    files.watch({file.string()});
    boost::asio::co_spawn(loop, count(), [](std::exception_ptr const& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    loop.poll();
  }
  agent::Awaitable<void> count() {
    for (;;) {
      co_await files.changed();
      ++changes;
    }
  }
  /// Runs the loop until one more change was seen, or for that long.
  bool sees_a_change(std::chrono::milliseconds within = 20s) {
    int const before = changes;
    auto const deadline = std::chrono::steady_clock::now() + within;
    while (changes == before && std::chrono::steady_clock::now() < deadline) {
      loop.restart();
      loop.run_one_for(100ms);
    }
    return changes > before;
  }
};

TEST(FreezeFiles, are_seen_to_change_however_it_is_done) {
  struct Way {
    char const* name;
    std::function<void(fs::path const&)> change;
  };
  auto const put = [](fs::path const& path, char const* text) { std::ofstream(path) << text; };
  Way const ways[] = {
      {"written in place", [&](auto const& file) { put(file, "in place"); }},
      {"an editor renames a new one over it",
       [&](auto const& file) {
         put(file.string() + ".new", "renamed");
         fs::rename(file.string() + ".new", file);
       }},
      {"an editor moves the old one away first",
       [&](auto const& file) {
         fs::rename(file, file.string() + "~");
         put(file, "anew");
       }},
      {"its rights", [](auto const& file) { fs::permissions(file, fs::perms::none); }},
      {"removed", [](auto const& file) { fs::remove(file); }},
      {"there again", [&](auto const& file) { put(file, "again"); }},
      {"its folder is removed", [](auto const& file) { fs::remove_all(file.parent_path()); }},
      {"its folder is there again",
       [&](auto const& file) {
         fs::create_directory(file.parent_path());
         put(file, "again");
       }},
  };
  Disk disk;
  fs::create_directory(disk.file.parent_path());
  disk.write(disk.file, "first");
  disk.follow();
  for (auto const& way : ways) {
    way.change(disk.file);
    EXPECT_TRUE(disk.sees_a_change()) << way.name;
  }
}

TEST(FreezeFiles, behind_a_link_are_seen_to_change_where_they_are) {
  Disk disk;
  fs::create_directory(disk.file.parent_path());
  fs::create_directory(disk.folder.path() / "one");
  fs::create_directory(disk.folder.path() / "two");
  disk.write(disk.folder.path() / "one" / "f", "1");
  disk.write(disk.folder.path() / "two" / "f", "22");
  fs::create_symlink(disk.folder.path() / "one" / "f", disk.file);
  disk.follow();
  disk.write(disk.folder.path() / "one" / "f", "1 changed");
  EXPECT_TRUE(disk.sees_a_change());
  fs::remove(disk.file);
  fs::create_symlink(disk.folder.path() / "two" / "f", disk.file);
  EXPECT_TRUE(disk.sees_a_change());
  disk.write(disk.folder.path() / "two" / "f", "22 changed");
  EXPECT_TRUE(disk.sees_a_change()) << "the link's new target is watched";
}

TEST(FreezeFiles, are_left_alone_by_what_their_neighbours_do) {
  Disk disk;
  fs::create_directory(disk.file.parent_path());
  disk.write(disk.file, "first");
  disk.follow();
  disk.write(disk.file.parent_path() / "tykup.toml", "other");
  EXPECT_FALSE(disk.sees_a_change(600ms));
  disk.files.watch({});
  disk.write(disk.file, "nobody cares any more");
  EXPECT_FALSE(disk.sees_a_change(600ms));
}

TEST(FreezeFiles, sleep_while_nothing_happens) {
  Disk disk;
  fs::create_directory(disk.file.parent_path());
  disk.write(disk.file, "first");
  disk.follow();
  disk.write(disk.file, "second");
  ASSERT_TRUE(disk.sees_a_change());
  disk.loop.restart();
  disk.loop.run_for(500ms);
  disk.loop.restart();
  EXPECT_EQ(disk.loop.poll(), 0U) << "our own watching wakes nobody";
}

}  // namespace
}  // namespace tykup::os
