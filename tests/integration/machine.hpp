#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <string>

namespace tykup::test {

/// stdout of a shell command, which must succeed.
inline std::string run(std::string const& command) {
  std::string output;
  auto* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    output.append(buffer.data(), got);
  EXPECT_EQ(pclose(pipe), 0) << command << "\n" << output;
  return output;
}

/// Another process that holds a lock file (POSIX record lock) until the end of this object.
class LockHolder {
 public:
  explicit LockHolder(std::string const& file) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    pid_ = fork();
    if (pid_ == 0) hold(file, ends[1]);
    char held = 'n';
    EXPECT_EQ(::read(ends[0], &held, 1), 1);
    EXPECT_EQ(held, 'y') << file;
    close(ends[0]);
    close(ends[1]);
  }
  LockHolder(LockHolder const&) = delete;
  LockHolder& operator=(LockHolder const&) = delete;
  ~LockHolder() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] int pid() const { return pid_; }

 private:
  [[noreturn]] static void hold(std::string const& file, int tell) {
    int const descriptor = ::open(file.c_str(), O_RDWR | O_CREAT, 0640);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    char const held = fcntl(descriptor, F_SETLK, &lock) == 0 ? 'y' : 'n';
    if (::write(tell, &held, 1) != 1) _exit(1);
    for (;;) pause();
  }
  int pid_;
};

}  // namespace tykup::test
