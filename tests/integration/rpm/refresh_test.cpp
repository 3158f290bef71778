#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "tests/integration/rpm/workshop.hpp"
#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;
using Hours = std::chrono::hours;

struct Bad {
  char const* name;
  ErrorKind kind;
  std::string said;
  std::function<void(World&)> arrange;
  friend void PrintTo(Bad const& bad, std::ostream* out) { *out << bad.name; }
};

void publish_with(World& world, Publication const& publication) {
  world.add("tyk-gateway", {.version = "1.1"});
  world.publish("tyk-gateway", publication);
}

std::string offered(World& world) {
  auto const inventory = world.manager().inspect(world.scope());
  if (!inventory) return inventory.error().message;
  std::string versions = inventory->subscription.problem;
  for (auto const& candidate : inventory->candidates) versions += candidate.version + " ";
  return versions;
}

class BadRepository : public RpmTest, public ::testing::WithParamInterface<Bad> {};

TEST_P(BadRepository, is_refused_by_name_and_keeps_what_was_there) {
  subscribed_host();
  offer({.version = "1.0.1"}, {.dated = Hours{-48}});
  refresh();
  GetParam().arrange(world_);
  auto const refreshed = world_.manager().refresh({world_.scope()}, quiet_);
  ASSERT_OK(refreshed);
  ASSERT_EQ(refreshed->size(), 1U);
  ASSERT_TRUE(refreshed->front().error);
  auto const& error = *refreshed->front().error;
  EXPECT_EQ(to_string(error.kind), to_string(GetParam().kind)) << error.message << "\n" << error.detail;
  EXPECT_THAT(error.message, HasSubstr(GetParam().said));
  EXPECT_EQ(offered(world_), "1.0.1-1 ");
}

INSTANTIATE_TEST_SUITE_P(
    table, BadRepository,
    ::testing::Values(
        Bad{"gone", ErrorKind::RepositoryUnreachable, "cannot be reached",
            [](World& w) { fs::remove_all(w.repository("tyk-gateway") + "/repodata"); }},
        Bad{"unsigned", ErrorKind::RepositoryUnsigned, "not signed", [](World& w) { publish_with(w, {.key = ""}); }},
        Bad{"signature_is_garbage", ErrorKind::RepositoryUnsigned, "not signed",
            [](World& w) {
              publish_with(w, {});
              std::ofstream(w.repository("tyk-gateway") + "/repodata/repomd.xml.asc") << "<html>Please log in</html>\n";
            }},
        Bad{"signed_by_another", ErrorKind::RepositoryWrongKey, "a key that its source entry does not name",
            [](World& w) { publish_with(w, {.key = "mallory"}); }},
        Bad{"signed_by_another_with_skip_if_unavailable", ErrorKind::RepositoryWrongKey, "a key that its source entry does not name",
            [](World& w) {
              publish_with(w, {.key = "mallory"});
              w.subscribe("tyk-gateway", w.key_file("tyk"), "gpgcheck=1\nrepo_gpgcheck=1\nskip_if_unavailable=1\n");
            }},
        Bad{"older_than_seen", ErrorKind::RepositoryStale, "older", [](World& w) { publish_with(w, {.dated = Hours{-72}}); }},
        Bad{"index_has_other_bytes", ErrorKind::HashMismatch, "differ",
            [](World& w) { publish_with(w, {.metadata = Publication::Damage::OtherBytes}); }},
        Bad{"index_is_truncated", ErrorKind::HashMismatch, "differ",
            [](World& w) { publish_with(w, {.metadata = Publication::Damage::Truncated}); }},
        Bad{"repomd_changed_after_signing", ErrorKind::HashMismatch, "differ",
            [](World& w) {
              publish_with(w, {});
              std::ofstream(w.repository("tyk-gateway") + "/repodata/repomd.xml", std::ios::app) << "<!-- -->\n";
            }}),
    [](auto const& row) { return row.param.name; });

class BadEntry : public RpmTest, public ::testing::WithParamInterface<Bad> {};

TEST_P(BadEntry, is_refused_by_name_offers_nothing_and_brings_nothing) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  GetParam().arrange(world_);
  auto const refreshed = world_.manager().refresh({world_.scope()}, quiet_);
  ASSERT_OK(refreshed);
  ASSERT_EQ(refreshed->size(), 1U);
  ASSERT_TRUE(refreshed->front().error);
  EXPECT_EQ(to_string(refreshed->front().error->kind), to_string(GetParam().kind)) << refreshed->front().error->message;
  EXPECT_THAT(refreshed->front().error->message, HasSubstr(GetParam().said));
  auto const inventory = world_.manager().inspect(world_.scope());
  ASSERT_OK(inventory);
  EXPECT_TRUE(inventory->candidates.empty());
  EXPECT_THAT(inventory->subscription.problem, HasSubstr(GetParam().said));
  auto const kept = world_.manager().keep(world_.scope(), {pin}, quiet_);
  ASSERT_FALSE(kept.has_value());
  EXPECT_EQ(to_string(kept.error().kind), to_string(GetParam().kind)) << kept.error().message;
}

std::function<void(World&)> options(std::string const& text) {
  return [text](World& w) { w.subscribe("tyk-gateway", w.key_file("tyk"), text); };
}
std::function<void(World&)> key(std::string const& named) {
  return [named](World& w) { w.subscribe("tyk-gateway", "", "gpgcheck=1\nrepo_gpgcheck=1\ngpgkey=" + named + "\n"); };
}
std::function<void(World&)> main_options(std::string const& text, std::string const& entry) {
  return [=](World& w) {
    w.write("/etc/dnf/dnf.conf", "[main]\n" + text);
    w.subscribe("tyk-gateway", w.key_file("tyk"), entry);
  };
}

constexpr char const* kBoth = "gpgcheck=1\nrepo_gpgcheck=1\n";

INSTANTIATE_TEST_SUITE_P(
    table, BadEntry,
    ::testing::Values(
        Bad{"gpgcheck_off", ErrorKind::RepositoryUnsigned, "gpgcheck=0", options("gpgcheck=0\nrepo_gpgcheck=1\n")},
        Bad{"gpgcheck_in_neither_file", ErrorKind::RepositoryUnsigned, "gpgcheck=0 from", main_options("", "repo_gpgcheck=1\n")},
        Bad{"gpgcheck_off_in_dnf_conf", ErrorKind::RepositoryUnsigned, "/etc/dnf/dnf.conf",
            main_options("gpgcheck=0\n", "repo_gpgcheck=1\n")},
        Bad{"repo_gpgcheck_off", ErrorKind::RepositoryUnsigned, "repo_gpgcheck=0", options("gpgcheck=1\nrepo_gpgcheck=0\n")},
        Bad{"repo_gpgcheck_in_neither_file", ErrorKind::RepositoryUnsigned, "repo_gpgcheck=0", options("gpgcheck=1\n")},
        Bad{"sslverify_off", ErrorKind::RepositoryUnsigned, "sslverify=0", options(std::string(kBoth) + "sslverify=0\n")},
        Bad{"sslverify_off_in_dnf_conf", ErrorKind::RepositoryUnsigned, "sslverify=0 from", main_options("sslverify=0\n", kBoth)},
        Bad{"proxy_sslverify_off", ErrorKind::RepositoryUnsigned, "proxy_sslverify=0",
            options(std::string(kBoth) + "proxy_sslverify=0\n")},
        Bad{"signatures_off_for_rpm", ErrorKind::RepositoryUnsigned, "tsflags=nocrypto", main_options("tsflags=nocrypto\n", kBoth)},
        Bad{"no_key", ErrorKind::RepositoryUnsigned, "gpgkey", [](World& w) { w.subscribe("tyk-gateway", "", kBoth); }},
        Bad{"key_by_https", ErrorKind::RepositoryWrongKey, "tykup subscribe", key("https://packagecloud.io/tyk/tyk-gateway/gpgkey")},
        Bad{"key_by_ftp", ErrorKind::RepositoryWrongKey, "tykup subscribe", key("ftp://example.org/key")},
        Bad{"key_by_relative_path", ErrorKind::RepositoryWrongKey, "no local file", key("key.asc")},
        Bad{"a_good_key_and_one_by_https", ErrorKind::RepositoryWrongKey, "tykup subscribe",
            [](World& w) { key("file://" + w.key_file("tyk") + "\n       https://packagecloud.io/tyk/tyk-gateway/gpgkey")(w); }},
        Bad{"key_file_missing", ErrorKind::RepositoryWrongKey, "/nowhere.asc", key("file:///nowhere.asc")},
        Bad{"key_file_empty", ErrorKind::RepositoryWrongKey, "no OpenPGP key",
            [](World& w) {
              w.write("/etc/pki/tykup/empty.asc", "");
              key("file://" + w.path("/etc/pki/tykup/empty.asc"))(w);
            }},
        Bad{"key_file_is_not_named_after_its_key", ErrorKind::RepositoryWrongKey, "somebody replaced it",
            [](World& w) {
              auto const file = w.path("/etc/pki/tykup/" + std::string(40, 'A') + ".asc");
              fs::copy(w.key_file("tyk"), file);
              key("file://" + file)(w);
            }},
        Bad{"a_value_that_dnf_does_not_know", ErrorKind::BadConfig, "gpgcheck", options("gpgcheck=perhaps\nrepo_gpgcheck=1\n")}),
    [](auto const& row) { return row.param.name; });

class Refreshing : public RpmTest {};

TEST_F(Refreshing, leaves_dnfs_own_cache_and_history_alone) {
  subscribed_host();
  offer({.version = "1.1"});
  world_.write("/var/cache/dnf/tyk-gateway-0123456789abcdef/repodata/repomd.xml", "dnf's own\n");
  refresh();
  EXPECT_EQ(world_.read("/var/cache/dnf/tyk-gateway-0123456789abcdef/repodata/repomd.xml"), "dnf's own\n");
  EXPECT_EQ(std::distance(fs::directory_iterator(world_.path("/var/cache/dnf")), fs::directory_iterator()), 1);
}

TEST_F(Refreshing, one_bad_source_does_not_keep_the_others_from_it) {
  subscribed_host();
  offer({.version = "1.1"});
  world_.add("bad", {.name = "bad"});
  world_.publish("bad", {.key = ""});
  world_.subscribe("bad", world_.key_file("tyk"));
  auto const refreshed = world_.manager().refresh({world_.scope("bad"), world_.scope()}, quiet_);
  ASSERT_OK(refreshed);
  ASSERT_EQ(refreshed->size(), 2U);
  for (auto const& source : *refreshed) EXPECT_EQ(source.error.has_value(), source.suite == "bad");
}

TEST_F(Refreshing, an_unchanged_repository_counts_as_refreshed) {
  subscribed_host();
  offer({.version = "1.1"});
  refresh();
  refresh();
}

TEST_F(Refreshing, a_repository_that_nobody_asked_for_is_not_touched) {
  subscribed_host();
  offer({.version = "1.1"});
  world_.subscribe("other", world_.key_file("tyk"));
  auto const refreshed = world_.manager().refresh({world_.scope()}, quiet_);
  ASSERT_OK(refreshed);
  EXPECT_EQ(refreshed->size(), 1U);
}

TEST_F(Refreshing, variables_of_dnf_are_put_into_the_url) {
  subscribed_host();
  offer({.version = "1.1"});
  world_.write("/etc/dnf/vars/tykrepo", "tyk-gateway\n");
  world_.write("/etc/yum.repos.d/tyk-gateway.repo",
               "[tyk]\nname=tyk\nbaseurl=file://" + world_.path("/srv/$tykrepo/") + "\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file://" +
                   world_.key_file("tyk") + "\n");
  refresh();
  EXPECT_EQ(offered(world_), "1.1-1 ");
}

TEST_F(Refreshing, an_older_copy_is_refused_even_if_the_metadata_here_was_removed) {
  subscribed_host();
  offer({.version = "1.1"}, {.dated = Hours{-1}});
  refresh();
  fs::remove_all(world_.paths().metadata);
  world_.publish("tyk-gateway", {.dated = Hours{-2}});
  auto const refreshed = world_.manager().refresh({world_.scope()}, quiet_);
  ASSERT_OK(refreshed);
  ASSERT_TRUE(refreshed->front().error);
  EXPECT_EQ(refreshed->front().error->kind, ErrorKind::RepositoryStale);
}

TEST_F(Refreshing, a_repo_file_that_does_not_parse_is_a_bad_configuration) {
  subscribed_host();
  world_.write("/etc/yum.repos.d/broken.repo", "baseurl=nowhere\n");
  ASSERT_FAILS(world_.manager().refresh({world_.scope()}, quiet_), ErrorKind::BadConfig);
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
