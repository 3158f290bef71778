#include "daemon/os/executor_client.hpp"

#include <algorithm>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>

#include "daemon/wire/job_json.hpp"

namespace tykup::os {

namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;
using Steady = std::chrono::steady_clock;

/// The facts of a host with many packages and versions stay far below.
constexpr std::size_t kLongestAnswer = std::size_t{16} << 20U;
/// How often a job is sent of which the executor then knows nothing.
constexpr int kSendings = 3;

/// One connection's course.
struct Exchange {
  enum class End { Unreachable, Lost, Answered };
  Exchange() : outcome(fail(ErrorKind::Internal, "no answer")) {}
  End end = End::Unreachable;
  bool heard = false;  ///< at least one line
  error_code problem = {};
  Result<job::Outcome> outcome;
};

/// What is to be sent next, and for how long nothing was heard.
class Pursuit {
 public:
  Pursuit(job::Request const& request, ExecutorClient::Patience patience)
      : request_(request), patience_(patience), pause_(patience.pause), give_up_(Steady::now() + patience.silent) {}

  [[nodiscard]] std::string line() const {
    if (!asking_) return wire::request_line(request_);
    job::ResultOf question;
    question.job = request_.id;
    question.wait = patience_.result_wait;
    return wire::request_line({request_.id, question});
  }

  /// The final word, or nothing if it must go on.
  std::optional<Result<job::Outcome>> after(Exchange const& exchange, std::string const& socket) {
    if (exchange.heard) hear();
    if (exchange.end == Exchange::End::Answered) return judge(exchange.outcome);
    if (exchange.end == Exchange::End::Lost) asking_ = is_job();
    if (Steady::now() < give_up_) return std::nullopt;
    return fail(given_up(exchange.problem.message(), socket));
  }

  ExecutorClient::Span next_pause() { return std::exchange(pause_, std::min(pause_ * 2, patience_.pause * 10)); }

 private:
  void hear() {
    give_up_ = Steady::now() + patience_.silent;
    pause_ = patience_.pause;
  }

  /// `result` itself is only a question.
  [[nodiscard]] bool is_job() const { return !std::holds_alternative<job::ResultOf>(request_.operation); }

  /// A job that may have begun is not "unavailable": whoever asked must look at what is true now.
  [[nodiscard]] Error given_up(std::string const& problem, std::string const& socket) const {
    auto const why = "the executor does not answer on " + socket + " (" + problem +
                     "): look at `systemctl status tykup-executor.socket`";
    if (!asking_) return {ErrorKind::ExecutorUnavailable, why};
    return {ErrorKind::Interrupted, "what became of job " + request_.id + " is unknown: " + why};
  }

  std::optional<Result<job::Outcome>> judge(Result<job::Outcome> const& outcome) {
    if (outcome || !is_job()) return outcome;
    bool const busy = outcome.error().kind == ErrorKind::Busy;
    if (!asking_ && !busy) return outcome;
    if (busy) {
      // Another job is at work, or this very one since an earlier connection: its result tells which.
      if (!asking_) refusal_ = outcome.error();
      asking_ = true;
      return std::nullopt;
    }
    if (outcome.error().kind != ErrorKind::NotFound) return outcome;
    if (refusal_) return fail(*refusal_);
    return not_begun();
  }

  std::optional<Result<job::Outcome>> not_begun() {
    asking_ = false;
    if (++sendings_ < kSendings) return std::nullopt;
    return fail(ErrorKind::Interrupted, "the executor ended " + std::to_string(kSendings) +
                                            " times without an outcome of job " + request_.id +
                                            ": look at `journalctl -u 'tykup-executor@*'`");
  }

  job::Request const& request_;
  ExecutorClient::Patience patience_;
  ExecutorClient::Span pause_;
  Steady::time_point give_up_;
  bool asking_ = false;  ///< for the outcome: the job may have begun
  std::optional<Error> refusal_ = {};
  int sendings_ = 0;
};

Result<job::Outcome> final_word(Result<wire::Answer> answer) {
  if (answer) return std::get<Result<job::Outcome>>(std::move(*answer));
  return fail(ErrorKind::OtherVersion, "the executor's answer is not understood, restart tykupd: " + answer.error().message);
}

/// Reads lines up to the final one.
asio::awaitable<void> listen(stream_protocol::socket& socket, agent::Executor::ProgressSink const& progress,
                             Exchange& exchange) {
  std::string received;
  while (true) {
    auto const size = co_await asio::async_read_until(socket, asio::dynamic_buffer(received, kLongestAnswer), '\n',
                                                      asio::redirect_error(asio::use_awaitable, exchange.problem));
    if (exchange.problem) co_return;
    exchange.heard = true;
    auto answer = wire::read_answer(std::string_view(received).substr(0, size - 1));
    received.erase(0, size);
    if (answer && std::holds_alternative<job::Progress>(*answer)) {
      progress(std::get<job::Progress>(*answer));
      continue;
    }
    exchange.end = Exchange::End::Answered;
    exchange.outcome = final_word(std::move(answer));
    co_return;
  }
}

asio::awaitable<Exchange> exchange_once(std::string const& path, std::string line,
                                        agent::Executor::ProgressSink const& progress) {
  Exchange exchange;
  stream_protocol::socket socket(co_await asio::this_coro::executor);
  stream_protocol::endpoint const server(path);
  co_await socket.async_connect(server, asio::redirect_error(asio::use_awaitable, exchange.problem));
  if (exchange.problem) co_return exchange;
  exchange.end = Exchange::End::Lost;
  line += '\n';
  co_await asio::async_write(socket, asio::buffer(line), asio::redirect_error(asio::use_awaitable, exchange.problem));
  // A refusal may be waiting to be read although the request could not be written whole.
  co_await listen(socket, progress, exchange);
  co_return exchange;
}

}  // namespace

ExecutorClient::ExecutorClient(std::string socket) : ExecutorClient(std::move(socket), Patience{}) {}

ExecutorClient::ExecutorClient(std::string socket, Patience patience)
    : socket_(std::move(socket)), patience_(patience) {}

agent::Awaitable<Result<job::Outcome>> ExecutorClient::perform(job::Request request, ProgressSink progress) {
  Pursuit pursuit(request, patience_);
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (true) {
    auto const exchange = co_await exchange_once(socket_, pursuit.line(), progress);
    auto outcome = pursuit.after(exchange, socket_);
    if (outcome) co_return std::move(*outcome);
    timer.expires_after(pursuit.next_pause());
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace tykup::os
