#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/agent/ports.hpp"
#include "tests/fakes/fake_post.hpp"

/// A world in memory for the agent: a host with packages and services, an executor that changes them, a store that
/// keeps what was committed, and a clock that moves only when told.
namespace tykup::test {

class FakeClock : public agent::Clock {
 public:
  explicit FakeClock(boost::asio::io_context& loop) : loop_(loop) {}
  Instant now() override { return now_; }
  Duration steady() override { return now_ - first_ - jumped_; }
  agent::Awaitable<bool> sleep_until(Instant at) override;

  /// The time at which its life begins.
  void set(Instant now) { first_ = now_ = now; }
  /// Somebody sets the clock, or the host slept until then: no time passes, and all who sleep look again.
  void jump(Instant now);
  /// Moves to the earliest sleeper and wakes it; false if nobody sleeps.
  bool advance();
  [[nodiscard]] std::size_t sleepers() const { return sleepers_.size(); }

 private:
  boost::asio::io_context& loop_;
  Instant now_{};
  Instant first_{};
  Duration jumped_{0};
  std::multimap<Instant, std::shared_ptr<boost::asio::steady_timer>> sleepers_;
};

/// One service of the fake host.
struct FakeService {
  std::string package;
  std::string installed;
  std::string running;  ///< version that the process was started with
  bool active = true;
  bool broken = false;                 ///< the package is half-configured
  std::set<std::string> sick = {};     ///< versions that never become healthy
  Instant started = {};
};

class FakeHost : public agent::Host, public agent::Prober, public agent::Executor {
 public:
  /// The clock of the daemon that lives now; the host outlives its daemons.
  FakeClock* clock = nullptr;
  std::map<std::string, FakeService> services;       ///< by component
  std::map<std::string, std::string> offered;        ///< newest version by component
  std::optional<Instant> refreshed = {};             ///< when the metadata was fetched last
  std::map<std::string, std::set<std::string>> archive;  ///< versions of which the file is kept, by component
  std::map<std::string, Error> failing;              ///< operation name → what it answers instead
  std::vector<std::string> done;                     ///< jobs that were carried out: "apply gateway 5.8.15"
  std::map<std::string, Result<job::Outcome>> outcomes;  ///< by job id: never done twice
  /// The daemon is gone: what is at work is done all the same, but nobody hears of it.
  bool deaf = false;
  bool synchronised = true;  ///< its clock
  std::vector<std::string> hooks = {};  ///< the operator's: "gate.d/errors"
  std::string prometheus = {};         ///< what the Prometheus within its reach answers
  std::vector<std::string> queried = {};  ///< the URLs of its queries

  agent::Awaitable<Result<job::Outcome>> perform(job::Request request, ProgressSink progress) override;
  agent::Awaitable<Result<UnitFacts>> unit(std::string name) override;
  Result<JournalSight> journal(std::string const& unit, Instant since) override;
  agent::Awaitable<bool> clock_synchronised() override;
  agent::Awaitable<Sighting::Answer> ask(Endpoint endpoint, Duration limit) override;
  agent::Awaitable<Sighting::Answer> ask(Probe probe, Duration limit) override;

  Result<job::Outcome> carry_out(job::Operation const& operation);
  HostFacts facts() const;

 private:
  UnitFacts unit_of(std::string const& component) const;

};

/// Keeps what was committed; `fail_next` commits are refused.
class FakeStore : public agent::Store {
 public:
  Result<Saved> load() override { return saved; }
  Result<void> commit(rollout::State const& state, std::vector<rollout::Record> const& records) override;
  Result<std::vector<rollout::RunRecord>> history(std::size_t limit, std::string const& run) override;

  Saved saved;
  FakeOutboxStore outbox;  ///< beside it, as in one file
  std::vector<rollout::RunRecord> runs;  ///< one each, latest shape
  unsigned commits = 0;
  unsigned fail_next = 0;
  std::function<void()> after_commit = [] {};
};

class FakeAnnouncer : public agent::Announcer {
 public:
  void announce(rollout::Announcement const& announcement) override { announced.push_back(announcement); }
  void status(std::string const& line) override { status_line = line; }
  void watchdog(bool on) override { watchdog_on = on; }
  [[nodiscard]] std::vector<std::string> names() const;

  std::vector<rollout::Announcement> announced;
  std::string status_line;
  bool watchdog_on = false;
};

/// Keeps what was published last.
class FakeMetrics : public agent::Metrics {
 public:
  void publish(std::string const& published) override { text = published; }
  std::string text;
};

}  // namespace tykup::test
