#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/apt/world.hpp"

namespace tykup::pkg::apt::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

struct Bad {
  char const* name;
  ErrorKind kind;
  std::string said;
  std::function<void(World&)> arrange;
  friend void PrintTo(Bad const& bad, std::ostream* out) { *out << bad.name; }
};

void publish_with(World& world, Release const& release) {
  world.add("tyk-gateway", {.version = "1.1"});
  world.publish("tyk-gateway", release);
}

void write_to(std::string const& file, std::string const& text) { std::ofstream(file) << text; }

class BadRepository : public AptTest, public ::testing::WithParamInterface<Bad> {};

TEST_P(BadRepository, is_refused_by_name_and_keeps_what_was_there) {
  subscribed_host();
  offer({.version = "1.0.1"}, {.dated = std::chrono::hours{-48}});
  refresh();
  GetParam().arrange(world_);
  auto const refreshed = world_.manager().refresh({world_.scope()}, quiet_);
  ASSERT_OK(refreshed);
  ASSERT_EQ(refreshed->size(), 1U);
  ASSERT_TRUE(refreshed->front().error);
  auto const& error = *refreshed->front().error;
  EXPECT_EQ(to_string(error.kind), to_string(GetParam().kind)) << error.message << "\n" << error.detail;
  EXPECT_THAT(error.message, HasSubstr(GetParam().said));
  auto const packages = World::run("cat " + world_.path("/var/lib/apt/lists/") + "*_Packages*");
  EXPECT_THAT(packages, HasSubstr("1.0.1"));
  EXPECT_THAT(packages, ::testing::Not(HasSubstr("Version: 1.1\n")));
}

INSTANTIATE_TEST_SUITE_P(
    table, BadRepository,
    ::testing::Values(
        Bad{"gone", ErrorKind::RepositoryUnreachable, "cannot be reached",
            [](World& w) { fs::remove_all(w.repository("tyk-gateway") + "/dists"); }},
        Bad{"unsigned", ErrorKind::RepositoryUnsigned, "not signed", [](World& w) { publish_with(w, {.key = ""}); }},
        Bad{"signed_by_another", ErrorKind::RepositoryWrongKey, "a key that its source entry does not name",
            [](World& w) { publish_with(w, {.key = "mallory"}); }},
        Bad{"sha1_signature", ErrorKind::KeyTooWeak, "too weak", [](World& w) { publish_with(w, {.digest = "SHA1"}); }},
        Bad{"expired", ErrorKind::RepositoryExpired, "expired",
            [](World& w) { publish_with(w, {.valid_for = std::chrono::hours{-1}}); }},
        Bad{"older_than_seen", ErrorKind::RepositoryStale, "older",
            [](World& w) { publish_with(w, {.dated = std::chrono::hours{-72}}); }},
        Bad{"index_differs", ErrorKind::HashMismatch, "differ",
            [](World& w) {
              publish_with(w, {});
              std::ofstream(w.repository("tyk-gateway") + "/dists/bookworm/main/binary-amd64/Packages", std::ios::app) << "\n";
            }},
        Bad{"release_changed_after_signing", ErrorKind::HashMismatch, "differ",
            [](World& w) {
              publish_with(w, {});
              World::run("sed -i 's/^Label: Tyk/Label: Tik/' " + w.repository("tyk-gateway") + "/dists/bookworm/InRelease");
            }},
        Bad{"garbage", ErrorKind::RepositoryUnsigned, "not signed",
            [](World& w) {
              auto const dist = w.repository("tyk-gateway") + "/dists/bookworm";
              fs::remove(dist + "/Release");
              write_to(dist + "/InRelease", "<html>Please log in</html>\n");
            }},
        Bad{"origin_changed", ErrorKind::NotAllowed, "changed its origin",
            [](World& w) { publish_with(w, {.origin = "Elsewhere"}); }}),
    [](auto const& row) { return row.param.name; });

class BadEntry : public AptTest, public ::testing::WithParamInterface<Bad> {};

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

void option(World& world, std::string const& text) { world.write("/etc/apt/apt.conf.d/99bad", text + "\n"); }

INSTANTIATE_TEST_SUITE_P(
    table, BadEntry,
    ::testing::Values(
        Bad{"trusted_yes", ErrorKind::RepositoryUnsigned, "trusted=yes",
            [](World& w) { w.subscribe("tyk-gateway", w.keyring("tyk"), "Trusted: yes\n"); }},
        Bad{"allow_insecure", ErrorKind::RepositoryUnsigned, "allow-insecure=yes",
            [](World& w) { w.subscribe_line("tyk-gateway", "allow-insecure=yes signed-by=" + w.keyring("tyk")); }},
        Bad{"allow_weak", ErrorKind::RepositoryUnsigned, "allow-weak=yes",
            [](World& w) { w.subscribe_line("tyk-gateway", "allow-weak=yes signed-by=" + w.keyring("tyk")); }},
        Bad{"allow_downgrade", ErrorKind::RepositoryUnsigned, "allow-downgrade-to-insecure=yes",
            [](World& w) { w.subscribe_line("tyk-gateway", "allow-downgrade-to-insecure=yes signed-by=" + w.keyring("tyk")); }},
        Bad{"global_keyring", ErrorKind::RepositoryUnsigned, "Signed-By",
            [](World& w) {
              fs::copy(w.keyring("tyk"), w.path("/etc/apt/trusted.gpg.d/tyk.gpg"));
              w.subscribe("tyk-gateway", "");
            }},
        Bad{"keyring_missing", ErrorKind::RepositoryWrongKey, "/nowhere.gpg",
            [](World& w) { w.subscribe("tyk-gateway", "/nowhere.gpg"); }},
        Bad{"keyring_empty", ErrorKind::RepositoryWrongKey, "no OpenPGP key",
            [](World& w) {
              w.write("/etc/apt/keyrings/empty.gpg", "");
              w.subscribe("tyk-gateway", w.path("/etc/apt/keyrings/empty.gpg"));
            }},
        Bad{"conf_insecure", ErrorKind::RepositoryUnsigned, "Acquire::AllowInsecureRepositories",
            [](World& w) { option(w, "Acquire::AllowInsecureRepositories \"true\";"); }},
        Bad{"conf_weak", ErrorKind::RepositoryUnsigned, "Acquire::AllowWeakRepositories",
            [](World& w) { option(w, "Acquire::AllowWeakRepositories \"true\";"); }},
        Bad{"conf_downgrade", ErrorKind::RepositoryUnsigned, "Acquire::AllowDowngradeToInsecureRepositories",
            [](World& w) { option(w, "Acquire::AllowDowngradeToInsecureRepositories \"true\";"); }},
        Bad{"conf_unauthenticated", ErrorKind::RepositoryUnsigned, "APT::Get::AllowUnauthenticated",
            [](World& w) { option(w, "APT::Get::AllowUnauthenticated \"true\";"); }},
        Bad{"conf_no_expiry", ErrorKind::RepositoryUnsigned, "Acquire::Check-Valid-Until",
            [](World& w) { option(w, "Acquire::Check-Valid-Until \"false\";"); }},
        Bad{"conf_no_peer", ErrorKind::RepositoryUnsigned, "Acquire::https::Verify-Peer",
            [](World& w) { option(w, "Acquire::https::Verify-Peer \"false\";"); }},
        Bad{"conf_no_peer_of_host", ErrorKind::RepositoryUnsigned, "Acquire::https::packagecloud.io::Verify-Peer",
            [](World& w) { option(w, "Acquire::https::packagecloud.io::Verify-Peer \"false\";"); }}),
    [](auto const& row) { return row.param.name; });

class Refreshing : public AptTest {};

TEST_F(Refreshing, leaves_other_lists_stamps_and_hooks_alone) {
  subscribed_host();
  offer({.version = "1.1"});
  world_.add("other", {.name = "other"});
  world_.publish("other");
  world_.subscribe("other", world_.keyring("tyk"));
  ASSERT_OK(world_.manager().refresh({world_.scope("other")}, quiet_));
  world_.write("/var/lib/apt/lists/leftover_dists_x_InRelease", "a list of nobody\n");
  auto const sums = "cd " + world_.path("/var/lib/apt/lists") + " && stat -c '%n %Y %s' *other* leftover* && md5sum *other* leftover*";
  auto const before = World::run(sums);
  world_.add("other", {.name = "other", .version = "2.0"});
  world_.publish("other");
  world_.write("/etc/apt/apt.conf.d/50hook", "APT::Update::Post-Invoke-Success {\"touch " + world_.path("/hooked") + "\";};\n");
  refresh();
  EXPECT_EQ(World::run(sums), before);
  EXPECT_FALSE(world_.exists("/hooked"));
  EXPECT_FALSE(world_.exists("/var/lib/apt/periodic/update-success-stamp"));
}

TEST_F(Refreshing, one_bad_source_does_not_keep_the_others_from_it) {
  subscribed_host();
  offer({.version = "1.1"});
  world_.add("bad", {.name = "bad"});
  world_.publish("bad", {.key = ""});
  world_.subscribe("bad", world_.keyring("tyk"));
  auto const refreshed = world_.manager().refresh({world_.scope("bad"), world_.scope()}, quiet_);
  ASSERT_OK(refreshed);
  ASSERT_EQ(refreshed->size(), 2U);
  for (auto const& source : *refreshed) EXPECT_EQ(source.error.has_value(), source.url.find("/bad/") != std::string::npos);
}

TEST_F(Refreshing, an_unchanged_repository_counts_as_refreshed) {
  subscribed_host();
  offer({.version = "1.1"});
  refresh();
  refresh();
}

TEST_F(Refreshing, a_list_lock_held_by_another_is_waited_for_and_named) {
  subscribed_host();
  offer({.version = "1.1"});
  LockHolder const holder(world_.path("/var/lib/apt/lists/lock"));
  auto const refreshed = world_.manager().refresh({world_.scope()}, quiet_);
  ASSERT_FAILS(refreshed, ErrorKind::LockHeld);
  EXPECT_THAT(refreshed.error().message, HasSubstr("(pid " + std::to_string(holder.pid()) + ")"));
}

TEST_F(Refreshing, a_source_list_that_does_not_parse_is_a_bad_configuration) {
  subscribed_host();
  world_.write("/etc/apt/sources.list.d/broken.list", "deb nonsense\n");
  ASSERT_FAILS(world_.manager().refresh({world_.scope()}, quiet_), ErrorKind::BadConfig);
}

}  // namespace
}  // namespace tykup::pkg::apt::test
