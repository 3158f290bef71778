#include "daemon/net/http_prober.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "daemon/net/http_get.hpp"
#include "tests/fakes/await_on.hpp"
#include "tests/fakes/scripted_server.hpp"

namespace tykup::net {
namespace {

using fakes::Script;
using fakes::ScriptedServer;
using namespace std::chrono_literals;
using testing::HasSubstr;

std::string with_length(std::string const& status, std::string const& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class HttpProberTest : public testing::Test {
 protected:
  Sighting::Answer ask(std::string const& url, Duration limit = 10s) {
    Endpoint endpoint;
    endpoint.purpose = "hello";
    endpoint.url = url;
    return fakes::await_on(loop_, prober_.ask(endpoint, limit));
  }
  Sighting::Answer ask_server(ScriptedServer const& server, Duration limit = 10s) {
    return ask("http://127.0.0.1:" + std::to_string(server.port()) + "/hello", limit);
  }
  Sighting::Answer ask_probe(Probe::Kind kind, std::string const& target, Duration limit = 10s) {
    Probe probe;
    probe.kind = kind;
    probe.target = target;
    return fakes::await_on(loop_, prober_.ask(probe, limit));
  }
  boost::asio::io_context loop_;
  HttpProber prober_;
};

struct Answered {
  char const* name;
  std::string says;
  int status;
  std::string body;
};

TEST_F(HttpProberTest, every_whole_answer_is_taken_whatever_its_code) {
  std::string const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n3\r\nnow\r\n0\r\n\r\n";
  Answered const rows[] = {
      {"json", with_length("200 OK", R"({"status":"pass"})"), 200, R"({"status":"pass"})"},
      {"unhealthy builds answer 503 with a body", with_length("503 Service Unavailable", "{}"), 503, "{}"},
      {"plain text of old gateways", with_length("200 OK", "Hello Tiki"), 200, "Hello Tiki"},
      {"empty body", with_length("200 OK", ""), 200, ""},
      {"no such path", with_length("404 Not Found", "Not Found"), 404, "Not Found"},
      {"a redirect is an answer", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
       302, ""},
      {"body until the end of the line", "HTTP/1.0 200 OK\r\n\r\nall of it", 200, "all of it"},
      {"chunks", chunked, 200, "OKnow"},
      {"the largest body", with_length("200 OK", std::string(kLargestBody, 'x')), 200, std::string(kLargestBody, 'x')},
  };
  for (auto const& row : rows) {
    SCOPED_TRACE(row.name);
    ScriptedServer const server(loop_, {.says = row.says});
    auto const answer = ask_server(server);
    EXPECT_EQ(answer.http.purpose, "hello");
    EXPECT_EQ(answer.http.status, row.status);
    EXPECT_EQ(answer.http.body, row.body);
    EXPECT_EQ(answer.http.problem, "");
  }
}

TEST_F(HttpProberTest, json_comes_as_fields_too) {
  ScriptedServer const server(
      loop_, {.says = with_length("200 OK", R"({"version":"v5.8.15","details":{"redis":{"status":"pass"}}})")});
  Fields const expected{{"version", "v5.8.15"}, {"details.redis.status", "pass"}};
  EXPECT_EQ(ask_server(server).fields, expected);
}

TEST_F(HttpProberTest, the_request_is_a_plain_get) {
  ScriptedServer const server(loop_, {.says = with_length("200 OK", "")});
  auto const port = std::to_string(server.port());
  ask("http://localhost:" + port + "/hello?full=1");
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_THAT(server.requests().front(), testing::StartsWith("GET /hello?full=1 HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests().front(), HasSubstr("\r\nHost: localhost:" + port + "\r\n"));
  EXPECT_THAT(server.requests().front(), HasSubstr("\r\nConnection: close\r\n"));
}

struct Misbehaved {
  char const* name;
  Script script;
  std::string problem;
};

TEST_F(HttpProberTest, a_misbehaving_server_is_named_and_never_waited_for) {
  using End = Script::End;
  std::string const endless_header = "HTTP/1.1 200 OK\r\nX: " + std::string(kLargestHeader, 'x');
  Misbehaved const rows[] = {
      {"noise", {.says = "\x01\x02\xff\xfe garbage \r\n\r\n"}, "not HTTP"},
      {"noise, then silence", {.says = "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", .end = End::Hang}, "not HTTP"},
      {"another protocol's greeting", {.says = "-ERR unknown command\r\n"}, "not HTTP"},
      {"a word, then the end", {.says = "hello"}, "not HTTP"},
      {"HTTP of no known version", {.says = "HTTP/9.9 200 OK\r\n\r\n"}, "not HTTP"},
      {"a code that is none", {.says = "HTTP/1.1 2xx OK\r\n\r\n"}, "not HTTP"},
      {"a length that is none", {.says = "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"}, "not HTTP"},
      {"chunks that are none", {.says = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}, "not HTTP"},
      {"accepts and closes", {.waits_for_request = false}, "the connection was closed without an answer"},
      {"reads and closes", {}, "the connection was closed without an answer"},
      {"reads and resets", {.end = End::Reset}, "the connection was closed without an answer"},
      {"half a header", {.says = "HTTP/1.1 200 OK\r\nConte"}, "the connection was closed in the middle of the answer"},
      {"half a body",
       {.says = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"},
       "the connection was closed in the middle of the answer"},
      {"announces too much",
       {.says = "HTTP/1.1 200 OK\r\nContent-Length: 262145\r\n\r\n", .end = End::Hang},
       "the answer is larger than 256 KiB"},
      {"never stops",
       {.says = "HTTP/1.0 200 OK\r\n\r\n" + std::string(kLargestBody, 'x'), .times = 9},
       "the answer is larger than 256 KiB"},
      {"a header without end", {.says = endless_header, .end = End::Hang}, "the answer's header is larger than 16 KiB"},
      {"never answers", {.end = End::Hang}, "no answer in 300 ms"},
      {"never ends",
       {.says = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", .end = End::Hang},
       "no answer in 300 ms"},
      {"drips", {.says = "HTTP/1.1 200 OK\r\nX-Drip: 1\r\n", .times = 1000, .pause = 100ms}, "no answer in 300 ms"},
  };
  for (auto const& row : rows) {
    SCOPED_TRACE(row.name);
    ScriptedServer const server(loop_, row.script);
    auto const began = std::chrono::steady_clock::now();
    auto const answer = ask_server(server, 300ms);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
    EXPECT_EQ(answer.http.problem, row.problem);
    EXPECT_EQ(answer.http.status, 0);
    EXPECT_EQ(answer.http.body, "");
  }
}

TEST_F(HttpProberTest, the_limit_is_told_in_seconds_where_it_is_whole) {
  ScriptedServer const server(loop_, {.end = Script::End::Hang});
  EXPECT_EQ(ask_server(server, 1s).http.problem, "no answer in 1 s");
}

TEST_F(HttpProberTest, a_closed_port_refuses) {
  auto const url = "http://127.0.0.1:" + std::to_string(fakes::closed_port(loop_)) + "/hello";
  EXPECT_EQ(ask(url).http.problem, "connection refused");
}

TEST_F(HttpProberTest, a_service_that_listens_on_ipv6_only_is_found_by_address_and_by_localhost) {
  ScriptedServer const server(loop_, {.says = with_length("200 OK", "six")}, "::1");
  auto const port = std::to_string(server.port());
  EXPECT_EQ(ask("http://[::1]:" + port + "/").http.body, "six");
  EXPECT_EQ(ask("http://localhost:" + port + "/").http.body, "six");
}

TEST_F(HttpProberTest, a_name_that_does_not_exist_is_named) {
  auto const problem = ask("http://nowhere.invalid/hello", 15s).http.problem;
  EXPECT_THAT(problem, testing::AnyOf(testing::StartsWith("the name \"nowhere.invalid\" does not resolve: "),
                                      "no answer in 15 s"));
}

TEST_F(HttpProberTest, an_address_that_cannot_be_asked_is_told) {
  EXPECT_THAT(ask("gopher://127.0.0.1/").http.problem, HasSubstr("must begin with http:// or https://"));
  EXPECT_THAT(ask_probe(Probe::Kind::Http, "localhost").http.problem, HasSubstr("is not a URL"));
  EXPECT_THAT(ask_probe(Probe::Kind::Tcp, "localhost").http.problem, HasSubstr("write HOST:PORT"));
}

TEST_F(HttpProberTest, a_tcp_probe_connects) {
  ScriptedServer const server(loop_, {.end = Script::End::Hang});
  auto const target = "127.0.0.1:" + std::to_string(server.port());
  auto const answer = ask_probe(Probe::Kind::Tcp, target);
  EXPECT_EQ(answer.http.purpose, target);
  EXPECT_EQ(answer.http.status, 200);
  EXPECT_EQ(answer.http.problem, "");
}

TEST_F(HttpProberTest, a_tcp_probe_tells_a_closed_port) {
  auto const target = "127.0.0.1:" + std::to_string(fakes::closed_port(loop_));
  auto const answer = ask_probe(Probe::Kind::Tcp, target);
  EXPECT_EQ(answer.http.status, 0);
  EXPECT_EQ(answer.http.problem, "connection refused");
}

TEST_F(HttpProberTest, an_http_probe_of_the_operator_bears_its_target_as_purpose) {
  ScriptedServer const server(loop_, {.says = with_length("204 No Content", "")});
  auto const url = "http://127.0.0.1:" + std::to_string(server.port()) + "/healthz";
  auto const answer = ask_probe(Probe::Kind::Http, url);
  EXPECT_EQ(answer.http.purpose, url);
  EXPECT_EQ(answer.http.status, 204);
}

}  // namespace
}  // namespace tykup::net
