#include "tests/fakes/tls_identity.hpp"
#include "tests/integration/etcd/etcd_test.hpp"

namespace tykup::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class EtcdTlsTest : public EtcdTest {
 protected:
  struct Files {
    std::string cert;
    std::string key;
  };
  Files files(std::string const& name, std::string const& names, std::string const& usages = {}) {
    auto const identity = fakes::make_tls_identity(names, usages);
    return {file(name + ".pem", identity.certificate_pem), file(name + ".key", identity.key_pem)};
  }
  std::string ask(std::string const& url, Trust trust) {
    auto options = quick_options({url});
    options.trust = std::move(trust);
    EtcdClient client(std::move(options));
    return said(put(client, "a", "1"));
  }
};

TEST_F(EtcdTlsTest, a_server_proves_its_name_to_the_authority_that_is_named) {
  auto const server = files("server", "IP:127.0.0.1,DNS:localhost");
  auto const other = files("other", "IP:127.0.0.1");
  RealEtcd etcd({server.cert, server.key});
  EXPECT_EQ(ask(etcd.url(), {.ca_file = server.cert}), "done");
  EXPECT_EQ(ask(etcd.url("localhost"), {.ca_file = server.cert}), "done");
  auto const start = "etcd_unavailable: etcd at " + etcd.url() + ": ";
  EXPECT_THAT(ask(etcd.url(), {.ca_file = other.cert}), StartsWith(start + "its certificate is not trusted: "));
  EXPECT_THAT(ask(etcd.url(), {}), StartsWith(start + "its certificate is not trusted: "));
  EXPECT_THAT(ask(etcd.url(), {.ca_file = "/none.pem"}), StartsWith(start + "the certificates in /none.pem cannot be read: "));
  EXPECT_THAT(ask("http://127.0.0.1:" + std::to_string(etcd.port()), {}), HasSubstr("(if it speaks TLS, write https://)"));
}

TEST_F(EtcdTlsTest, a_certificate_for_another_name_is_no_proof) {
  auto const server = files("server", "DNS:etcd.example");
  RealEtcd const etcd({server.cert, server.key});
  EXPECT_THAT(ask(etcd.url(), {.ca_file = server.cert}), HasSubstr("its certificate is not trusted: IP address mismatch"));
  EXPECT_THAT(ask(etcd.url("localhost"), {.ca_file = server.cert}), HasSubstr("its certificate is not trusted: hostname mismatch"));
}

TEST_F(EtcdTlsTest, a_client_shows_its_certificate_where_one_is_demanded) {
  auto const server = files("server", "IP:127.0.0.1");
  auto const client = files("client", "DNS:host");
  auto const stranger = files("stranger", "DNS:host");
  auto const both = file("both.pem", "");
  std::ofstream(both) << std::ifstream(server.cert).rdbuf() << std::ifstream(client.cert).rdbuf();
  RealEtcd const etcd({server.cert, server.key, {"--client-cert-auth", "--trusted-ca-file", both}});
  EXPECT_EQ(ask(etcd.url(), {.ca_file = server.cert, .cert_file = client.cert, .key_file = client.key}), "done");
  EXPECT_THAT(ask(etcd.url(), {.ca_file = server.cert}), HasSubstr("the server does not take our client certificate"));
  EXPECT_THAT(ask(etcd.url(), {.ca_file = server.cert, .cert_file = stranger.cert, .key_file = stranger.key}),
              HasSubstr("the server does not take our client certificate"));
  EXPECT_THAT(ask(etcd.url(), {.ca_file = server.cert, .cert_file = client.cert, .key_file = stranger.key}),
              HasSubstr("the key in " + stranger.key + " cannot be read or is not the certificate's"));
  EXPECT_THAT(ask(etcd.url(), {.ca_file = server.cert, .cert_file = "/none.pem", .key_file = client.key}),
              HasSubstr("the certificate in /none.pem cannot be read"));
}

TEST_F(EtcdTlsTest, a_server_whose_certificate_may_not_be_a_clients_is_told_from_one_that_is_down) {
  auto const server = files("server", "IP:127.0.0.1", "serverAuth");
  auto const client = files("client", "DNS:host");
  auto const both = file("both.pem", "");
  std::ofstream(both) << std::ifstream(server.cert).rdbuf() << std::ifstream(client.cert).rdbuf();
  RealEtcd const etcd({server.cert, server.key, {"--client-cert-auth", "--trusted-ca-file", both}});
  EXPECT_THAT(ask(etcd.url(), {.ca_file = server.cert, .cert_file = client.cert, .key_file = client.key}),
              testing::AllOf(HasSubstr("the server's own certificate"), HasSubstr("the usage clientAuth")));
}

}  // namespace
}  // namespace tykup::net
