#include "daemon/net/http_connection.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <optional>

#include "daemon/net/addresses.hpp"
#include "daemon/net/tls_client.hpp"

namespace tykup::net {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using Parser = http::response_parser<http::string_body>;

std::string in_words(error_code error, Budget const& budget, std::size_t largest = kLargestBody) {
  if (error == beast::error::timeout || error == asio::error::timed_out) return budget.overdue();
  if (error == asio::error::connection_refused) return "connection refused";
  if (error == http::error::body_limit) return "the answer is larger than " + std::to_string(largest / 1024) + " KiB";
  if (error == http::error::header_limit) return "the answer's header is larger than 16 KiB";
  if (error == http::error::partial_message) return "the connection was closed in the middle of the answer";
  if (error == http::error::end_of_stream || error == asio::error::eof || error == asio::error::connection_reset ||
      error == asio::error::broken_pipe || error == ssl::error::stream_truncated) {
    return "the connection was closed without an answer";
  }
  if (error.category() == http::make_error_code(http::error::bad_version).category()) return "not HTTP";
  if (is_about_our_certificate(error)) return "the server does not take our client certificate: " + error.message();
  if (error.category() == asio::error::get_ssl_category()) return "no TLS connection: " + error.message();
  return error.message();
}

/// Connected within the budget; or why not.
asio::awaitable<std::string> connect(beast::tcp_stream& stream, Target const& target, Budget const& budget) {
  error_code error;
  auto const endpoints = co_await addresses_of(target, budget.deadline, error);
  if (error == asio::error::timed_out) co_return budget.overdue();
  if (error || endpoints.empty()) co_return "the name \"" + target.host + "\" does not resolve: " + error.message();
  stream.expires_at(budget.deadline);
  co_await stream.async_connect(endpoints, asio::redirect_error(asio::use_awaitable, error));
  co_return error ? in_words(error, budget) : std::string{};
}

http::request<http::string_body> message_for(Target const& target, HttpRequest const& asked) {
  auto const verb = asked.post ? http::verb::post : http::verb::get;
  auto const& path = asked.path.empty() ? target.path : asked.path;
  http::request<http::string_body> message{verb, path, 11, asked.body};
  if (asked.post) message.set(http::field::content_type, "application/json");
  if (asked.post) message.prepare_payload();
  message.set(http::field::host, target.authority);
  message.set(http::field::user_agent, "tykup/" TYKUP_VERSION);
  message.set(http::field::accept, "*/*");
  if (!asked.keeps_open) message.set(http::field::connection, "close");
  for (auto const& [name, value] : asked.fields) message.set(name, value);
  return message;
}

/// What is known of an answer that was not whole.
void tell(HttpReply& reply, error_code error, Parser const& parser, Budget const& budget, std::size_t largest) {
  bool const foreign = error == http::error::partial_message && parser.get().result_int() == 0;
  reply.problem = foreign ? "not HTTP" : in_words(error, budget, largest);
  if (is_about_our_certificate(error)) reply.asked = false;
}

void take_header(HttpReply& reply, Parser const& parser) {
  reply.status = static_cast<int>(parser.get().result_int());
  reply.date = std::string(parser.get()[http::field::date]);
}

/// Empties the parser for the next answer.
Parser& prepare(std::optional<Parser>& parser, HttpRequest const& asked) {
  parser.emplace();
  parser->header_limit(kLargestHeader);
  parser->body_limit(asked.largest_body);
  parser->get().result(0U);  // another code from the moment on that a status line was understood
  return *parser;
}

template <typename Stream>
asio::awaitable<error_code> send(Stream& stream, Target const& target, HttpRequest const& asked) {
  auto const message = message_for(target, asked);
  error_code error;
  co_await http::async_write(stream, message, asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

/// Until the answer is whole.
template <typename Stream>
asio::awaitable<error_code> read_rest(Stream& stream, beast::flat_buffer& received, Parser& parser) {
  error_code error;
  co_await http::async_read(stream, received, parser, asio::redirect_error(asio::use_awaitable, error));
  // Many servers end TLS without saying so; where the end of the stream ends the body, the answer is whole.
  if (error == ssl::error::stream_truncated && parser.got_some()) parser.put_eof(error);
  co_return error;
}

template <typename Stream>
asio::awaitable<error_code> read_header(Stream& stream, beast::flat_buffer& received, Parser& parser) {
  error_code error;
  co_await http::async_read_header(stream, received, parser, asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

template <typename Stream>
asio::awaitable<error_code> read_some(Stream& stream, beast::flat_buffer& received, Parser& parser) {
  error_code error;
  parser.eager(false);  // an eager one keeps a chunk back until the next one begins
  co_await http::async_read_some(stream, received, parser, asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

}  // namespace

std::string Budget::overdue() const {
  auto const whole = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  return "no answer in " + (whole % 1000 == 0 ? std::to_string(whole / 1000) + " s" : std::to_string(whole) + " ms");
}

struct HttpConnection::State {
  explicit State(asio::any_io_executor const& executor) : plain(std::in_place, executor) {}

  beast::tcp_stream& line() { return tls ? tls->next_layer() : *plain; }

  asio::awaitable<std::string> shake_hands(Trust const& trust, Budget const& budget) {
    auto problem = load(context.emplace(ssl::context::tls_client), trust);
    if (!problem.empty()) co_return problem;
    tls.emplace(std::move(*plain), *context);
    ask_for_proof(tls->native_handle(), target.host, trust.proof);
    error_code error;
    co_await tls->async_handshake(ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, error));
    if (error) problem = why_not_trusted(error, tls->native_handle());
    if (error && problem.empty()) problem = in_words(error, budget);
    co_return problem;
  }

  asio::awaitable<error_code> send_request(HttpRequest const& asked) {
    error_code error;
    if (tls) {
      error = co_await send(*tls, target, asked);
    } else {
      error = co_await send(*plain, target, asked);
    }
    co_return error;
  }
  asio::awaitable<error_code> receive_header() {
    error_code error;
    if (tls) {
      error = co_await read_header(*tls, received, *parser);
    } else {
      error = co_await read_header(*plain, received, *parser);
    }
    co_return error;
  }
  asio::awaitable<error_code> receive_rest() {
    error_code error;
    if (tls) {
      error = co_await read_rest(*tls, received, *parser);
    } else {
      error = co_await read_rest(*plain, received, *parser);
    }
    co_return error;
  }
  asio::awaitable<error_code> receive_some() {
    error_code error;
    if (tls) {
      error = co_await read_some(*tls, received, *parser);
    } else {
      error = co_await read_some(*plain, received, *parser);
    }
    co_return error;
  }

  Target target = {};
  std::optional<ssl::context> context = {};
  std::optional<beast::tcp_stream> plain;
  std::optional<beast::ssl_stream<beast::tcp_stream>> tls = {};
  beast::flat_buffer received = {};
  std::optional<Parser> parser = {};
  bool whole = false;  ///< the last answer was, and its server keeps the connection
};

HttpConnection::HttpConnection(asio::any_io_executor executor) : state_(std::make_unique<State>(executor)) {}
HttpConnection::~HttpConnection() = default;

asio::awaitable<std::string> HttpConnection::open(Target target, Trust trust, Budget budget) {
  state_->target = std::move(target);
  auto problem = co_await connect(*state_->plain, state_->target, budget);
  if (problem.empty() && state_->target.tls) problem = co_await state_->shake_hands(trust, budget);
  co_return problem;
}

asio::awaitable<HttpReply> HttpConnection::ask(HttpRequest request, Budget budget) {
  HttpReply reply;
  auto& parser = prepare(state_->parser, request);
  state_->whole = false;
  state_->line().expires_at(budget.deadline);
  auto error = co_await state_->send_request(request);
  reply.asked = !error;
  if (!error) error = co_await state_->receive_rest();
  if (error) {
    tell(reply, error, parser, budget, request.largest_body);
    co_return reply;
  }
  take_header(reply, parser);
  state_->whole = request.keeps_open && parser.get().keep_alive();
  reply.body = std::move(parser.get().body());
  co_return reply;
}

asio::awaitable<HttpReply> HttpConnection::begin(HttpRequest request, Budget budget) {
  HttpReply reply;
  auto& parser = prepare(state_->parser, request);
  state_->line().expires_at(budget.deadline);
  auto error = co_await state_->send_request(request);
  reply.asked = !error;
  if (!error) error = co_await state_->receive_header();
  bool const goes_on = !error && parser.get().result() == http::status::ok;
  if (goes_on) parser.body_limit(boost::none);
  if (!error && !goes_on) error = co_await state_->receive_rest();
  if (error) {
    tell(reply, error, parser, budget, request.largest_body);
    co_return reply;
  }
  take_header(reply, parser);
  if (!goes_on) reply.body = std::move(parser.get().body());
  co_return reply;
}

asio::awaitable<HttpConnection::Piece> HttpConnection::more(Budget budget) {
  Piece piece;
  auto& parser = *state_->parser;
  error_code error;
  state_->line().expires_at(budget.deadline);
  if (!parser.is_done()) error = co_await state_->receive_some();
  piece.bytes = std::move(parser.get().body());
  parser.get().body().clear();
  piece.end = !error && parser.is_done();
  if (error) piece.problem = in_words(error, budget);
  co_return piece;
}

bool HttpConnection::reusable() {
  auto& line = state_->line();
  if (!state_->whole || state_->received.size() != 0 || !line.socket().is_open()) return false;
  char byte = 0;
  error_code error;
  line.socket().non_blocking(true, error);
  line.socket().receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
  return error == asio::error::would_block || error == asio::error::try_again;
}

void HttpConnection::close() {
  state_->line().close();
}

}  // namespace tykup::net
