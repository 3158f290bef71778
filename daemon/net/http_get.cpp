#include "daemon/net/http_get.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <memory>
#include <vector>

namespace tykup::net {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using Endpoints = std::vector<tcp::endpoint>;
using Steady = std::chrono::steady_clock;

/// The time that one probe has for everything.
struct Budget {
  explicit Budget(Steady::duration given) : limit(given), deadline(Steady::now() + given) {}

  [[nodiscard]] std::string overdue() const {
    auto const whole = std::chrono::duration_cast<std::chrono::milliseconds>(limit);
    bool const in_seconds = whole.count() % 1000 == 0;
    return "no answer in " +
           (in_seconds ? std::to_string(whole.count() / 1000) + " s" : std::to_string(whole.count()) + " ms");
  }

  Steady::duration limit;
  Steady::time_point deadline;
};

std::string in_words(error_code error, Budget const& budget) {
  if (error == beast::error::timeout || error == asio::error::timed_out) return budget.overdue();
  if (error == asio::error::connection_refused) return "connection refused";
  if (error == http::error::body_limit) return "the answer is larger than 256 KiB";
  if (error == http::error::header_limit) return "the answer's header is larger than 16 KiB";
  if (error == http::error::partial_message) return "the connection was closed in the middle of the answer";
  if (error == http::error::end_of_stream || error == asio::error::eof || error == asio::error::connection_reset ||
      error == asio::error::broken_pipe || error == ssl::error::stream_truncated) {
    return "the connection was closed without an answer";
  }
  if (error.category() == http::make_error_code(http::error::bad_version).category()) return "not HTTP";
  return error.message();
}

/// A look-up that its waiter may leave behind: getaddrinfo cannot be cancelled, and a dead name server takes its time.
struct Lookup {
  explicit Lookup(asio::any_io_executor const& executor) : resolver(executor), done(executor) {}
  tcp::resolver resolver;
  asio::steady_timer done;
  error_code error = asio::error::timed_out;
  Endpoints found = {};
};

asio::awaitable<Endpoints> look_up(Target const& target, Budget const& budget, error_code& error) {
  auto lookup = std::make_shared<Lookup>(co_await asio::this_coro::executor);
  lookup->done.expires_at(budget.deadline);
  auto finish = [lookup](error_code problem, tcp::resolver::results_type const& results) {
    lookup->error = problem;
    for (auto const& entry : results) lookup->found.push_back(entry.endpoint());
    lookup->done.cancel();
  };
  lookup->resolver.async_resolve(target.host, target.port, std::move(finish));
  error_code woken;
  co_await lookup->done.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  error = lookup->error;
  co_return lookup->found;
}

/// Addresses that need no look-up. "localhost" is one: services bind to either family.
Endpoints known_addresses(Target const& target) {
  auto const port = static_cast<unsigned short>(std::stoul(target.port));
  if (target.host == "localhost") {
    return {{asio::ip::address_v4::loopback(), port}, {asio::ip::address_v6::loopback(), port}};
  }
  error_code error;
  auto const address = asio::ip::make_address(target.host, error);
  if (error) return {};
  return {{address, port}};
}

bool is_address(std::string const& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

/// Connected within the budget, which then bounds all that is done on the stream; or why not.
asio::awaitable<std::string> connect(beast::tcp_stream& stream, Target const& target, Budget const& budget) {
  auto endpoints = known_addresses(target);
  error_code error;
  if (endpoints.empty()) {
    endpoints = co_await look_up(target, budget, error);
    if (error == asio::error::timed_out) co_return budget.overdue();
    if (error || endpoints.empty()) co_return "the name \"" + target.host + "\" does not resolve: " + error.message();
  }
  stream.expires_at(budget.deadline);
  co_await stream.async_connect(endpoints, asio::redirect_error(asio::use_awaitable, error));
  co_return error ? in_words(error, budget) : std::string{};
}

/// What is asked for, and how the server proves who it is.
struct Question {
  http::verb verb = http::verb::get;
  std::string body = {};
  ServerProof proof = ServerProof::Demanded;
  std::string ca_file = {};
};

http::request<http::string_body> request_for(Target const& target, Question const& question) {
  http::request<http::string_body> request{question.verb, target.path, 11, question.body};
  if (!question.body.empty()) request.set(http::field::content_type, "application/json");
  if (!question.body.empty()) request.prepare_payload();
  request.set(http::field::host, target.authority);
  request.set(http::field::user_agent, "tykup/" TYKUP_VERSION);
  request.set(http::field::accept, "*/*");
  request.set(http::field::connection, "close");
  return request;
}

template <typename Stream>
asio::awaitable<HttpReply> exchange(Stream& stream, Target const& target, Question const& question, Budget const& budget) {
  HttpReply reply;
  auto const request = request_for(target, question);
  error_code error;
  co_await http::async_write(stream, request, asio::redirect_error(asio::use_awaitable, error));
  beast::flat_buffer received;
  http::response_parser<http::string_body> parser;
  parser.header_limit(kLargestHeader);
  parser.body_limit(kLargestBody);
  parser.get().result(0U);  // another code from the moment on that a status line was understood
  if (!error) co_await http::async_read(stream, received, parser, asio::redirect_error(asio::use_awaitable, error));
  // Many servers end TLS without saying so; where the end of the stream ends the body, the answer is whole.
  if (error == ssl::error::stream_truncated && parser.got_some()) parser.put_eof(error);
  if (error) {
    bool const foreign = error == http::error::partial_message && parser.get().result_int() == 0;
    reply.problem = foreign ? "not HTTP" : in_words(error, budget);
    co_return reply;
  }
  reply.status = static_cast<int>(parser.get().result_int());
  reply.body = std::move(parser.get().body());
  co_return reply;
}

std::string handshake_problem(error_code error, SSL* session, Budget const& budget) {
  if (error.category() != asio::error::get_ssl_category()) return in_words(error, budget);
  if (ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    auto const* const why = X509_verify_cert_error_string(SSL_get_verify_result(session));
    return std::string("its certificate is not trusted: ") + why;
  }
  return "no TLS connection: " + error.message();
}

/// Empty, or why the certificates that are to be trusted cannot be read.
std::string trust(ssl::context& context, std::string const& ca_file) {
  error_code unusable;
  if (ca_file.empty()) {
    context.set_default_verify_paths(unusable);  // an empty trust store fails the handshake, which tells it
    return {};
  }
  context.load_verify_file(ca_file, unusable);
  return unusable ? "the certificates in " + ca_file + " cannot be read: " + unusable.message() : std::string{};
}

void demand_proof(SSL* session, std::string const& host) {
  SSL_set_verify(session, SSL_VERIFY_PEER, nullptr);
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str());
  } else {
    SSL_set1_host(session, host.c_str());
  }
}

asio::awaitable<HttpReply> exchange_tls(beast::tcp_stream connected, Target const& target, Question const& question,
                                        Budget const& budget) {
  HttpReply reply;
  ssl::context context(ssl::context::tls_client);
  bool const demanded = question.proof == ServerProof::Demanded;
  if (demanded) reply.problem = trust(context, question.ca_file);
  if (!reply.problem.empty()) co_return reply;
  beast::ssl_stream<beast::tcp_stream> stream(std::move(connected), context);
  auto* const session = stream.native_handle();
  if (demanded) demand_proof(session, target.host);
  auto name = target.host;
  if (!is_address(name)) SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  error_code error;
  co_await stream.async_handshake(ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, error));
  if (error) {
    reply.problem = handshake_problem(error, session, budget);
    co_return reply;
  }
  reply = co_await exchange(stream, target, question, budget);
  co_return reply;
}

asio::awaitable<HttpReply> ask(Target target, Question question, Steady::duration limit) {
  Budget const budget(limit);
  HttpReply reply;
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  reply.problem = co_await connect(stream, target, budget);
  if (!reply.problem.empty()) co_return reply;
  if (target.tls) {
    reply = co_await exchange_tls(std::move(stream), target, question, budget);
  } else {
    reply = co_await exchange(stream, target, question, budget);
  }
  co_return reply;
}

}  // namespace

asio::awaitable<HttpReply> http_get(Target target, ServerProof proof, Steady::duration limit) {
  Question question;
  question.proof = proof;
  return ask(std::move(target), std::move(question), limit);
}

asio::awaitable<HttpReply> http_post(Target target, HttpPost post, Steady::duration limit) {
  Question question;
  question.verb = http::verb::post;
  question.body = std::move(post.body);
  question.ca_file = std::move(post.ca_file);
  return ask(std::move(target), std::move(question), limit);
}

asio::awaitable<std::string> tcp_connect(Target target, Steady::duration limit) {
  Budget const budget(limit);
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  auto problem = co_await connect(stream, target, budget);
  co_return problem;
}

}  // namespace tykup::net
