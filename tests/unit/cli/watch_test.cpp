#include <gmock/gmock.h>

#include "daemon/cli/render.hpp"
#include "tests/unit/cli/fake_daemon.hpp"

namespace tykup::cli {
namespace {

using test::Host;
using test::read_file;
using test::golden_path;
using test::refusal;
using test::with_state;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Kind = Refusal::Kind;

/// A host whose daemon waits, works and rests; Ctrl-C comes after so many looks.
Host watched(std::size_t looks) {
  Host host;
  auto const running = read_file(golden_path("status_running.json"));
  host.daemon.statuses = {with_state("waiting"), with_state("waiting"), running, running, with_state("idle")};
  host.interrupted_after = looks;
  return host;
}

std::size_t lines_of(std::string const& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

TEST(WatchedStatus, IsALineForEachChangeWhereNobodyLooksOn) {
  auto host = watched(6);
  auto const got = host.perform(verb::Status{.watch = true});
  EXPECT_EQ(got.code, 0) << got.err;
  EXPECT_TRUE(host.heeded);
  test::expect_golden("watch_piped", got.out);
}

TEST(WatchedStatus, IsWrittenInItsPlaceOnATerminal) {
  auto host = watched(3);
  host.live = true;
  auto const out = host.perform(verb::Status{.watch = true}).out;
  EXPECT_THAT(out, StartsWith("\033[?7l\033[Jtykup 0.1.0 on web-1"));
  auto const first = out.substr(0, out.find("\033[?7h"));
  EXPECT_THAT(out, HasSubstr("\033[" + std::to_string(lines_of(first)) + "F\033[J"));
  EXPECT_THAT(out, testing::EndsWith("\033[?7h"));
}

TEST(WatchedStatus, FitsTheTerminal) {
  auto host = watched(2);
  host.live = true;
  host.height = 10;
  auto const out = host.perform(verb::Status{.watch = true}).out;
  auto const first = out.substr(0, out.find("\033[?7h"));
  EXPECT_EQ(lines_of(first), 9U) << "the last line stays free for the cursor";
  EXPECT_THAT(first, HasSubstr(" more lines: tykup status\n"));
}

TEST(WatchedStatus, IsADocumentForEachChangeForPrograms) {
  auto host = watched(6);
  auto const out = host.perform(verb::Status{.watch = true, .json = true}).out;
  ASSERT_EQ(lines_of(out), 3U) << "what changes with the time alone is no change";
  std::istringstream lines(out);
  std::vector<std::string> states;
  for (std::string line; std::getline(lines, line);) states.push_back(nlohmann::json::parse(line)["state"]);
  EXPECT_THAT(states, testing::ElementsAre("waiting", "running", "idle"));
}

TEST(WatchedStatus, OutlastsARestartOfTheDaemon) {
  auto host = watched(5);
  host.daemon.statuses.insert(host.daemon.statuses.begin() + 1, refusal(Kind::Unreachable));
  auto const got = host.perform(verb::Status{.watch = true});
  EXPECT_EQ(got.code, 0);
  EXPECT_THAT(got.err, IsEmpty());
}

TEST(WatchedStatus, EndsWhereThereIsNoDaemon) {
  auto host = watched(99);
  host.daemon.statuses = {refusal(Kind::Unreachable)};
  EXPECT_EQ(host.perform(verb::Status{.watch = true}).code, 3);
  host = watched(999);
  host.daemon.statuses = {with_state("idle"), refusal(Kind::Unreachable)};
  auto const gone = host.perform(verb::Status{.watch = true});
  EXPECT_EQ(gone.code, 3);
  EXPECT_THAT(gone.err, HasSubstr("does not answer"));
}

TEST(WatchedRun, GoesOnWhenTheWatchingEnds) {
  Host host;
  host.daemon.plan_text = read_file(golden_path("plan.json"));
  host.daemon.started = std::string("20261123T125800-3f2a9c");
  host.daemon.statuses = {with_state("waiting"), read_file(golden_path("status_running.json"))};
  host.interrupted_after = 2;
  auto const got = host.perform(verb::Run{.yes = true});
  EXPECT_EQ(got.code, 130);
  EXPECT_THAT(got.err, AllOf(HasSubstr("run 20261123T125800-3f2a9c goes on"), HasSubstr("tykup status --watch"), HasSubstr("tykup stop")));
}

TEST(WatchedRun, ShowsHowLongSuchAStepTakesAndWhatIsLeftOfTheWindow) {
  auto status = test::document("status_running");
  status["run"]["expected_seconds"] = 95;
  status["window"]["until"] = "2026-11-23T14:12:00Z";
  EXPECT_EQ(run_progress(test::view_of(), status["run"], status["window"]),
            "2/3 gateway 5.8.14 → 5.8.15, 1min 10s of about 1min 35s, window open for 1h 12min, ████░░░░░░, applying, unpack 40 %: "
            "tyk-gateway (amd64)");
}

}  // namespace
}  // namespace tykup::cli
