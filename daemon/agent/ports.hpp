#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/health.hpp"
#include "daemon/core/job.hpp"
#include "daemon/core/notify.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/rollout.hpp"
#include "daemon/core/time.hpp"

/// What the agent needs of the world. Each port is implemented once for real (os, net, systemd) and once in tests/fakes.
/// All are called from, and call back on, the one loop.
namespace tykup::agent {

template <typename T>
using Awaitable = boost::asio::awaitable<T>;

/// The executor behind its socket. A lost connection is asked for again by job id until the outcome is known or the
/// executor says that it has none (Interrupted); ExecutorUnavailable only if its socket cannot be reached for a while.
class Executor {
 public:
  virtual ~Executor() = default;
  using ProgressSink = std::function<void(job::Progress const&)>;
  virtual Awaitable<Result<job::Outcome>> perform(job::Request request, ProgressSink progress) = 0;
};

/// Health probes over the network. Never fails: a problem is part of the answer. Ends within `limit`.
class Prober {
 public:
  virtual ~Prober() = default;
  virtual Awaitable<Sighting::Answer> ask(Endpoint endpoint, Duration limit) = 0;
  /// Kind::Tcp: connects, `http.status` is 200 if it did.
  virtual Awaitable<Sighting::Answer> ask(Probe probe, Duration limit) = 0;
};

/// systemd and the journal, read only.
class Host {
 public:
  virtual ~Host() = default;
  virtual Awaitable<Result<UnitFacts>> unit(std::string name) = 0;
  struct JournalSight {
    bool readable = false;  ///< the unit's own start entry at or after `since` was seen
    std::vector<std::string> lines = {};
  };
  /// Message texts of the unit itself since that instant, the last 500 at most.
  virtual Result<JournalSight> journal(std::string const& unit, Instant since) = 0;
  /// The system clock is known to be right (NTP). False where nobody can tell.
  virtual Awaitable<bool> clock_synchronised() = 0;
};

/// The calendar files of freezes.
class FreezeFiles {
 public:
  virtual ~FreezeFiles() = default;
  /// What the file says of that time. BadConfig: it cannot be read or understood; the message says what mends it.
  virtual Result<std::vector<Freeze>> read(FreezeCalendar const& calendar, Interval range) = 0;
  /// From now on these files are watched and no others; also those that are not there yet.
  virtual void watch(std::vector<std::string> const& files) = 0;
  /// Returns when one of them may have changed since `watch`, or since this returned last.
  virtual Awaitable<void> changed() = 0;
};

/// Durable state. `commit` is one transaction, on disk (fsync) when it returns.
class Store {
 public:
  virtual ~Store() = default;
  struct Saved {
    std::optional<rollout::State> state = {};
    Memory memory = {};
  };
  /// StateUnusable: unreadable, or written by a newer version; the message says which and what to do.
  virtual Result<Saved> load() = 0;
  virtual Result<void> commit(rollout::State const& state, std::vector<rollout::Record> const& records) = 0;
  /// Runs, the one at work included, newest first; `run` by its id if given.
  virtual Result<std::vector<rollout::RunRecord>> history(std::size_t limit, std::string const& run = {}) = 0;
};

/// The notifications that `Store::commit` left with record::Told and that are not out yet. Everything is on disk when it returns.
class OutboxStore {
 public:
  virtual ~OutboxStore() = default;
  /// All that wait, in the order of what happened.
  virtual Result<std::vector<notify::Parcel>> parcels() = 0;
  /// It is out, or given up.
  virtual Result<void> remove(std::int64_t parcel) = 0;
  /// By way; those that get through have none.
  virtual Result<std::map<std::string, notify::Trouble>> troubles() = 0;
  /// Nothing: the way gets through again, or is no more.
  virtual Result<void> set_trouble(std::string const& way, std::optional<notify::Trouble> const& trouble) = 0;
};

/// The local mail system. Ends within two minutes; never fails: a problem is part of the answer.
class Mailer {
 public:
  virtual ~Mailer() = default;
  /// A whole message, recipients in its header. Sent: the mail system has it in its queue.
  virtual Awaitable<notify::Delivery> send(std::string message) = 0;
};

/// Ends within half a minute; never fails: a problem is part of the answer, and never names more of the URL than its server.
class Webhook {
 public:
  virtual ~Webhook() = default;
  virtual Awaitable<notify::Delivery> post(notify::WebhookConfig hook, std::string json) = 0;
};

/// Structured journal entries and the service manager.
class Announcer {
 public:
  virtual ~Announcer() = default;
  virtual void announce(rollout::Announcement const& announcement) = 0;
  /// The line of `systemctl status`.
  virtual void status(std::string const& line) = 0;
  /// Watchdog on while a run is at work, off (0) when idle.
  virtual void watchdog(bool on) = 0;
};

/// What monitoring reads. Whole texts; a reader sees the last one or the one before, never a part. A text that cannot be
/// published is said in the log and holds nothing up.
class Metrics {
 public:
  virtual ~Metrics() = default;
  virtual void publish(std::string const& text) = 0;
};

/// Wall-clock time. `sleep_until` also returns early, with true, when the clock was set or the host woke up.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() = 0;
  /// Time that the host was awake since the clock was made, whatever is done to the wall clock.
  virtual Duration steady() = 0;
  virtual Awaitable<bool> sleep_until(Instant at) = 0;
};

}  // namespace tykup::agent
