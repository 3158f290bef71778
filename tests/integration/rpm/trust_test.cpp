#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "pkg/common/keyring.hpp"
#include "pkg/rpm/subscriptions.hpp"
#include "tests/integration/rpm/web_server.hpp"
#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr char const* kBoth = "gpgcheck=1\nrepo_gpgcheck=1\n";
constexpr char const* kUnsigned = "gpgcheck=1\nrepo_gpgcheck=0\n";

class Trusting : public RpmTest {
 protected:
  std::optional<Error> refreshed(Scope const& scope) {
    auto const result = world_.manager().refresh({scope}, quiet_);
    EXPECT_TRUE(result.has_value()) << result.error().message;
    if (!result || result->size() != 1) return Error{ErrorKind::Internal, "not one source"};
    return result->front().error;
  }
  std::optional<Error> refreshed() { return refreshed(world_.scope()); }
  Inventory inspect(Scope const& scope) {
    auto inventory = world_.manager().inspect(scope);
    EXPECT_TRUE(inventory.has_value()) << inventory.error().message;
    return inventory.value_or(Inventory{});
  }
  Inventory inspect() { return inspect(world_.scope()); }
  Result<job::Downloaded> keep(PackagePin const& pin) { return world_.manager().keep(world_.scope(), {pin}, quiet_); }
  Scope waived() {
    auto scope = world_.scope();
    scope.unsigned_metadata = true;
    return scope;
  }
  /// The key's file under its fingerprint, as a subscription writes it.
  std::string pinned(std::string const& key) {
    auto const plain = world_.key_file(key);
    auto const keys = keys_in(plain);
    EXPECT_TRUE(keys.has_value());
    auto const file = world_.path("/etc/pki/tykup/" + keys->front().fingerprint + ".asc");
    fs::copy_file(plain, file, fs::copy_options::overwrite_existing);
    return file;
  }
};

TEST_F(Trusting, a_server_that_swapped_its_key_and_signed_everything_anew_is_refused) {
  subscribed_host();
  auto const before = offer({.version = "1.1"});
  refresh();
  fs::remove_all(world_.repository("tyk-gateway"));
  auto const forged = offer({.version = "1.2", .key = "mallory"}, {.key = "mallory"});
  fs::copy(world_.key_file("mallory"), world_.repository("tyk-gateway") + "/gpgkey");
  auto const error = refreshed();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::RepositoryWrongKey);
  ASSERT_FAILS(keep(forged), ErrorKind::UnknownVersion);
  ASSERT_EQ(inspect().candidates.size(), 1U);
  EXPECT_EQ(inspect().candidates[0].sha256, before.sha256);
}

TEST_F(Trusting, a_key_file_that_was_replaced_is_noticed_by_its_name) {
  subscribed_host();
  auto const file = pinned("tyk");
  world_.subscribe("tyk-gateway", file);
  auto const pin = offer({.version = "1.1"});
  refresh();
  fs::copy_file(world_.key_file("mallory"), file, fs::copy_options::overwrite_existing);
  world_.publish("tyk-gateway", {.key = "mallory"});
  auto const error = refreshed();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::RepositoryWrongKey);
  EXPECT_THAT(inspect().subscription.problem, HasSubstr("replaced"));
  EXPECT_THAT(inspect().candidates, IsEmpty());
  ASSERT_FAILS(keep(pin), ErrorKind::RepositoryWrongKey);
}

TEST_F(Trusting, metadata_that_an_earlier_key_signed_is_worth_nothing_once_the_entry_names_another) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  world_.subscribe("tyk-gateway", world_.key_file("successor"));
  EXPECT_THAT(inspect().subscription.problem, HasSubstr("a key that its source entry does not name"));
  EXPECT_THAT(inspect().candidates, IsEmpty());
  ASSERT_FAILS(keep(pin), ErrorKind::RepositoryWrongKey);
}

TEST_F(Trusting, a_key_file_with_a_second_key_in_it_is_not_the_pinned_one) {
  subscribed_host();
  auto const file = pinned("tyk");
  world_.subscribe("tyk-gateway", file);
  offer({.version = "1.1"});
  refresh();
  std::ofstream(file, std::ios::app) << std::ifstream(world_.key_file("mallory")).rdbuf();
  EXPECT_THAT(inspect().subscription.problem, HasSubstr("somebody replaced it"));
}

TEST_F(Trusting, a_change_of_keys_goes_by_an_entry_that_names_both) {
  subscribed_host();
  world_.subscribe("tyk-gateway", pinned("tyk") + "\n       file://" + pinned("successor"));
  auto const pin = offer({.version = "1.1", .key = "successor"}, {.key = "tyk"});
  ASSERT_FALSE(refreshed());
  ASSERT_OK(keep(pin));
  EXPECT_EQ(inspect().subscription.key_fingerprint, keys_in(world_.key_file("tyk"))->front().fingerprint);
}

TEST_F(Trusting, keys_of_the_host_and_of_the_rpm_database_are_not_the_entrys) {
  subscribed_host();
  fs::create_directories(world_.path("/etc/pki/rpm-gpg"));
  fs::copy(world_.key_file("mallory"), world_.path("/etc/pki/rpm-gpg/RPM-GPG-KEY-mallory"));
  world_.rpm("--import " + world_.key_file("mallory"));
  auto const pin = offer({.version = "1.1", .key = "mallory"});
  refresh();
  auto const kept = keep(pin);
  ASSERT_FAILS(kept, ErrorKind::RepositoryWrongKey);
  EXPECT_THAT(kept.error().message, HasSubstr("tyk-gateway 1.1-1"));
  world_.publish("tyk-gateway", {.key = "mallory"});
  auto const error = refreshed();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::RepositoryWrongKey);
}

TEST_F(Trusting, no_operation_adds_a_key_to_the_rpm_database) {
  subscribed_host();
  auto const before = world_.rpm("-qa 'gpg-pubkey*'");
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  EXPECT_EQ(world_.rpm("-qa 'gpg-pubkey*'"), before);
}

TEST_F(Trusting, a_key_by_url_is_never_fetched) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  WebServer const server(world_);
  auto const url = "http://" + server.address();
  // The server does note what is fetched.
  ASSERT_FALSE(fetch_file(world_.paths(), url + "/control", world_.path("/control")));
  auto const before = server.asked();
  ASSERT_THAT(before, HasSubstr("/control"));
  world_.subscribe("tyk-gateway", "", std::string(kBoth) + "gpgkey=" + url + "/gpgkey\n");
  EXPECT_TRUE(refreshed());
  EXPECT_THAT(inspect().subscription.problem, HasSubstr("tykup subscribe"));
  ASSERT_FAILS(keep(pin), ErrorKind::RepositoryWrongKey);
  EXPECT_EQ(server.asked(), before);
}

TEST_F(Trusting, plain_http_without_a_signature_of_the_metadata_is_refused_even_if_waived) {
  world_.install({});
  world_.write("/etc/yum.repos.d/tyk-gateway.repo", "[tyk]\nname=t\nbaseurl=http://127.0.0.1:9/tyk/\ngpgkey=file://" +
                                                        world_.key_file("tyk") + "\n" + kUnsigned);
  auto scope = waived();
  scope.url_prefix = "http://127.0.0.1:9/tyk/";
  auto const error = refreshed(scope);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::RepositoryUnsigned);
  EXPECT_THAT(error->message, HasSubstr("https"));
}

TEST_F(Trusting, unsigned_metadata_is_taken_on_the_operators_word_and_its_weakness_is_said) {
  subscribed_host();
  world_.subscribe("tyk-gateway", world_.key_file("tyk"), kUnsigned);
  auto const pin = offer({.version = "1.1"}, {.key = ""});
  auto const strict = refreshed();
  ASSERT_TRUE(strict);
  EXPECT_EQ(strict->kind, ErrorKind::RepositoryUnsigned);
  EXPECT_EQ(inspect().subscription.weakness, "");
  auto const error = refreshed(waived());
  ASSERT_FALSE(error) << error->message;
  auto const inventory = inspect(waived());
  EXPECT_EQ(inventory.candidates.size(), 1U);
  EXPECT_EQ(inventory.subscription.problem, "");
  EXPECT_THAT(inventory.subscription.weakness, HasSubstr("repo_gpgcheck=0"));
  ASSERT_OK(world_.manager().keep(waived(), {pin}, quiet_));
  EXPECT_THAT(inspect().candidates, IsEmpty());
}

TEST_F(Trusting, the_waiver_is_of_metadata_not_of_packages) {
  subscribed_host();
  world_.subscribe("tyk-gateway", world_.key_file("tyk"), kUnsigned);
  auto const unsigned_pin = offer({.version = "1.1", .key = ""}, {.key = ""});
  auto const foreign_pin = offer({.version = "1.2", .key = "mallory"}, {.key = ""});
  ASSERT_FALSE(refreshed(waived()));
  ASSERT_FAILS(world_.manager().keep(waived(), {unsigned_pin}, quiet_), ErrorKind::RepositoryUnsigned);
  ASSERT_FAILS(world_.manager().keep(waived(), {foreign_pin}, quiet_), ErrorKind::RepositoryWrongKey);
}

TEST_F(Trusting, the_waiver_switches_off_no_check_that_the_entry_asks_for) {
  subscribed_host();
  offer({.version = "1.1"}, {.key = "mallory"});
  auto const error = refreshed(waived());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::RepositoryWrongKey);
}

TEST_F(Trusting, an_unsigned_package_in_signed_metadata_is_refused_by_name_and_not_kept) {
  subscribed_host();
  auto const pin = offer({.version = "1.1", .key = ""});
  refresh();
  auto const kept = keep(pin);
  ASSERT_FAILS(kept, ErrorKind::RepositoryUnsigned);
  EXPECT_THAT(kept.error().message, HasSubstr("tyk-gateway 1.1-1"));
  EXPECT_FALSE(fs::exists(world_.kept_file(pin)));
}

TEST_F(Trusting, a_key_that_sha1_alone_binds_is_refused_only_where_the_hosts_policy_does) {
  world_.install({});
  auto const keys = world_.path("/sha1");
  fs::create_directories(keys);
  fs::permissions(keys, fs::perms{0700});
  auto const gpg = "gpg --homedir " + keys + " --batch -q --yes --cert-digest-algo SHA1 --digest-algo SHA512 ";
  ASSERT_EQ(world_.run_at_home(gpg + "--passphrase '' --quick-gen-key sha1@example.org rsa2048 sign 2y 2>/dev/null"), "");
  auto const file = world_.path("/etc/pki/tykup/sha1.asc");
  ASSERT_EQ(world_.run_at_home(gpg + "--armor --export sha1@example.org > " + file), "");
  world_.subscribe("tyk-gateway", file);
  offer({.version = "1.1"}, {.key = ""});
  auto const repomd = world_.repository("tyk-gateway") + "/repodata/repomd.xml";
  ASSERT_EQ(world_.run_at_home(gpg + "--armor --detach-sign " + repomd + " 2>/dev/null"), "");
  EXPECT_FALSE(refreshed());
  world_.write("/etc/crypto-policies/state/CURRENT.pol", "hash = SHA2-256 SHA2-512\nsign = ECDSA-SHA2-256 RSA-SHA2-512\n");
  auto error = refreshed();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::KeyTooWeak) << error->message;
  // Beside a good key it is passed over, and what it signed is refused.
  world_.subscribe("tyk-gateway", file + "\n       file://" + world_.key_file("tyk"));
  error = refreshed();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::KeyTooWeak) << error->message;
  world_.write("/etc/crypto-policies/state/CURRENT.pol", "sign = ECDSA-SHA2-256 RSA-SHA2-512 RSA-SHA1\n");
  EXPECT_FALSE(refreshed());
  EXPECT_EQ(world_.run_at_home("gpgconf --homedir " + keys + " --kill gpg-agent"), "");
}

TEST_F(Trusting, an_expired_key_is_named_with_its_day) {
  world_.install({});
  auto const keys = world_.path("/old");
  fs::create_directories(keys);
  fs::permissions(keys, fs::perms{0700});
  auto const gpg = "gpg --homedir " + keys + " --batch -q --faked-system-time 20200101T000000! ";
  ASSERT_EQ(world_.run_at_home(gpg + "--passphrase '' --quick-gen-key old@example.org rsa2048 sign 1y 2>/dev/null"), "");
  auto const file = world_.path("/etc/pki/tykup/old.asc");
  ASSERT_EQ(world_.run_at_home(gpg + "--armor --export old@example.org > " + file + " 2>/dev/null"), "");
  EXPECT_EQ(world_.run_at_home("gpgconf --homedir " + keys + " --kill gpg-agent"), "");
  world_.subscribe("tyk-gateway", file);
  offer({.version = "1.1"});
  auto const error = refreshed();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::RepositoryExpired) << error->message;
  EXPECT_THAT(error->message, HasSubstr("expired at 2020-12-31"));
  EXPECT_TRUE(inspect().subscription.key_expires);
}

TEST_F(Trusting, existing_entries_are_judged_and_urls_are_fetched_as_dnf_would) {
  subscribed_host();
  offer({.version = "1.1"});
  auto const prefix = "file://" + world_.repository("tyk-gateway");
  auto const good = existing_entries(world_.paths(), prefix);
  ASSERT_OK(good);
  ASSERT_EQ(good->size(), 1U);
  EXPECT_EQ(good->front().problem, "");
  world_.subscribe("tyk-gateway", world_.key_file("tyk"), "gpgcheck=0\n");
  auto const bad = existing_entries(world_.paths(), prefix);
  ASSERT_OK(bad);
  EXPECT_THAT(bad->front().problem, HasSubstr("gpgcheck=0"));
  world_.subscribe("tyk-gateway", world_.key_file("tyk"), std::string(kBoth) + "enabled=0\n");
  EXPECT_THAT(existing_entries(world_.paths(), prefix)->front().problem, HasSubstr("disabled"));
  ASSERT_OK(fetch_file(world_.paths(), prefix + "/repodata/repomd.xml", world_.path("/fetched")));
  EXPECT_EQ(world_.read("/fetched"), world_.read("/srv/tyk-gateway/repodata/repomd.xml"));
  ASSERT_FAILS(fetch_file(world_.paths(), prefix + "/nothing", world_.path("/fetched")), ErrorKind::RepositoryUnreachable);
}

TEST_F(Trusting, repo_files_that_dnf_cannot_read_are_named) {
  subscribed_host();
  ASSERT_OK(check_source_lists(world_.paths()));
  world_.write("/etc/yum.repos.d/broken.repo", "baseurl=nowhere\n");
  auto const broken = check_source_lists(world_.paths());
  ASSERT_FAILS(broken, ErrorKind::BadConfig);
  EXPECT_THAT(broken.error().message, HasSubstr("/etc/yum.repos.d/broken.repo"));
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
