#include <gmock/gmock.h>

#include <chrono>

#include "pkg/rpm/subscriptions.hpp"
#include "tests/integration/rpm/web_server.hpp"
#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace {

using ::testing::HasSubstr;

class OverTheNet : public RpmTest {
 protected:
  void subscribe(std::string const& url, std::string const& more = {}) {
    world_.write("/etc/yum.repos.d/tyk-gateway.repo", "[tyk]\nname=tyk\nbaseurl=" + url + "\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file://" +
                                                          world_.key_file("tyk") + "\n" + more);
  }
  std::optional<Error> refreshed(std::string const& url) {
    auto const result = world_.manager().refresh({scope(url)}, quiet_);
    EXPECT_TRUE(result.has_value()) << result.error().message;
    if (!result || result->size() != 1) return Error{ErrorKind::Internal, "not one source"};
    return result->front().error;
  }
  Scope scope(std::string const& url) const {
    auto one = world_.scope();
    one.url_prefix = url;
    return one;
  }
};

TEST_F(OverTheNet, metadata_and_packages_come_by_https_from_a_server_that_is_trusted) {
  world_.install({});
  auto const pin = offer({.version = "1.1"});
  WebServer const server(world_, WebServer::Talks::Tls);
  auto const url = "https://" + server.address() + "/tyk-gateway/";
  subscribe(url, "sslcacert=" + server.certificate() + "\n");
  auto const error = refreshed(url);
  ASSERT_FALSE(error) << error->message << error->detail;
  ASSERT_OK(world_.manager().keep(scope(url), {pin}, quiet_));
  EXPECT_THAT(server.asked(), HasSubstr("/tyk-gateway/repodata/repomd.xml.asc"));
}

TEST_F(OverTheNet, a_certificate_that_nobody_vouches_for_is_refused) {
  world_.install({});
  offer({.version = "1.1"});
  WebServer const server(world_, WebServer::Talks::Tls);
  auto const url = "https://" + server.address() + "/tyk-gateway/";
  subscribe(url);
  auto const error = refreshed(url);
  ASSERT_TRUE(error);
  EXPECT_EQ(to_string(error->kind), to_string(ErrorKind::RepositoryCertificate)) << error->detail;
  EXPECT_EQ(server.asked(), "");
  ASSERT_FAILS(fetch_file(world_.paths(), url + "gpgkey", world_.path("/key")), ErrorKind::RepositoryCertificate);
}

TEST_F(OverTheNet, dnfs_proxy_is_used) {
  world_.install({});
  offer({.version = "1.1"});
  WebServer const proxy(world_);
  std::string const url = "http://packages.invalid/tyk-gateway/";
  subscribe(url);
  world_.write("/etc/dnf/dnf.conf", "[main]\nproxy=http://" + proxy.address() + "\n");
  auto const error = refreshed(url);
  ASSERT_FALSE(error) << error->message << error->detail;
  EXPECT_THAT(proxy.asked(), HasSubstr("http://packages.invalid/tyk-gateway/repodata/repomd.xml\n"));
}

TEST_F(OverTheNet, a_user_in_the_url_is_not_shown) {
  world_.install({});
  std::string const url = "http://packages.invalid/tyk-gateway/";
  subscribe("http://me:secret@packages.invalid/tyk-gateway/");
  auto const error = refreshed(url);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::RepositoryUnreachable);
  EXPECT_THAT(error->message + error->detail, ::testing::Not(HasSubstr("secret")));
  EXPECT_EQ(world_.manager().inspect(scope(url))->subscription.url, url);
}

TEST_F(OverTheNet, a_server_that_sends_nothing_more_is_given_up) {
  world_.write("/etc/dnf/dnf.conf", "[main]\ntimeout=1\n");
  WebServer const server(world_);
  ASSERT_FAILS(fetch_file(world_.paths(), "http://" + server.address() + "/stall", world_.path("/stalled")), ErrorKind::RepositoryUnreachable);
  EXPECT_THAT(server.asked(), HasSubstr("/stall"));
  EXPECT_FALSE(world_.exists("/stalled"));
}

TEST_F(OverTheNet, a_dead_mirror_is_passed_over_for_the_next) {
  world_.install({});
  auto const pin = offer({.version = "1.1"});
  WebServer const server(world_);
  auto const url = "http://" + server.address() + "/";
  subscribe(url + "nothing-here/ " + url + "tyk-gateway/");
  auto const error = refreshed(url);
  ASSERT_FALSE(error) << error->message << error->detail;
  ASSERT_OK(world_.manager().keep(scope(url), {pin}, quiet_));
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
