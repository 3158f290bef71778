#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pkg/common/archive.hpp"
#include "daemon/fault/fault.hpp"
#include "pkg/rpm/interrupted.hpp"
#include "pkg/rpm/library.hpp"
#include "pkg/rpm/lock.hpp"
#include "pkg/rpm/mend.hpp"
#include "pkg/rpm/rpm_file.hpp"

namespace tykup::pkg::rpm {

Result<std::vector<std::string>> RpmPackageManager::recover(ProgressSink const& progress) {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  auto const lock = TransactionLock::take(paths_, paths_.recover_wait, progress);
  if (!lock) return fail(lock.error());
  fault::reached(fault::Point::RpmRecoverLocked);
  auto const leftovers = leftovers_on(paths_);
  if (!leftovers) return fail(leftovers.error());
  Archive const archive(paths_.archives, rpm_files());
  fault::reached(fault::Point::RpmMending);
  std::vector<std::string> mended;
  for (auto const& one : leftovers->duplicates) {
    auto done = mend_duplicates(paths_, archive, one, progress);
    if (!done) return fail(done.error());
    mended.push_back(std::move(*done));
  }
  for (auto const& name : leftovers->interrupted) {
    auto done = mend_interrupted(paths_, archive, name, progress);
    if (!done) return fail(done.error());
    mended.push_back(std::move(*done));
  }
  fault::reached(fault::Point::RpmMended);
  ChangeNote(paths_).drop();
  auto const left = leftovers_on(paths_);
  if (!left) return fail(left.error());
  if (left->empty()) return mended;
  return fail(ErrorKind::PackageBroken, fmt::format("rpm could not finish: {}; see what it says and mend it by hand",
                                                    fmt::join(described(*left), ", ")));
}

}  // namespace tykup::pkg::rpm
