#include "pkg/rpm/script_output.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "pkg/common/child.hpp"

namespace tykup::pkg::rpm {
namespace {

constexpr off_t kKeep = 64 * 1024;

std::string end_of(int file) {
  auto const size = lseek(file, 0, SEEK_END);
  auto const begin = std::max<off_t>(0, size - kKeep);
  std::string text(static_cast<std::size_t>(std::max<off_t>(0, size - begin)), '\0');
  auto const got = pread(file, text.data(), text.size(), begin);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, got)));
  return text;
}

void put_back(int saved, int number) {
  if (saved < 0) return;
  dup2(saved, number);
  close(saved);
}

}  // namespace

ScriptOutput::ScriptOutput()
    : file_(memfd_create("script-output", MFD_CLOEXEC)),
      output_(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)),
      errors_(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
  if (file_ < 0) return;
  fflush(nullptr);
  dup2(file_, STDOUT_FILENO);
  dup2(file_, STDERR_FILENO);
}

ScriptOutput::~ScriptOutput() {
  fflush(nullptr);
  put_back(output_, STDOUT_FILENO);
  put_back(errors_, STDERR_FILENO);
  if (file_ < 0) return;
  auto const text = end_of(file_);
  fwrite(text.data(), 1, text.size(), stderr);
  close(file_);
}

std::string ScriptOutput::tail() const {
  fflush(nullptr);
  constexpr std::size_t kLines = 30;
  return file_ < 0 ? std::string{} : tail_of(end_of(file_), kLines);
}

}  // namespace tykup::pkg::rpm
