#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "daemon/os/store.hpp"
#include "tests/fakes/temporary_folder.hpp"

namespace {
int syncs = 0;
}

// SQLite calls these through the dynamic linker, which finds ours first: they count and then do what they say.
extern "C" int fdatasync(int descriptor) {
  ++syncs;
  return static_cast<int>(syscall(SYS_fdatasync, descriptor));
}
extern "C" int fsync(int descriptor) {
  ++syncs;
  return static_cast<int>(syscall(SYS_fsync, descriptor));
}

namespace tykup::os {
namespace {

rollout::State numbered(std::uint32_t number) {
  rollout::State state;
  state.phase = rollout::phase::Refreshing{std::to_string(number)};
  return state;
}

rollout::Record numbered_run(std::uint32_t number) {
  rollout::RunRecord run;
  run.id = "latest";
  run.reason = std::to_string(number);
  return rollout::record::History{run};
}

/// Commits 1, 2, 3, … and says each number once `commit` has returned.
[[noreturn]] void commit_for_ever(std::filesystem::path const& file, std::uint32_t first, int said) {
  auto const store = FileStore::open(file);
  if (!store) _exit(1);
  for (auto number = first;; ++number) {
    if (!(*store)->commit(numbered(number), {numbered_run(number)})) _exit(2);
    if (write(said, &number, sizeof number) != sizeof number) _exit(3);
  }
}

/// The last number that the child said before it was killed, after at least `least` of them.
std::uint32_t last_word(std::filesystem::path const& file, std::uint32_t first, std::uint32_t least) {
  int ends[2];
  if (pipe(ends) != 0) return 0;
  auto const child = fork();
  if (child == 0) commit_for_ever(file, first, ends[1]);
  close(ends[1]);
  std::uint32_t number = 0;
  std::uint32_t last = 0;
  std::uint32_t heard = 0;
  while (read(ends[0], &number, sizeof number) == sizeof number) {
    last = number;
    if (++heard == least) kill(child, SIGKILL);
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return last;
}

TEST(StoreDurabilityTest, what_commit_returned_for_survives_kill_9) {
  fakes::TemporaryFolder const folder;
  auto const file = folder / "state.db";
  std::uint32_t first = 1;
  for (std::uint32_t round = 1; round <= 25; ++round) {
    auto const said = last_word(file, first, round * 3);
    ASSERT_GE(said, first + round * 3 - 1);
    auto const store = FileStore::open(file);
    ASSERT_TRUE(store) << store.error().message;
    auto const saved = (*store)->load();
    ASSERT_TRUE(saved) << saved.error().message;
    auto const kept = std::stoul(std::get<rollout::phase::Refreshing>(saved->state->phase).job);
    // The commit during which it was killed may be there or not, but it is whole.
    EXPECT_GE(kept, said);
    EXPECT_LE(kept, said + 1);
    EXPECT_EQ((*store)->history(1, "latest")->front().reason, std::to_string(kept));
    first = static_cast<std::uint32_t>(kept) + 1;
  }
}

TEST(StoreDurabilityTest, commit_returns_after_the_disk_has_it) {
  fakes::TemporaryFolder const folder;
  auto const store = FileStore::open(folder / "state.db");
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE((*store)->commit(numbered(0), {}));
  for (std::uint32_t number = 1; number <= 5; ++number) {
    auto const before = syncs;
    ASSERT_TRUE((*store)->commit(numbered(number), {}));
    EXPECT_GT(syncs, before);
  }
}

}  // namespace
}  // namespace tykup::os
