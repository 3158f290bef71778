#include "pkg/executor/hooks.hpp"

#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <filesystem>

#include "daemon/core/words.hpp"
#include "pkg/common/child.hpp"
#include "pkg/common/progress.hpp"
#include "pkg/executor/guarded_child.hpp"
#include "pkg/executor/scope.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;
using Point = job::Hook::Point;

constexpr char const* kFolder = "/etc/tykup/hooks";
constexpr std::size_t kLinesKept = 20;

/// Why this is none of root's alone; empty: it is.
std::string insecure(struct stat const& info) {
  if (info.st_uid != geteuid()) return "does not belong to root: chown root it";
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "can be written by others than root: chmod go-w it";
  return {};
}

bool is_hook_name(std::string const& name) {
  return std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

/// Why that entry is not run; empty: it is.
std::string refusal(std::string const& path, std::string const& name) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return "cannot be read";
  if (!is_hook_name(name)) return "has a name with something else than letters, digits, - and _: rename it or move it away";
  if (S_ISLNK(info.st_mode)) return "is a link: put the program itself there";
  if (!S_ISREG(info.st_mode)) return "is no regular file: move it away";
  if (auto const why = insecure(info); !why.empty()) return why;
  if ((info.st_mode & S_IXUSR) == 0) return "is not executable: chmod +x it, or move it away";
  return {};
}

/// Whoever can write one of these folders can put a program into it.
std::string insecure_folder(Paths const& paths, std::string const& folder) {
  for (fs::path at = folder; at != at.parent_path(); at = at.parent_path()) {
    struct stat info {};
    if (stat(paths.host(at.string()).c_str(), &info) != 0) continue;
    if (auto const why = insecure(info); !why.empty()) return at.string() + " " + why;
  }
  return {};
}

std::string unit_of(Context const& context, std::string const& component) {
  auto const* known = context.config.find(component);
  return known == nullptr ? std::string{} : known->unit;
}

/// Nothing is handed on from the executor's own environment.
std::vector<std::string> environment_of(Context const& context, job::Hook const& hook) {
  std::vector<std::string> all{
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "LANG=C.UTF-8",
          "HOME=/root",
          "TYKUP_POINT=" + std::string(job::name_of(hook.point)),
          "TYKUP_RUN=" + hook.step.run,
          "TYKUP_COMPONENT=" + hook.step.component,
          "TYKUP_FROM=" + hook.from,
          "TYKUP_TO=" + hook.to,
          "TYKUP_UNIT=" + unit_of(context, hook.step.component),
          "TYKUP_RESULT=" + hook.result};
  if (!hook.fleet) return all;
  all.push_back("TYKUP_DATACENTER=" + hook.fleet->datacenter);
  all.push_back("TYKUP_GROUP=" + hook.fleet->group);
  if (hook.point == Point::Gate) all.push_back("TYKUP_AFTER=" + hook.fleet->after);
  return all;
}

/// Where the limit of that hook is said.
std::string limit_place(Point point) {
  bool const of_host = point != Point::Promote && point != Point::Gate;
  return of_host ? "[hooks] limit in tykup.toml" : "[hooks] " + std::string(job::name_of(point)) + " in the fleet's policy";
}

void to_journal(std::string const& name, job::Hook const& hook, std::string const& line) {
  sd_journal_send("MESSAGE=%s: %s", name.c_str(), line.c_str(), "PRIORITY=6", "SYSLOG_IDENTIFIER=tykup-hook",
                  "TYKUP_HOOK=%s", name.c_str(), "TYKUP_RUN=%s", hook.step.run.c_str(), "TYKUP_COMPONENT=%s",
                  hook.step.component.c_str(), nullptr);
}

Error failure_of(std::string const& name, GuardedEnd const& end, Point point, Duration limit) {
  std::string how;
  if (!end.not_started.empty()) how = "could not be started (" + end.not_started + "): does its first line name an interpreter, #!/bin/sh?";
  else if (end.ran_out) how = "was not done within its limit of " + to_human(limit) + " and was ended (" + limit_place(point) + ")";
  else if (end.signal != 0) how = "was ended by signal " + std::to_string(end.signal) + " (SIG" + sigabbrev_np(end.signal) + ")";
  else how = "ended with exit status " + std::to_string(end.status);
  auto const last = pkg::tail_of(end.output, 1);
  return {ErrorKind::HookFailed, "hook " + std::string(kFolder) + "/" + name + " " + how + (last.empty() ? "" : ": " + last),
          pkg::tail_of(end.output, kLinesKept)};
}

Result<void> run_one(Context const& context, job::Hook const& hook, std::string const& name) {
  Guard guard;
  guard.limit = hook.fleet ? hook.fleet->limit : context.config.hooks.limit;
  guard.grace = context.patience;
  guard.told_to_stop = context.told_to_stop;
  guard.line = [&](std::string const& line) { to_journal(name, hook, line); };
  auto const end = run_guarded(context.paths.host(std::string(kFolder) + "/" + name), environment_of(context, hook), guard);
  if (!end) return fail(end.error());
  if (end->told_to_stop)
    return fail(ErrorKind::Stopping, "hook " + name + " was ended because the host or the executor stops; it is run again afterwards");
  bool const good = end->not_started.empty() && !end->ran_out && end->signal == 0 && end->status == 0;
  if (!good) return fail(failure_of(name, *end, hook.point, guard.limit));
  return {};
}

}  // namespace

HookFolder hooks_of(Paths const& paths, Point point) {
  HookFolder out;
  auto const short_name = job::folder_of(point);
  auto const folder = std::string(kFolder) + "/" + short_name.substr(0, short_name.size() - 1);
  std::error_code error;
  fs::directory_iterator entry(paths.host(folder), error);
  if (error == std::errc::no_such_file_or_directory) return out;
  if (error) out.problems.push_back(folder + " cannot be read: " + error.message());
  if (auto const why = insecure_folder(paths, folder); !why.empty()) out.problems.push_back(why);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    auto const name = entry->path().filename().string();
    auto const why = refusal(entry->path().string(), name);
    if (why.empty()) out.names.push_back(short_name + name);
    else out.problems.push_back(folder + "/" + name + " " + why);
  }
  std::ranges::sort(out.names);
  std::ranges::sort(out.problems);
  return out;
}

HookFolder all_hooks(Paths const& paths) {
  HookFolder all;
  for (std::size_t i = 0; i < job::kHookPoints; ++i) {
    auto const found = hooks_of(paths, static_cast<Point>(i));
    all.names.insert(all.names.end(), found.names.begin(), found.names.end());
    all.problems.insert(all.problems.end(), found.problems.begin(), found.problems.end());
  }
  // Two folders below one that others can write say the same.
  auto const repeated = std::ranges::unique(all.problems);
  all.problems.erase(repeated.begin(), repeated.end());
  return all;
}

Result<job::Hooked> run_hooks(Context const& context, job::Hook const& hook) {
  bool const of_run = hook.point == Point::PreRun || hook.point == Point::PostRun;
  if (!of_run) {
    if (auto const known = configured(context.config, hook.step.component); !known) return fail(known.error());
  }
  auto folder = hooks_of(context.paths, hook.point);
  if (hook.point == Point::Gate) {
    auto const wanted = job::folder_of(hook.point) + (hook.fleet ? hook.fleet->gate : std::string{});
    std::erase_if(folder.names, [&](std::string const& name) { return name != wanted; });
    if (folder.names.empty() && folder.problems.empty())
      return fail(ErrorKind::HookFailed, std::string(kFolder) + "/" + wanted + " is not there: every host of the fleet needs the gates that its policy names");
  }
  if (!folder.problems.empty())
    return fail(ErrorKind::HookFailed, "no hook is run while there is one that may not be: " + join(folder.problems));
  if (hook.point == Point::Backup && folder.names.empty())
    return fail(ErrorKind::HookFailed, std::string(kFolder) + "/backup.d holds no hook, and this step migrates a shared database: put one there that backs it up");
  job::Hooked out;
  for (auto const& name : folder.names) {
    if (auto go = refuse_when_stopping(context, "hook " + name); !go) return fail(go.error());
    pkg::report(context.progress, "hook", -1, name);
    if (auto ran = run_one(context, hook, name); !ran) return fail(ran.error());
    out.ran.push_back(name);
  }
  return out;
}

}  // namespace tykup::executor
