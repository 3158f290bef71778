#include "daemon/net/webhook_poster.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/fakes/await_on.hpp"
#include "tests/fakes/scripted_server.hpp"
#include "tests/fakes/temporary_folder.hpp"

namespace tykup::net {
namespace {

using fakes::Script;
using fakes::ScriptedServer;
using notify::Delivery;
using notify::WebhookConfig;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

constexpr char const* kTaken = "HTTP/1.1 204 No Content\r\n\r\n";
std::string const kSecret = "/services/S3CR3T";

class WebhookPosterTest : public testing::Test {
 protected:
  std::string file(std::string const& name, std::string const& text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  std::string url(ScriptedServer const& server, std::string const& scheme = "https", std::string const& host = "localhost") {
    return scheme + "://" + host + ":" + std::to_string(server.port()) + kSecret;
  }
  Delivery post(WebhookConfig hook, Duration limit = 10s) {
    WebhookPoster poster{std::chrono::duration_cast<std::chrono::milliseconds>(limit)};
    auto delivery = fakes::await_on(loop_, poster.post(std::move(hook), R"({"schema":1})"));
    EXPECT_THAT(delivery.why, Not(HasSubstr("S3CR3T")));
    return delivery;
  }
  boost::asio::io_context loop_;
  fakes::TemporaryFolder folder_;
  fakes::TlsIdentity identity_ = fakes::make_tls_identity("DNS:localhost");
};

TEST_F(WebhookPosterTest, posts_json_to_a_server_of_the_named_authority) {
  ScriptedServer const server(loop_, {.says = kTaken}, identity_);
  auto const delivery = post({url(server), "", {}, file("ca.pem", identity_.certificate_pem)});
  EXPECT_EQ(delivery.end, Delivery::End::Sent) << delivery.why;
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_THAT(server.requests()[0], StartsWith("POST " + kSecret + " HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests()[0], HasSubstr("Content-Type: application/json\r\nContent-Length: 12\r\n"));
}

TEST_F(WebhookPosterTest, trusts_nobody_else_where_an_authority_is_named_and_nobody_unknown_where_none_is) {
  ScriptedServer const server(loop_, {.says = kTaken}, identity_);
  auto const other = file("other.pem", fakes::make_tls_identity("DNS:localhost").certificate_pem);
  for (auto const& ca_file : {other, std::string{}}) {
    auto const delivery = post({url(server), "", {}, ca_file});
    EXPECT_EQ(delivery.end, Delivery::End::Again);
    EXPECT_THAT(delivery.why, StartsWith("its certificate is not trusted: "));
  }
}

TEST_F(WebhookPosterTest, takes_no_certificate_of_another_name) {
  ScriptedServer const server(loop_, {.says = kTaken}, identity_);
  auto const delivery = post({url(server, "https", "127.0.0.1"), "", {}, file("ca.pem", identity_.certificate_pem)});
  EXPECT_THAT(delivery.why, HasSubstr("IP address mismatch"));
}

TEST_F(WebhookPosterTest, names_a_file_of_certificates_that_is_none) {
  ScriptedServer const server(loop_, {.says = kTaken}, identity_);
  for (auto const& bad : {(folder_ / "missing.pem").string(), file("bad.pem", "no certificate\n")}) {
    auto const delivery = post({url(server), "", {}, bad});
    EXPECT_EQ(delivery.end, Delivery::End::Again);
    EXPECT_THAT(delivery.why, StartsWith("the certificates in " + bad + " cannot be read: "));
  }
}

TEST_F(WebhookPosterTest, follows_no_redirect_and_knows_what_is_final) {
  ScriptedServer const moved(loop_, {.says = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"});
  auto delivery = post({url(moved, "http", "127.0.0.1")});
  EXPECT_EQ(delivery.end, Delivery::End::Again);
  EXPECT_THAT(delivery.why, HasSubstr("it answered 302, a redirect"));
  ScriptedServer const gone(loop_, {.says = "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"});
  delivery = post({url(gone, "http", "127.0.0.1")});
  EXPECT_EQ(delivery.end, Delivery::End::Never);
}

TEST_F(WebhookPosterTest, leaves_a_server_that_never_answers_or_refuses) {
  ScriptedServer const silent(loop_, {.end = Script::End::Hang});
  EXPECT_EQ(post({url(silent, "http", "127.0.0.1")}, 300ms).why, "no answer in 300 ms");
  auto const nobody = "http://127.0.0.1:" + std::to_string(fakes::closed_port(loop_)) + kSecret;
  EXPECT_EQ(post({nobody}).why, "connection refused");
}

TEST_F(WebhookPosterTest, reads_the_url_whenever_it_posts_and_shows_the_file_only) {
  ScriptedServer const server(loop_, {.says = kTaken});
  auto const where = file("url", "  " + url(server, "http", "127.0.0.1") + "\t\nsecond line\n");
  WebhookConfig const hook{"", where};
  EXPECT_EQ(post(hook).end, Delivery::End::Sent);
  for (auto const& bad : {"", "\n", "ftp://example.com/S3CR3T", "http://example.com/S3CR3T", "S3CR3T"}) {
    file("url", bad);
    auto const delivery = post(hook);
    EXPECT_EQ(delivery.end, Delivery::End::Again);
    EXPECT_THAT(delivery.why, StartsWith("the first line of " + where + " is no URL of a webhook: "));
  }
  std::filesystem::remove(where);
  EXPECT_THAT(post(hook).why, StartsWith(where + " cannot be read (No such file or directory): it must be readable for the user tykup"));
}

}  // namespace
}  // namespace tykup::net
