#include "pkg/executor/server.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "daemon/wire/job_json.hpp"
#include "pkg/executor/ledger.hpp"
#include "tests/integration/executor/scratch.hpp"

namespace tykup::executor {
namespace {

using namespace std::chrono_literals;

/// Hands calls to the test's own fakes: the server owns what it is given.
struct Lent final : pkg::PackageManager {
  explicit Lent(pkg::PackageManager& lender) : of(lender) {}
  PackageFormat format() const override { return of.format(); }
  Result<pkg::Inventory> inspect(pkg::Scope const& s) override { return of.inspect(s); }
  Result<std::vector<std::string>> broken(std::vector<std::string> const& own) override { return of.broken(own); }
  Result<std::vector<job::RefreshedSource>> refresh(std::vector<pkg::Scope> const& s, pkg::ProgressSink const& p) override {
    return of.refresh(s, p);
  }
  Result<job::Downloaded> keep(pkg::Scope const& s, std::vector<PackagePin> const& k, pkg::ProgressSink const& p) override {
    return of.keep(s, k, p);
  }
  Result<std::vector<InstalledPackage>> apply(pkg::ApplyRequest const& r, pkg::ProgressSink const& p) override {
    return of.apply(r, p);
  }
  Result<std::vector<std::string>> recover(pkg::ProgressSink const& p) override { return of.recover(p); }
  Result<std::vector<pkg::PackagedFile>> files(std::string const& n) override { return of.files(n); }
  pkg::PackageManager& of;
};

struct Server : GatewayHost {
  Server() {
    host.paths = paths;
    host.daemon = 990;
    host.load_config = [this] { return Result<Config>(config); };
    host.package_manager = [this] { return std::make_unique<Lent>(packages); };
    host.units = [this] { return std::make_unique<fakes::FakeUnits>(units); };
    host.send_limit = 100ms;
    host.busy_wait = 1ms;
    host.patience = 100ms;
  }

  struct Answered {
    std::vector<job::Progress> progress;
    Result<job::Outcome> outcome;
  };
  /// Sends these bytes as that user and reads all that is answered.
  Answered ask(std::string const& bytes, uid_t uid = 990) {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    Fd const ours(ends[0]);
    std::jthread sender([&] {
      for (std::size_t at = 0; at < bytes.size();) {
        auto const sent = send(ours.get(), bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
        if (sent <= 0) break;
        at += static_cast<std::size_t>(sent);
      }
    });
    {
      Connection connection{Fd(ends[1])};
      serve(host, connection, Peer{uid, 1});
    }
    sender.join();
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 0; (got = recv(ours.get(), buffer.data(), buffer.size(), 0)) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(got));
    return read_all(text);
  }
  static Answered read_all(std::string const& text) {
    Answered out{{}, fail(ErrorKind::Internal, "no final line: " + text)};
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      auto answer = wire::read_answer(line);
      if (!answer) return {{}, fail(answer.error())};
      if (auto* progress = std::get_if<job::Progress>(&*answer)) out.progress.push_back(*progress);
      if (auto* end = std::get_if<Result<job::Outcome>>(&*answer)) out.outcome = std::move(*end);
    }
    return out;
  }
  Answered ask(job::Request const& request, uid_t uid = 990) { return ask(wire::request_line(request) + "\n", uid); }
  ErrorKind refused(std::string const& bytes, uid_t uid = 990) {
    auto const answer = ask(bytes, uid);
    EXPECT_FALSE(answer.outcome);
    return answer.outcome ? ErrorKind::Internal : answer.outcome.error().kind;
  }

  Host host;
};

TEST_F(Server, a_step_goes_from_backup_to_restart) {
  ASSERT_TRUE(ask({"j1", job::Backup{step}}).outcome);
  auto const applied = ask({"j2", job::Apply{step, job::Apply::Direction::Upgrade, {kNew}}});
  ASSERT_TRUE(applied.outcome) << applied.outcome.error().message;
  ASSERT_EQ(applied.progress.size(), 1U);
  EXPECT_EQ(applied.progress.front().phase, "unpack");
  auto const recorded = ask({"q", job::ResultOf{"j2", 0s}});
  ASSERT_TRUE(recorded.outcome);
  EXPECT_EQ(std::get<job::Applied>(*recorded.outcome).installed.front().version, "5.8.15");
  ASSERT_TRUE(ask({"j2", job::Apply{step, job::Apply::Direction::Upgrade, {kNew}}}).outcome);
  EXPECT_EQ(packages.changes, 1U);
  auto const restarted = ask({"j3", job::Restart{step}});
  ASSERT_TRUE(restarted.outcome) << restarted.outcome.error().message;
}

TEST_F(Server, a_job_that_was_put_off_may_be_begun_again_under_its_id) {
  host.told_to_stop = [] { return true; };
  EXPECT_EQ(ask({"j1", job::Backup{step}}).outcome.error().kind, ErrorKind::Stopping);
  EXPECT_EQ(ask({"q", job::ResultOf{"j1", 0s}}).outcome.error().kind, ErrorKind::NotFound);
  host.told_to_stop = [] { return false; };
  EXPECT_TRUE(ask({"j1", job::Backup{step}}).outcome);
}

TEST_F(Server, the_host_is_asked_to_stay_on_while_something_changes_and_only_then) {
  std::vector<std::string> asked;
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  Fd const ours(ends[0]);
  host.inhibit = [&](std::string const& why) {
    asked.push_back(why);
    return Fd(ends[1]);
  };
  bool held = false;
  packages.scripts = [&](unsigned) { held = fcntl(ends[1], F_GETFD) >= 0; };
  ASSERT_TRUE(ask({"j0", job::Inspect{}}).outcome);
  ASSERT_TRUE(ask({"j1", job::Backup{step}}).outcome);
  EXPECT_TRUE(asked.empty());
  ASSERT_TRUE(ask({"j2", job::Apply{step, job::Apply::Direction::Upgrade, {kNew}}}).outcome);
  EXPECT_EQ(asked, std::vector<std::string>{"the package of gateway is being changed"});
  EXPECT_TRUE(held);
  char nothing = 0;
  EXPECT_EQ(::read(ours.get(), &nothing, 1), 0) << "it is let go with the end of the job";
}

TEST_F(Server, other_users_are_refused_and_root_is_heard) {
  auto const request = wire::request_line({"i", job::Inspect{}}) + "\n";
  EXPECT_EQ(refused(request, 1000), ErrorKind::NotAllowed);
  EXPECT_TRUE(ask(request, 0).outcome);
  EXPECT_TRUE(ask(request, 990).outcome);
}

TEST_F(Server, malformed_requests_are_refused_and_change_nothing) {
  EXPECT_EQ(refused("hello\n"), ErrorKind::BadRequest);
  EXPECT_EQ(refused("\n"), ErrorKind::BadRequest);
  EXPECT_EQ(refused(wire::request_line({"a", job::Refresh{}}) + "\n" + "more\n"), ErrorKind::BadRequest);
  EXPECT_FALSE(exists(paths.jobs()));
}

TEST_F(Server, a_peer_that_sends_too_slowly_is_refused) { EXPECT_EQ(refused("{\"protocol\":1"), ErrorKind::BadRequest); }

TEST_F(Server, an_oversized_request_is_refused) {
  EXPECT_EQ(refused(std::string(wire::kLongestRequest + 2, ' ') + "\n"), ErrorKind::BadRequest);
}

TEST_F(Server, a_package_outside_the_configuration_is_refused) {
  ASSERT_TRUE(ask({"j1", job::Backup{step}}).outcome);
  auto const apply = ask({"j2", job::Apply{step, job::Apply::Direction::Upgrade, {{"openssh-server", "1", "aa"}}}});
  ASSERT_FALSE(apply.outcome);
  EXPECT_EQ(apply.outcome.error().kind, ErrorKind::NotAllowed);
  auto const download = ask({"j3", job::Download{"gateway", {{"openssh-server", "1", "aa"}}}});
  EXPECT_EQ(download.outcome.error().kind, ErrorKind::NotAllowed);
  auto const unknown = ask({"j4", job::Backup{{"run-1", "gatway"}}});
  EXPECT_EQ(unknown.outcome.error().kind, ErrorKind::NotAllowed);
  EXPECT_NE(unknown.outcome.error().message.find("did you mean \"gateway\""), std::string::npos);
  EXPECT_EQ(packages.changes, 0U);
}

TEST_F(Server, a_bad_configuration_stops_every_change) {
  host.load_config = [] { return Result<Config>(fail(ErrorKind::BadConfig, "tykup.toml:3:1: unknown table")); };
  EXPECT_EQ(ask({"j1", job::Refresh{}}).outcome.error().kind, ErrorKind::BadConfig);
}

TEST_F(Server, two_changes_at_a_time_are_one_too_many_but_inspect_is_answered) {
  auto const held = take_lock(paths.lock(), "apply, job other", 0s);
  ASSERT_TRUE(held);
  auto const busy = ask({"j1", job::Refresh{}});
  ASSERT_FALSE(busy.outcome);
  EXPECT_EQ(busy.outcome.error().kind, ErrorKind::Busy);
  EXPECT_NE(busy.outcome.error().message.find("job other"), std::string::npos);
  EXPECT_TRUE(ask({"j2", job::Inspect{}}).outcome);
}

TEST_F(Server, the_outcome_is_on_record_when_the_peer_has_gone) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  auto const line = wire::request_line({"j1", job::Backup{step}}) + "\n";
  ASSERT_GT(send(ends[0], line.data(), line.size(), 0), 0);
  close(ends[0]);
  Connection connection{Fd(ends[1])};
  serve(host, connection, Peer{990, 1});
  EXPECT_TRUE(Ledger(paths).outcome("j1", 0s));
}

TEST_F(Server, the_kernel_says_who_is_at_the_other_end) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  Fd const ours(ends[0]);
  auto const peer = Connection{Fd(ends[1])}.peer();
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->uid, getuid());
  std::array<int, 2> pipes{};
  ASSERT_EQ(pipe(pipes.data()), 0);
  Fd const other(pipes[1]);
  EXPECT_FALSE(Connection{Fd(pipes[0])}.peer());
}

}  // namespace
}  // namespace tykup::executor
