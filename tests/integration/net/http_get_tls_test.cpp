#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "daemon/net/http_get.hpp"
#include "daemon/net/http_prober.hpp"
#include "tests/fakes/await_on.hpp"
#include "tests/fakes/scripted_server.hpp"

namespace tykup::net {
namespace {

using fakes::Script;
using fakes::ScriptedServer;
using namespace std::chrono_literals;
using testing::StartsWith;

constexpr char const* kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";

class HttpGetTlsTest : public testing::Test {
 protected:
  void TearDown() override {
    unsetenv("SSL_CERT_FILE");
    std::filesystem::remove(store_);
  }
  /// The system trusts this certificate for the rest of the test.
  void trust(fakes::TlsIdentity const& identity) {
    std::ofstream(store_) << identity.certificate_pem;
    setenv("SSL_CERT_FILE", store_.c_str(), 1);
  }
  HttpReply get(std::string const& host, std::uint16_t port, ServerProof proof, Duration limit = 10s) {
    auto target = parse_url("https://" + host + ":" + std::to_string(port) + "/hello");
    return fakes::await_on(loop_, http_get(*target, proof, limit));
  }
  boost::asio::io_context loop_;
  std::string store_ = testing::TempDir() + "/tykup-trusted-" + std::to_string(getpid()) + ".pem";
};

TEST_F(HttpGetTlsTest, a_local_endpoint_is_asked_whatever_name_its_certificate_bears) {
  ScriptedServer const server(loop_, {.says = kAnswer}, fakes::make_tls_identity("DNS:api.example"));
  HttpProber prober;
  Endpoint endpoint;
  endpoint.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/hello";
  auto const answer = fakes::await_on(loop_, prober.ask(endpoint, 10s));
  EXPECT_EQ(answer.http.problem, "");
  EXPECT_EQ(answer.http.body, "OK");
  Probe probe;
  probe.kind = Probe::Kind::Http;
  probe.target = endpoint.url;
  EXPECT_EQ(fakes::await_on(loop_, prober.ask(probe, 10s)).http.status, 200);
}

TEST_F(HttpGetTlsTest, a_server_that_must_prove_its_name_and_can_is_asked) {
  auto const identity = fakes::make_tls_identity("DNS:localhost,IP:127.0.0.1");
  trust(identity);
  ScriptedServer const server(loop_, {.says = kAnswer}, identity);
  EXPECT_EQ(get("localhost", server.port(), ServerProof::Demanded).problem, "");
  EXPECT_EQ(get("127.0.0.1", server.port(), ServerProof::Demanded).body, "OK");
}

TEST_F(HttpGetTlsTest, a_certificate_for_another_name_is_no_proof) {
  auto const identity = fakes::make_tls_identity("DNS:api.example");
  trust(identity);
  ScriptedServer const server(loop_, {.says = kAnswer}, identity);
  EXPECT_THAT(get("localhost", server.port(), ServerProof::Demanded).problem,
              StartsWith("its certificate is not trusted: hostname mismatch"));
  EXPECT_THAT(get("127.0.0.1", server.port(), ServerProof::Demanded).problem,
              StartsWith("its certificate is not trusted: IP address mismatch"));
}

TEST_F(HttpGetTlsTest, a_certificate_that_nobody_trusts_is_no_proof) {
  trust(fakes::make_tls_identity("DNS:localhost"));
  ScriptedServer const server(loop_, {.says = kAnswer}, fakes::make_tls_identity("DNS:localhost"));
  auto const reply = get("localhost", server.port(), ServerProof::Demanded);
  EXPECT_EQ(reply.status, 0);
  EXPECT_THAT(reply.problem, StartsWith("its certificate is not trusted: "));
}

TEST_F(HttpGetTlsTest, a_probe_that_leaves_this_host_demands_proof) {
  ScriptedServer const server(loop_, {.says = kAnswer}, fakes::make_tls_identity("DNS:localhost"));
  Probe probe;
  probe.kind = Probe::Kind::Http;
  // 0.0.0.0 reaches this host but is not its loopback address.
  probe.target = "https://0.0.0.0:" + std::to_string(server.port()) + "/";
  HttpProber prober;
  auto const answer = fakes::await_on(loop_, prober.ask(probe, 10s));
  EXPECT_THAT(answer.http.problem, StartsWith("its certificate is not trusted: "));
}

TEST_F(HttpGetTlsTest, an_answer_that_ends_with_the_line_is_whole_without_a_tls_good_bye) {
  auto const identity = fakes::make_tls_identity("DNS:x");
  ScriptedServer const server(loop_, {.says = "HTTP/1.0 200 OK\r\n\r\nold", .end = Script::End::Cut}, identity);
  auto const reply = get("127.0.0.1", server.port(), ServerProof::NotAsked);
  EXPECT_EQ(reply.problem, "");
  EXPECT_EQ(reply.body, "old");
}

TEST_F(HttpGetTlsTest, half_an_answer_stays_half_when_the_line_is_cut) {
  auto const identity = fakes::make_tls_identity("DNS:x");
  Script const half{.says = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", .end = Script::End::Cut};
  ScriptedServer const server(loop_, half, identity);
  EXPECT_EQ(get("127.0.0.1", server.port(), ServerProof::NotAsked).problem,
            "the connection was closed in the middle of the answer");
}

TEST_F(HttpGetTlsTest, a_port_that_speaks_no_tls_is_named) {
  ScriptedServer const server(loop_, {.says = "HTTP/1.1 400 Bad Request\r\n\r\n", .waits_for_request = false});
  EXPECT_THAT(get("127.0.0.1", server.port(), ServerProof::NotAsked).problem, StartsWith("no TLS connection: "));
}

TEST_F(HttpGetTlsTest, a_port_that_never_shakes_hands_is_left) {
  ScriptedServer const server(loop_, {.end = Script::End::Hang});
  EXPECT_EQ(get("127.0.0.1", server.port(), ServerProof::NotAsked, 300ms).problem, "no answer in 300 ms");
}

}  // namespace
}  // namespace tykup::net
