#include "pkg/executor/ledger.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include "daemon/wire/job_json.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;
using wire::Json;

constexpr auto kPoll = std::chrono::milliseconds{50};

Instant now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

/// True once the lock is ours.
bool lock_within(int fd, Duration wait) {
  auto const deadline = std::chrono::steady_clock::now() + wait;
  for (;;) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK && errno != EINTR) return false;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPoll);
  }
}

Result<Fd> open_lock(std::string const& path) {
  Fd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return fail(file_error("cannot open", path, errno));
  return file;
}

}  // namespace

struct Ledger::Record {
  std::string id;
  std::string operation;
  std::string request;  ///< digest of what was asked
  int protocol = 1;     ///< of the executor that wrote it; the first ones did not say
  std::int64_t pid = 0;
  std::string boot;
  Instant started;
  std::string end = {};  ///< the final line; empty while at work

  [[nodiscard]] std::string text() const {
    return wire::to_line({{"protocol", protocol}, {"job", id}, {"operation", operation}, {"request", request}, {"pid", pid},
                          {"boot", boot}, {"started", to_rfc3339(started)}, {"end", end}});
  }
  static Record read(wire::Node const& node) {
    auto const protocol = wire::written_version(node, "protocol", job::kProtocol);
    node.fields({"job", "operation", "request", "pid", "boot", "started", "end"}, {"protocol"});
    return {node.at("job").text(), node.at("operation").text(), node.at("request").text(), protocol,
            node.at("pid").integer(0, std::numeric_limits<std::int64_t>::max()), node.at("boot").text(),
            node.at("started").instant(), node.at("end").text()};
  }
  /// A later version may say the same request in other words; then the id and the operation must do.
  [[nodiscard]] bool is_of(std::string const& asked, std::string const& digest) const {
    return protocol == job::kProtocol ? request == digest : operation == asked;
  }
};

Result<Ledger::Record> Ledger::load(std::string const& id) const {
  auto text = read_file(file(id));
  if (!text) return fail(text.error());
  return wire::read_document(*text, file(id), Record::read).map_error([](Error error) {
    error.kind = ErrorKind::StateUnusable;
    return error;
  });
}

Ledger::Known Ledger::ended(Record const& record) {
  if (record.end.empty()) {
    bool const rebooted = record.boot != boot_id(paths_.boot());
    return fail(ErrorKind::Interrupted,
                "job " + record.id + " (" + record.operation + ", begun " + to_rfc3339(record.started) + ") ended without an outcome: " +
                    (rebooted ? "the host went down meanwhile" : "its process " + std::to_string(record.pid) + " was killed") +
                    "; what it left is put right by `recover`");
  }
  auto answer = wire::read_answer(record.end);
  if (!answer) return fail(with_context(answer.error(), "the record of job " + record.id));
  if (auto* known = std::get_if<Known>(&*answer)) return std::move(*known);
  return fail(ErrorKind::StateUnusable, "the record of job " + record.id + " holds no outcome");
}

Result<std::variant<Ledger::Begun, Ledger::Known>> Ledger::begin(job::Request const& request,
                                                                 std::string const& operation, Duration wait) {
  using Answer = std::variant<Begun, Known>;
  if (auto made = make_folder(paths_.jobs()); !made) return fail(made.error());
  auto lock = open_lock(lock_file(request.id));
  if (!lock) return fail(lock.error());
  if (!lock_within(lock->get(), wait))
    return fail(ErrorKind::Busy, "job " + request.id + " (" + operation + ") is still at work: ask for its result");
  auto const digest = digest_of(wire::request_line(request));
  auto const boot = boot_id(paths_.boot());
  auto known = load(request.id);
  if (known && !known->is_of(operation, digest))
    return fail(ErrorKind::BadRequest, "job id " + request.id + " was used for another request (" + known->operation + ")");
  bool const is_void = known && std::holds_alternative<job::Restart>(request.operation) && known->boot != boot;
  if (known && !is_void) return Answer(ended(*known));
  if (!known && known.error().kind != ErrorKind::NotFound) return fail(known.error());
  Record const record{request.id, operation, digest, job::kProtocol, getpid(), boot, now()};
  if (auto written = write_durably(file(request.id), record.text()); !written) return fail(written.error());
  return Answer(Begun{std::move(*lock), request.id});
}

Result<void> Ledger::end(Begun const& job, Result<job::Outcome> const& outcome) {
  auto record = load(job.id);
  if (!record) return fail(record.error());
  record->end = wire::final_line(outcome);
  return write_durably(file(job.id), record->text());
}

Result<void> Ledger::forget(Begun const& job) {
  auto const path = file(job.id);
  if (unlink(path.c_str()) != 0) return fail(file_error("cannot remove", path, errno));
  return {};
}

Ledger::Known Ledger::outcome(std::string const& id, Duration wait) {
  if (!exists(file(id))) return fail(ErrorKind::NotFound, "there is no record of job " + id + ": it was never begun");
  auto lock = open_lock(lock_file(id));
  if (!lock) return fail(lock.error());
  if (!lock_within(lock->get(), wait)) return fail(ErrorKind::Busy, "job " + id + " is still at work: ask again");
  auto record = load(id);
  if (!record) return fail(record.error());
  return ended(*record);
}

void Ledger::prune(std::size_t keep) {
  std::error_code error;
  std::vector<std::pair<fs::file_time_type, std::string>> records;
  for (fs::directory_iterator entry(paths_.jobs(), error); !error && entry != fs::directory_iterator(); entry.increment(error))
    if (entry->path().extension() == ".json")
      records.emplace_back(entry->last_write_time(error), entry->path().stem().string());
  std::ranges::sort(records, std::greater<>());
  for (std::size_t i = keep; i < records.size(); ++i) {
    auto const& id = records[i].second;
    auto const lock = open_lock(lock_file(id));
    if (!lock || !lock_within(lock->get(), {})) continue;
    fs::remove(file(id), error);
    fs::remove(lock_file(id), error);
  }
}

Result<Fd> take_lock(std::string const& path, std::string const& holder, Duration wait) {
  auto lock = open_lock(path);
  if (!lock) return lock;
  if (!lock_within(lock->get(), wait)) {
    auto const other = read_file(path);
    return fail(ErrorKind::Busy, "another operation is at work" + (other && !other->empty() ? ": " + *other : std::string{}) +
                                     "; it is tried again when that has ended");
  }
  std::string const text = holder;
  if (ftruncate(lock->get(), 0) != 0 || pwrite(lock->get(), text.data(), text.size(), 0) < 0)
    return fail(file_error("cannot write", path, errno));
  return lock;
}

}  // namespace tykup::executor
