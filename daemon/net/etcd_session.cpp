#include "daemon/net/etcd_session.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/core/words.hpp"
#include "daemon/net/http_date.hpp"
#include "daemon/net/secret_file.hpp"

namespace tykup::net {

namespace {

namespace asio = boost::asio;
using Kind = EtcdVerdict::Kind;
using Steady = std::chrono::steady_clock;

/// A list of all hosts is some megabytes; etcd itself sets no limit.
constexpr std::size_t kLargestAnswer = 64UL * 1024 * 1024;
constexpr std::size_t kMostIdle = 2;

EtcdVerdict unusable(EtcdAsked const& asked, std::string const& why) {
  return {Kind::NotDone, true, {ErrorKind::EtcdUnavailable, "etcd at " + asked.endpoint + ": its answer cannot be read: " + why}};
}

bool goes_on(EtcdVerdict const& verdict, bool repeatable) {
  return verdict.kind == Kind::NotDone || (verdict.kind == Kind::Unknown && repeatable);
}

/// What a watch that was not taken is told, as an answer.
EtcdVerdict judge_first_line(std::string const& text, EtcdAsked const& asked) {
  auto const line = etcd_json::watch_line(text);
  if (!line) return unusable(asked, line.error());
  if (line->said) return judge(*line->said, asked);
  // Why a watch is not taken comes as text: "rpc error: code = PermissionDenied desc = etcdserver: permission denied".
  if (line->canceled && line->compacted == 0) return judge(etcd_json::Said{3, line->cancel_reason}, asked);
  if (!line->created) return unusable(asked, "a watch begins without its first line");
  return {};
}

}  // namespace

asio::awaitable<EtcdStream::Line> EtcdStream::next(Steady::duration silence) {
  Line line;
  std::size_t seen = 0;
  auto end = heard_.find('\n');
  while (end == std::string::npos) {
    seen = heard_.size();
    if (seen > kLargestAnswer) {
      line.problem = "a line of it is larger than 64 MiB";
      co_return line;
    }
    Budget const budget(silence);
    auto piece = co_await connection.more(budget);
    heard_ += piece.bytes;
    end = heard_.find('\n', seen);
    if (end != std::string::npos) break;
    line.problem = piece.end ? "it was ended" : piece.problem;
    if (!line.problem.empty()) co_return line;
  }
  line.text = heard_.substr(0, end);
  heard_.erase(0, end + 1);
  co_return line;
}

EtcdSession::EtcdSession(EtcdOptions options)
    : options_(std::move(options)), endpoints_(options_.endpoints, options_.rest, options_.chance()) {}

EtcdAsked EtcdSession::asked(std::size_t endpoint, std::string keys) const {
  return {endpoints_.name(endpoint), options_.user, options_.password_file, std::move(keys)};
}

asio::awaitable<Result<std::string>> EtcdSession::call(EtcdCall call) {
  std::vector<bool> tried(endpoints_.size());
  while (auto const endpoint = endpoints_.next(tried, Steady::now())) {
    tried[*endpoint] = true;
    auto reply = co_await ask(*endpoint, call);
    note(*endpoint, reply.verdict);
    if (reply.verdict.kind == Kind::Answered) co_return std::move(reply.body);
    if (!goes_on(reply.verdict, call.repeatable)) co_return fail(std::move(reply.verdict.error));
  }
  co_return fail(nobody());
}

asio::awaitable<EtcdReply> EtcdSession::ask(std::size_t endpoint, EtcdCall const& call) {
  auto reply = co_await ask_with_token(endpoint, call);
  if (reply.verdict.kind != Kind::StaleToken) co_return reply;
  reply.verdict = co_await renew_token(endpoint, token_);
  if (reply.verdict.kind != Kind::Answered) co_return reply;
  reply = co_await ask_with_token(endpoint, call);
  // It says so of a token that it gave just now.
  if (reply.verdict.kind == Kind::StaleToken) reply.verdict.kind = Kind::Refused;
  co_return reply;
}

asio::awaitable<EtcdReply> EtcdSession::ask_with_token(std::size_t endpoint, EtcdCall const& call) {
  EtcdReply reply;
  reply.verdict = co_await ensure_token(endpoint);
  if (reply.verdict.kind == Kind::Answered) reply = co_await post(endpoint, call);
  co_return reply;
}

asio::awaitable<EtcdReply> EtcdSession::post(std::size_t endpoint, EtcdCall const& call) {
  Budget const budget(options_.limit);
  auto const asked_at = options_.now();
  HttpReply answer;
  auto connection = take_idle(endpoint);
  if (!connection) {
    connection = std::make_unique<HttpConnection>(co_await asio::this_coro::executor);
    answer.problem = co_await connection->open(endpoints_.target(endpoint), options_.trust, budget);
  }
  auto request = request_for(call);
  Budget const password(options_.password_limit);
  auto const& patience = call.is_password ? password : budget;
  if (answer.problem.empty()) answer = co_await connection->ask(std::move(request), patience);
  // What takes long says little of when it was written.
  if (answer.status != 0 && !call.is_password) compare_clocks(answer.date, asked_at);
  keep_idle(endpoint, std::move(connection));
  EtcdReply reply;
  reply.verdict = judge(answer, asked(endpoint, call.keys));
  reply.body = std::move(answer.body);
  co_return reply;
}

HttpRequest EtcdSession::request_for(EtcdCall const& call) const {
  HttpRequest request;
  request.post = true;
  request.path = "/v3/" + call.path;
  request.body = call.body;
  request.keeps_open = true;
  request.largest_body = kLargestAnswer;
  // A member without a leader says so at once instead of keeping the request, or the watch, for long.
  request.fields.emplace_back("Grpc-Metadata-hasleader", "true");
  if (!token_.empty()) request.fields.emplace_back("Authorization", token_);
  return request;
}

asio::awaitable<EtcdVerdict> EtcdSession::ensure_token(std::size_t endpoint) {
  EtcdVerdict verdict;
  if (!options_.user.empty() && token_.empty() && !knows_no_users_) verdict = co_await authenticate(endpoint);
  co_return verdict;
}

asio::awaitable<EtcdVerdict> EtcdSession::renew_token(std::size_t endpoint, std::string stale) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  boost::system::error_code ignored;
  timer.expires_after(std::chrono::duration_cast<Steady::duration>(options_.renewal_spread * options_.chance()));
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  EtcdVerdict verdict;
  // Meanwhile another call may have renewed it.
  if (token_ == stale) verdict = co_await authenticate(endpoint);
  co_return verdict;
}

asio::awaitable<EtcdVerdict> EtcdSession::authenticate(std::size_t endpoint) {
  token_.clear();
  knows_no_users_ = false;
  EtcdVerdict verdict;
  auto const password = first_line_of(options_.password_file);
  if (!password) {
    verdict.kind = Kind::Refused;
    verdict.error = password.error();
    co_return verdict;
  }
  EtcdCall call;
  call.path = "auth/authenticate";
  call.body = etcd_json::authenticate_request(options_.user, *password);
  call.is_password = true;
  auto reply = co_await post(endpoint, call);
  if (reply.verdict.kind == Kind::NoAuth) {
    knows_no_users_ = true;
    co_return verdict;
  }
  if (reply.verdict.kind == Kind::Unknown) reply.verdict = EtcdVerdict{Kind::NotDone, true, std::move(reply.verdict.error)};
  if (reply.verdict.kind != Kind::Answered) co_return reply.verdict;
  auto token = etcd_json::token_answer(reply.body);
  if (!token) co_return unusable(asked(endpoint, {}), token.error());
  token_ = std::move(*token);
  co_return verdict;
}

asio::awaitable<EtcdVerdict> EtcdSession::open_watch(EtcdCall call, std::unique_ptr<EtcdStream>& stream, std::size_t& taken_by) {
  std::vector<bool> tried(endpoints_.size());
  while (auto const endpoint = endpoints_.next(tried, Steady::now())) {
    tried[*endpoint] = true;
    taken_by = *endpoint;
    auto verdict = co_await take_watch(*endpoint, call, stream);
    if (verdict.kind == Kind::StaleToken) {
      verdict = co_await renew_token(*endpoint, token_);
      if (verdict.kind == Kind::Answered) verdict = co_await take_watch(*endpoint, call, stream);
    }
    note(*endpoint, verdict);
    if (verdict.kind != Kind::NotDone && verdict.kind != Kind::Unknown) co_return verdict;
  }
  EtcdVerdict none;
  none.kind = Kind::NotDone;
  none.error = nobody();
  co_return none;
}

asio::awaitable<EtcdVerdict> EtcdSession::take_watch(std::size_t endpoint, EtcdCall const& call, std::unique_ptr<EtcdStream>& stream) {
  auto verdict = co_await ensure_token(endpoint);
  if (verdict.kind == Kind::Answered) verdict = co_await begin_watch(endpoint, call, stream);
  co_return verdict;
}

asio::awaitable<EtcdVerdict> EtcdSession::begin_watch(std::size_t endpoint, EtcdCall const& call, std::unique_ptr<EtcdStream>& stream) {
  Budget const budget(options_.limit);
  auto const asked_at = options_.now();
  stream = std::make_unique<EtcdStream>(co_await asio::this_coro::executor);
  HttpReply answer;
  answer.problem = co_await stream->connection.open(endpoints_.target(endpoint), options_.trust, budget);
  auto request = request_for(call);
  if (answer.problem.empty()) answer = co_await stream->connection.begin(std::move(request), budget);
  if (answer.status != 0) compare_clocks(answer.date, asked_at);
  // Nothing is done by a watch whose beginning is lost.
  if (answer.status == 0) answer.asked = false;
  auto verdict = judge(answer, asked(endpoint, call.keys));
  if (verdict.kind != Kind::Answered) co_return verdict;
  auto const first = co_await stream->next(options_.limit);
  if (!first.problem.empty()) co_return unusable(asked(endpoint, {}), first.problem);
  co_return judge_first_line(first.text, asked(endpoint, call.keys));
}

EtcdSession::Connection EtcdSession::take_idle(std::size_t endpoint) {
  auto& idle = idle_[endpoint];
  while (!idle.empty()) {
    auto connection = std::move(idle.back());
    idle.pop_back();
    if (connection->reusable()) return connection;
  }
  return nullptr;
}

void EtcdSession::keep_idle(std::size_t endpoint, Connection connection) {
  auto& idle = idle_[endpoint];
  if (idle.size() < kMostIdle && connection->reusable()) idle.push_back(std::move(connection));
}

void EtcdSession::note(std::size_t endpoint, EtcdVerdict const& verdict) {
  if (verdict.ill) {
    endpoints_.failed(endpoint, verdict.error.message, Steady::now(), options_.chance());
  } else {
    endpoints_.answered(endpoint);
  }
}

void EtcdSession::failed(std::size_t endpoint, std::string why) {
  endpoints_.failed(endpoint, std::move(why), Steady::now(), options_.chance());
}

void EtcdSession::compare_clocks(std::string const& date, Instant asked_at) {
  auto const said = parse_http_date(date);
  if (!said) return;
  // A date is cut to its second, and was written at some time between question and answer.
  auto const middle = asked_at + (options_.now() - asked_at) / 2;
  offset_ = *said + std::chrono::milliseconds{500} - middle;
}

Error EtcdSession::nobody() const { return {ErrorKind::EtcdUnavailable, endpoints_.troubles()}; }

}  // namespace tykup::net
