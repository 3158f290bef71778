#include "daemon/os/executor_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fstream>
#include <memory>

#include "daemon/wire/job_json.hpp"
#include "tests/fakes/await_on.hpp"
#include "tests/fakes/scripted_executor.hpp"
#include "tests/fakes/temporary_folder.hpp"

namespace tykup::os {
namespace {

using fakes::ScriptedExecutor;
using fakes::Turn;
using namespace std::chrono_literals;
using testing::HasSubstr;

std::string const kDone = wire::final_line(job::Outcome(job::Recovered{{"nginx"}}));

std::string error_line(ErrorKind kind, std::string message) {
  Result<job::Outcome> const outcome = fail(kind, std::move(message));
  return wire::final_line(outcome);
}

std::string progress_line(std::string phase, double percent) {
  job::Progress progress;
  progress.phase = std::move(phase);
  progress.percent = percent;
  return wire::progress_line(progress);
}

class ExecutorClientTest : public testing::Test {
 protected:
  void play(std::vector<Turn> turns) {
    executor_ = std::make_unique<ScriptedExecutor>(loop_, socket_, std::move(turns));
  }

  Result<job::Outcome> perform() {
    ExecutorClient client(socket_.string(), patience_);
    auto sink = [this](job::Progress const& progress) { progress_.push_back(progress.phase); };
    job::Request request;
    request.id = "run-1.recover";
    request.operation = job::Recover{};
    return fakes::await_on(loop_, client.perform(request, sink));
  }

  /// The operations that were asked for, in order.
  [[nodiscard]] std::vector<std::string> asked() const {
    std::vector<std::string> names;
    for (auto const& line : executor_->requests()) {
      auto const request = wire::read_request(line);
      EXPECT_TRUE(request) << line;
      if (request) names.emplace_back(job::name_of(request->operation));
    }
    return names;
  }

  void expect_done(Result<job::Outcome> const& outcome) {
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_TRUE(std::holds_alternative<job::Recovered>(*outcome));
    EXPECT_EQ(std::get<job::Recovered>(*outcome).packages, std::vector<std::string>{"nginx"});
  }

  using Names = std::vector<std::string>;
  fakes::TemporaryFolder folder_;
  std::filesystem::path socket_ = folder_ / "executor.sock";
  boost::asio::io_context loop_;
  std::unique_ptr<ScriptedExecutor> executor_;
  ExecutorClient::Patience patience_{.silent = 300ms, .pause = 5ms, .result_wait = 7s};
  Names progress_;
};

TEST_F(ExecutorClientTest, the_outcome_and_the_progress_before_it_arrive) {
  play({{.lines = {progress_line("unpack", 40), progress_line("configure", -1), kDone}}});
  expect_done(perform());
  EXPECT_EQ(progress_, (Names{"unpack", "configure"}));
  EXPECT_EQ(asked(), Names{"recover"});
  auto const request = wire::read_request(executor_->requests().front());
  EXPECT_EQ(request->id, "run-1.recover");
}

TEST_F(ExecutorClientTest, an_error_of_the_executor_arrives_as_it_is) {
  play({{.lines = {error_line(ErrorKind::LockHeld, "apt (pid 7) holds the lock")}}});
  auto const outcome = perform();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::LockHeld);
  EXPECT_EQ(outcome.error().message, "apt (pid 7) holds the lock");
  EXPECT_EQ(asked(), Names{"recover"});
}

TEST_F(ExecutorClientTest, a_connection_that_breaks_is_asked_for_by_job_and_the_job_is_not_done_twice) {
  Turn const broken[] = {
      {.lines = {progress_line("unpack", 40)}},
      {.lines = {}},
      {.lines = {progress_line("unpack", 90)}, .rest = kDone.substr(0, 5)},
      {.lines = {}, .rest = kDone},
  };
  for (auto const& turn : broken) {
    executor_.reset();
    play({turn, {.lines = {kDone}}});
    expect_done(perform());
    EXPECT_EQ(asked(), (Names{"recover", "result"}));
    auto const question = wire::read_request(executor_->requests().back());
    auto const& of = std::get<job::ResultOf>(question->operation);
    EXPECT_EQ(of.job, "run-1.recover");
    EXPECT_EQ(of.wait, 7s);
  }
}

TEST_F(ExecutorClientTest, the_question_for_a_result_is_repeated_until_it_is_answered) {
  Turn const busy{.lines = {error_line(ErrorKind::Busy, "still at work")}};
  play({{}, {}, busy, {.lines = {progress_line("configure", 10)}}, busy, {.lines = {kDone}}});
  expect_done(perform());
  EXPECT_EQ(asked(), (Names{"recover", "result", "result", "result", "result", "result"}));
}

TEST_F(ExecutorClientTest, an_interrupted_job_is_told_and_not_repeated_here) {
  play({{}, {.lines = {error_line(ErrorKind::Interrupted, "killed")}}});
  auto const outcome = perform();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::Interrupted);
  EXPECT_EQ(asked(), (Names{"recover", "result"}));
}

TEST_F(ExecutorClientTest, a_job_that_the_executor_never_began_is_sent_again) {
  play({{}, {.lines = {error_line(ErrorKind::NotFound, "no such job")}}, {.lines = {kDone}}});
  expect_done(perform());
  EXPECT_EQ(asked(), (Names{"recover", "result", "recover"}));
}

TEST_F(ExecutorClientTest, an_executor_that_dies_each_time_before_it_begins_is_an_interruption) {
  Turn const unknown{.lines = {error_line(ErrorKind::NotFound, "no such job")}};
  play({{}, unknown, {}, unknown, {}, unknown});
  auto const outcome = perform();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::Interrupted);
  EXPECT_THAT(outcome.error().message, HasSubstr("3 times without an outcome of job run-1.recover"));
  EXPECT_THAT(outcome.error().message, HasSubstr("journalctl -u 'tykup-executor@*'"));
  EXPECT_EQ(asked(), (Names{"recover", "result", "recover", "result", "recover", "result"}));
}

TEST_F(ExecutorClientTest, a_job_that_is_not_found_at_once_is_an_answer) {
  play({{.lines = {error_line(ErrorKind::NotFound, "no backup of that step")}}});
  auto const outcome = perform();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message, "no backup of that step");
  EXPECT_EQ(asked(), Names{"recover"});
}

TEST_F(ExecutorClientTest, busy_with_another_job_means_that_this_one_did_not_begin) {
  play({{.lines = {error_line(ErrorKind::Busy, "apply of run-0 is at work")}},
        {.lines = {error_line(ErrorKind::NotFound, "no such job")}}});
  auto const outcome = perform();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::Busy);
  EXPECT_EQ(outcome.error().message, "apply of run-0 is at work");
  EXPECT_EQ(asked(), (Names{"recover", "result"}));
}

TEST_F(ExecutorClientTest, busy_with_this_very_job_is_waited_for) {
  Turn const busy{.lines = {error_line(ErrorKind::Busy, "still at work")}};
  play({busy, busy, busy, {.lines = {kDone}}});
  expect_done(perform());
  EXPECT_EQ(asked(), (Names{"recover", "result", "result", "result"}));
}

TEST_F(ExecutorClientTest, a_job_whose_executor_cannot_be_asked_any_more_is_an_interruption) {
  play({{.lines = {progress_line("unpack", 40)}}, {.reads = false}});
  auto const outcome = perform();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::Interrupted);
  EXPECT_THAT(outcome.error().message, HasSubstr("what became of job run-1.recover is unknown"));
  EXPECT_THAT(outcome.error().message, HasSubstr(socket_.string()));
  EXPECT_THAT(outcome.error().message, HasSubstr(socket_.string()));
  EXPECT_THAT(outcome.error().message, HasSubstr("`systemctl status tykup-executor.socket`"));
}

TEST_F(ExecutorClientTest, a_question_for_a_result_is_asked_again_as_it_is) {
  play({{}, {.lines = {error_line(ErrorKind::NotFound, "no such job")}}});
  ExecutorClient client(socket_.string(), patience_);
  job::Request request;
  request.id = "ask";
  request.operation = job::ResultOf{"run-0.apply", 3s};
  auto const outcome = fakes::await_on(loop_, client.perform(request, [](job::Progress const&) {}));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::NotFound);
  EXPECT_EQ(asked(), (Names{"result", "result"}));
  EXPECT_EQ(executor_->requests().front(), executor_->requests().back());
}

TEST_F(ExecutorClientTest, a_missing_socket_is_unavailable_after_a_while) {
  auto const began = std::chrono::steady_clock::now();
  auto const outcome = perform();
  ASSERT_FALSE(outcome);
  EXPECT_GE(std::chrono::steady_clock::now() - began, patience_.silent);
  EXPECT_EQ(outcome.error().kind, ErrorKind::ExecutorUnavailable);
  EXPECT_THAT(outcome.error().message, HasSubstr("`systemctl status tykup-executor.socket`"));
  EXPECT_THAT(outcome.error().message, HasSubstr("(No such file or directory)"));
}

TEST_F(ExecutorClientTest, a_dead_socket_is_unavailable_after_a_while) {
  play({{}});
  std::filesystem::rename(socket_, folder_ / "kept");
  executor_.reset();
  std::filesystem::rename(folder_ / "kept", socket_);
  auto const outcome = perform();
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("(Connection refused)"));
}

TEST_F(ExecutorClientTest, a_socket_that_comes_up_meanwhile_is_found) {
  patience_.silent = 10s;
  boost::asio::steady_timer timer(loop_, 60ms);
  timer.async_wait([this](boost::system::error_code) { play({{.lines = {kDone}}}); });
  expect_done(perform());
  EXPECT_EQ(asked(), Names{"recover"});
}

TEST_F(ExecutorClientTest, an_executor_of_another_version_refuses_and_that_is_told) {
  play({{.lines = {error_line(ErrorKind::OtherVersion, "the executor speaks protocol 2, the request is of 1: restart tykupd")}}});
  auto const outcome = perform();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::OtherVersion);
  EXPECT_EQ(asked(), Names{"recover"});
}

TEST_F(ExecutorClientTest, an_answer_of_another_protocol_is_told) {
  for (std::string const line : {"", "hello", "{}", R"({"ok":{"vanished":{}}})", R"({"later":{}})", "\xff\xfe"}) {
    executor_.reset();
    play({{.lines = {line}}});
    auto const outcome = perform();
    ASSERT_FALSE(outcome) << line;
    EXPECT_EQ(outcome.error().kind, ErrorKind::OtherVersion);
    EXPECT_THAT(outcome.error().message, HasSubstr("the executor's answer is not understood, restart tykupd")) << line;
    EXPECT_EQ(asked(), Names{"recover"});
  }
}

}  // namespace
}  // namespace tykup::os
