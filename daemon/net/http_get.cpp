#include "daemon/net/http_get.hpp"

#include <boost/asio/this_coro.hpp>

namespace tykup::net {

namespace {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

asio::awaitable<HttpReply> ask_once(Target target, Trust trust, HttpRequest request, Steady::duration limit) {
  Budget const budget(limit);
  HttpReply reply;
  HttpConnection connection(co_await asio::this_coro::executor);
  reply.problem = co_await connection.open(std::move(target), std::move(trust), budget);
  if (reply.problem.empty()) reply = co_await connection.ask(std::move(request), budget);
  co_return reply;
}

}  // namespace

asio::awaitable<HttpReply> http_get(Target target, ServerProof proof, Steady::duration limit) {
  Trust trust;
  trust.proof = proof;
  return ask_once(std::move(target), std::move(trust), HttpRequest{}, limit);
}

asio::awaitable<HttpReply> http_post(Target target, HttpPost post, Steady::duration limit) {
  HttpRequest request;
  request.post = true;
  request.body = std::move(post.body);
  Trust trust;
  trust.ca_file = std::move(post.ca_file);
  return ask_once(std::move(target), std::move(trust), std::move(request), limit);
}

asio::awaitable<std::string> tcp_connect(Target target, Steady::duration limit) {
  Budget const budget(limit);
  HttpConnection connection(co_await asio::this_coro::executor);
  target.tls = false;
  Trust nobody;
  auto problem = co_await connection.open(std::move(target), std::move(nobody), budget);
  co_return problem;
}

}  // namespace tykup::net
