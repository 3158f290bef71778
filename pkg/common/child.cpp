#include "pkg/common/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace tykup::pkg {
namespace {

constexpr std::size_t kKeep = 64 * 1024;

[[noreturn]] void become(std::vector<char*>& argv, std::vector<std::pair<std::string, std::string>> const& environment,
                         int output) {
  int const null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  signal(SIGPIPE, SIG_DFL);
  for (auto const& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  execvp(argv[0], argv.data());
  _exit(127);
}

std::string read_all(int from) {
  std::string output;
  std::array<char, 4096> buffer{};
  for (;;) {
    auto const got = read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    output.append(buffer.data(), static_cast<std::size_t>(got));
    if (output.size() > 2 * kKeep) output.erase(0, output.size() - kKeep);
  }
  if (output.size() > kKeep) output.erase(0, output.size() - kKeep);
  return output;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<ChildEnd> run_child(std::vector<std::string> const& command,
                           std::vector<std::pair<std::string, std::string>> const& environment) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(ErrorKind::Internal, fmt::format("no pipe for {}: {}", command.front(), std::strerror(errno)));
  }
  std::vector<char*> argv;
  for (auto const& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t const child = fork();
  if (child == 0) become(argv, environment, ends[1]);
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return fail(ErrorKind::Internal, fmt::format("{} cannot be started: {}", command.front(), std::strerror(errno)));
  }
  ChildEnd end;
  end.output = read_all(ends[0]);
  close(ends[0]);
  end.status = wait_for(child);
  if (end.status == 127) return fail(ErrorKind::Internal, fmt::format("{} is not installed", command.front()));
  return end;
}

std::string tail_of(std::string const& text, std::size_t lines) {
  auto at = text.find_last_not_of('\n');
  if (at == std::string::npos) return {};
  auto const end = at + 1;
  for (; lines > 0 && at != std::string::npos; --lines) at = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
  auto const begin = at == std::string::npos ? 0 : at + 1;
  return text.substr(begin, end - begin);
}

}  // namespace tykup::pkg
