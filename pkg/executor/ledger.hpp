#pragma once

#include <optional>
#include <string>
#include <variant>

#include "daemon/core/job.hpp"
#include "daemon/core/result.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/paths.hpp"

namespace tykup::executor {

/// What is known of every job: begun before it acts, ended after. A job of one id is never done twice.
///
/// Each job at work holds a lock (flock) on its own file, so that whether it is alive is a fact of the kernel and not a
/// guess from a process id.
class Ledger {
 public:
  explicit Ledger(Paths paths) : paths_(std::move(paths)) {}

  /// A job that may act; whoever holds it is at work on it.
  struct Begun {
    Fd lock;
    std::string id;
  };
  /// Recorded before: what came of it. A job that died is Interrupted, now and for ever.
  using Known = Result<job::Outcome>;
  /// What a `restart` of an earlier boot said, or left, is void: the processes that it spoke of are gone, and it is done anew.
  /// Errors: BadRequest if the id was another request's, Busy if the same job is still at work after `wait`, StateUnusable
  /// where the record is damaged or a newer tykup wrote it.
  Result<std::variant<Begun, Known>> begin(job::Request const& request, std::string const& operation, Duration wait);

  /// On disk (fsync) when it returns.
  Result<void> end(Begun const& job, Result<job::Outcome> const& outcome);

  /// The job did nothing and may be begun again under its id.
  Result<void> forget(Begun const& job);

  /// The outcome of a job, once it has ended. Errors: NotFound, Busy if it is still at work after `wait`, Interrupted.
  Known outcome(std::string const& id, Duration wait);

  /// Drops the oldest records beyond `keep`; jobs at work stay.
  void prune(std::size_t keep);

 private:
  struct Record;
  [[nodiscard]] std::string file(std::string const& id) const { return paths_.jobs() + "/" + id + ".json"; }
  [[nodiscard]] std::string lock_file(std::string const& id) const { return paths_.jobs() + "/" + id + ".lock"; }
  [[nodiscard]] Result<Record> load(std::string const& id) const;
  Known ended(Record const& record);
  Paths paths_;
};

/// A lock file taken with flock, its holder's words inside. Waits at most `wait`; Busy says who holds it.
Result<Fd> take_lock(std::string const& path, std::string const& holder, Duration wait);

}  // namespace tykup::executor
