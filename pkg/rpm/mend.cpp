#include "pkg/rpm/mend.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rpm/header.h>
#include <rpm/rpmdb.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmps.h>
#include <rpm/rpmts.h>

#include <algorithm>
#include <optional>

#include "pkg/common/progress.hpp"
#include "pkg/common/surroundings.hpp"
#include "pkg/common/words.hpp"
#include "pkg/rpm/rpm_log.hpp"
#include "pkg/rpm/script_output.hpp"

namespace tykup::pkg::rpm {
namespace {

/// librpm asks for the package's bytes and gives them back.
void* feed(void const*, rpmCallbackType what, rpm_loff_t, rpm_loff_t, fnpyKey key, rpmCallbackData data) {
  auto** const open = static_cast<FD_t*>(data);
  if (what == RPMCALLBACK_INST_OPEN_FILE) return *open = Fopen(static_cast<char const*>(key), "r.ufdio");
  if (what == RPMCALLBACK_INST_CLOSE_FILE && *open != nullptr) {
    Fclose(*open);
    *open = nullptr;
  }
  return nullptr;
}

std::string problems_of(rpmts set) {
  std::string words;
  auto* problems = rpmtsProblems(set);
  auto* iterator = rpmpsInitIterator(problems);
  while (auto* problem = rpmpsiNext(iterator)) {
    auto* text = rpmProblemString(problem);
    words += std::string(text) + "\n";
    free(text);
  }
  rpmpsFreeIterator(iterator);
  rpmpsFree(problems);
  return words;
}

Result<TransactionSet> writable_database(RpmPaths const& paths) {
  auto set = open_database(paths);
  if (!set) return set;
  rpmtsCloseDB(set->get());
  rpmtsSetVSFlags(set->get(), _RPMVSF_NOSIGNATURES);
  return set;
}

Result<void> run(rpmts set, rpmprobFilterFlags filter, bool quiet, ErrorKind failed, ProgressSink const& progress,
                 std::string const& name) {
  FD_t open = nullptr;
  rpmtsSetNotifyCallback(set, feed, &open);
  rpmtsOrder(set);
  report(progress, "configure", -1, name);
  ScriptSurroundings const surroundings(quiet);
  ScriptOutput const output;
  RpmLog const log([&](std::string const& line) { report(progress, "configure", -1, line); });
  auto const result = rpmtsRun(set, nullptr, filter);
  if (result == 0) return {};
  auto const words = problems_of(set) + log.words();
  return fail(
      failed,
      fmt::format("rpm could not change {}: {}; see what it says and put it right by hand", name, first_line(words)),
      words + output.tail());
}

Result<void> take_out_all_but_last(RpmPaths const& paths, Duplicates const& duplicates, ProgressSink const& progress) {
  auto const set = writable_database(paths);
  if (!set) return fail(set.error());
  for (auto at = duplicates.headers.begin(); at + 1 != duplicates.headers.end(); ++at) {
    auto* iterator = rpmtsInitIterator(set->get(), RPMDBI_PACKAGES, &at->instance, sizeof at->instance);
    if (auto* header = rpmdbNextIterator(iterator))
      rpmtsAddEraseElement(set->get(), header, static_cast<int>(at->instance));
    rpmdbFreeIterator(iterator);
  }
  return run(set->get(), RPMPROB_FILTER_NONE, false, ErrorKind::PackageBroken, progress,
             duplicates.headers.front().name);
}

std::optional<VerifiedFile> kept(Archive const& archive, std::string const& name, std::string const& version) {
  for (auto const& one : archive.list()) {
    if (one.name != name || one.version != version) continue;
    if (auto file = archive.open({one.name, one.version, one.sha256})) return std::move(*file);
  }
  return std::nullopt;
}

std::vector<std::string> in_state(std::vector<PackagedFile> const& files,
                                  std::vector<PackagedFile::State> const& states) {
  std::vector<std::string> paths;
  for (auto const& file : files) {
    bool const counts = file.state == PackagedFile::State::Missing || !file.config;
    if (counts && std::find(states.begin(), states.end(), file.state) != states.end()) paths.push_back(file.path);
  }
  return paths;
}

Error beyond_us(std::string const& what, std::vector<std::string> const& files, std::string const& cure) {
  return {ErrorKind::PackageBroken,
          fmt::format(
              "{} cannot be mended: its package is not kept here, and of its files {} are not as they were shipped; {}",
              what, files.size(), cure),
          fmt::format("{}", fmt::join(files, "\n"))};
}

}  // namespace

Result<void> install_over(RpmPaths const& paths, VerifiedFile const& file, bool quiet, ErrorKind failed,
                          ProgressSink const& progress) {
  auto const set = writable_database(paths);
  if (!set) return fail(set.error());
  auto* package = Fopen(file.path().c_str(), "r.ufdio");
  Header header = nullptr;
  auto const read = rpmReadPackageFile(set->get(), package, file.path().c_str(), &header);
  Fclose(package);
  bool const added = header != nullptr && read != RPMRC_FAIL &&
                     rpmtsAddInstallElement(set->get(), header, file.path().c_str(), 1, nullptr) == 0;
  headerFree(header);
  if (!added || !file.unchanged()) return fail(ErrorKind::HashMismatch, file.path() + " cannot be used as a package");
  return run(set->get(),
             RPMPROB_FILTER_REPLACEPKG | RPMPROB_FILTER_REPLACENEWFILES | RPMPROB_FILTER_REPLACEOLDFILES |
                 RPMPROB_FILTER_OLDPACKAGE,
             quiet, failed, progress, file.pin().name);
}

Result<std::string> mend_duplicates(RpmPaths const& paths, Archive const& archive, Duplicates const& duplicates,
                                    ProgressSink const& progress) {
  auto const& last = duplicates.headers.back();
  if (auto const file = kept(archive, last.name, last.version)) {
    if (auto done = install_over(paths, *file, true, ErrorKind::PackageBroken, progress); !done)
      return fail(done.error());
    return fmt::format("{}: {} is installed", described(duplicates), last.version);
  }
  auto const files = packaged_files(paths, last.name, Contents::Unread);
  if (!files) return fail(files.error());
  auto const missing = in_state(*files, {PackagedFile::State::Missing});
  if (!missing.empty())
    return fail(beyond_us(described(duplicates), missing, "run dnf remove --duplicates " + last.name));
  if (auto done = take_out_all_but_last(paths, duplicates, progress); !done) return fail(done.error());
  return fmt::format("{}: {} is left; its %post may not have run to its end, dnf reinstall {} runs it again",
                     described(duplicates), last.version, last.name);
}

Result<std::string> mend_interrupted(RpmPaths const& paths, Archive const& archive, std::string const& name,
                                     ProgressSink const& progress) {
  auto const headers = headers_of(paths, name);
  if (!headers) return fail(headers.error());
  if (headers->empty()) return name + " (its change was interrupted): it is not installed";
  auto const& version = headers->back().version;
  if (auto const file = kept(archive, name, version)) {
    if (auto done = install_over(paths, *file, true, ErrorKind::PackageBroken, progress); !done)
      return fail(done.error());
    return fmt::format("{} (its change was interrupted): {} is installed again", name, version);
  }
  auto const files = packaged_files(paths, name, Contents::Compared);
  if (!files) return fail(files.error());
  auto const damaged = in_state(*files, {PackagedFile::State::Missing, PackagedFile::State::Changed});
  if (!damaged.empty())
    return fail(beyond_us(name + " (its change was interrupted)", damaged, "run dnf reinstall " + name));
  return fmt::format("{} (its change was interrupted): {} is whole", name, version);
}

}  // namespace tykup::pkg::rpm
