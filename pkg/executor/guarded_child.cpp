#include "pkg/executor/guarded_child.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include "pkg/executor/files.hpp"

namespace tykup::executor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kKeep = 16 * 1024;
constexpr auto kLook = std::chrono::milliseconds{20};

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail(ErrorKind::Internal, std::string("no pipe: ") + std::strerror(errno));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

void reset_signals() {
  for (int signal = 1; signal < SIGRTMAX; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none{};
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become(char const* program, std::vector<char*>& environment, int output, int refusal) {
  setsid();
  reset_signals();
  umask(022);
  int const null = open("/dev/null", O_RDONLY);
  bool const ready = null >= 0 && chdir("/") == 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
                     dup2(output, STDERR_FILENO) >= 0 && close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
  std::array<char*, 2> argv{const_cast<char*>(program), nullptr};
  if (ready) execve(program, argv.data(), environment.data());
  int const why = errno;
  auto const told = write(refusal, &why, sizeof why);
  _exit(told == sizeof why ? 126 : 125);
}

/// Our own children, the adopted ones among them.
std::vector<pid_t> children() {
  std::vector<pid_t> found;
  std::ifstream list("/proc/thread-self/children");
  for (pid_t pid = 0; list >> pid;) found.push_back(pid);
  return found;
}

/// While it lives, what a child leaves behind becomes ours instead of init's.
class Adoption {
 public:
  Adoption() : before_(children()) {
    prctl(PR_GET_CHILD_SUBREAPER, &was_);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
  }
  Adoption(Adoption const&) = delete;
  Adoption& operator=(Adoption const&) = delete;
  ~Adoption() {
    end_all();
    prctl(PR_SET_CHILD_SUBREAPER, was_);
  }

 private:
  /// A child that is ended may leave children of its own: until none is left.
  void end_all() const {
    for (;;) {
      auto left = children();
      std::erase_if(left, [&](pid_t pid) { return std::ranges::find(before_, pid) != before_.end(); });
      if (left.empty()) return;
      for (auto const pid : left) kill(pid, SIGKILL);
      for (auto const pid : left) waitpid(pid, nullptr, 0);
    }
  }
  std::vector<pid_t> before_;
  int was_ = 0;
};

/// The output so far, and its lines as they come.
class Listener {
 public:
  Listener(int fd, std::function<void(std::string const&)> const& line) : fd_(fd), line_(line) {
    fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  void listen() {
    std::array<char, 4096> buffer{};
    for (;;) {
      auto const got = read(fd_, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return;
      take({buffer.data(), static_cast<std::size_t>(got)});
    }
  }
  std::string end() {
    listen();
    if (!rest_.empty()) line_(rest_);
    if (output_.size() > kKeep) output_.erase(0, output_.size() - kKeep);
    return std::move(output_);
  }

 private:
  void take(std::string_view text) {
    output_ += text;
    if (output_.size() > 2 * kKeep) output_.erase(0, output_.size() - kKeep);
    rest_ += text;
    for (auto at = rest_.find('\n'); at != std::string::npos; at = rest_.find('\n')) {
      line_(rest_.substr(0, at));
      rest_.erase(0, at + 1);
    }
    // A line without an end is no reason to grow.
    if (rest_.size() <= kKeep) return;
    line_(rest_);
    rest_.clear();
  }
  int fd_;
  std::function<void(std::string const&)> const& line_;
  std::string output_;
  std::string rest_;
};

/// True: it has ended. Its output is read meanwhile.
bool ended_by(pid_t child, Clock::time_point deadline, Listener& listener, int& status, std::function<bool()> const& enough) {
  for (;;) {
    listener.listen();
    pid_t const got = waitpid(child, &status, WNOHANG);
    if (got == child) return true;
    if (Clock::now() >= deadline || enough()) return false;
    std::this_thread::sleep_for(kLook);
  }
}

GuardedEnd watch(pid_t child, Listener& listener, Guard const& guard) {
  GuardedEnd end;
  int status = 0;
  if (!ended_by(child, Clock::now() + guard.limit, listener, status, guard.told_to_stop)) {
    end.told_to_stop = guard.told_to_stop();
    end.ran_out = !end.told_to_stop;
    kill(-child, SIGTERM);
    auto const never = [] { return false; };
    if (!ended_by(child, Clock::now() + guard.grace, listener, status, never)) {
      kill(-child, SIGKILL);
      waitpid(child, &status, 0);
    }
  }
  end.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  end.output = listener.end();
  return end;
}

/// What execve said against it; the pipe is closed without a word where it took the program.
std::string refusal_in(int fd) {
  int why = 0;
  ssize_t got = 0;
  while ((got = read(fd, &why, sizeof why)) < 0 && errno == EINTR) {
  }
  return got == sizeof why ? std::strerror(why) : std::string{};
}

}  // namespace

Result<GuardedEnd> run_guarded(std::string const& program, std::vector<std::string> const& environment, Guard const& guard) {
  auto output = open_pipe();
  auto refusal = open_pipe();
  if (!output || !refusal) return fail(output ? refusal.error() : output.error());
  std::vector<char*> variables;
  for (auto const& variable : environment) variables.push_back(const_cast<char*>(variable.c_str()));
  variables.push_back(nullptr);
  Adoption const adoption;
  pid_t const child = fork();
  if (child == 0) become(program.c_str(), variables, output->write.get(), refusal->write.get());
  output->write = Fd();
  refusal->write = Fd();
  if (child < 0) return fail(ErrorKind::Internal, program + " cannot be started: " + std::strerror(errno));
  auto not_started = refusal_in(refusal->read.get());
  Listener listener(output->read.get(), guard.line);
  auto end = watch(child, listener, guard);
  end.not_started = std::move(not_started);
  return end;
}

}  // namespace tykup::executor
