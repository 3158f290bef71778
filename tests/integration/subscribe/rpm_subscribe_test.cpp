#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "pkg/common/keyring.hpp"
#include "pkg/executor/subscribing.hpp"
#include "pkg/rpm/rpm_subscriptions.hpp"
#include "tests/integration/rpm/world.hpp"

namespace tykup::executor {
namespace {

using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

constexpr char const* kOwn = "/etc/yum.repos.d/tykup-tyk-gateway.repo";
constexpr char const* kPackagecloud = "/etc/yum.repos.d/tyk_tyk-gateway.repo";
constexpr char const* kPackagecloudText =
    "[tyk_tyk-gateway]\nname=tyk\nbaseurl=https://packagecloud.io/tyk/tyk-gateway/el/9/$basearch\nrepo_gpgcheck=1\ngpgcheck=1\nenabled=1\n"
    "gpgkey=https://packagecloud.io/tyk/tyk-gateway/gpgkey\n";

/// `tykup subscribe` on a throw-away rpm host; keys are files, the operator's answers are the test's.
struct Subscribe : testing::Test {
  Subscribe() {
    world.write("/etc/os-release", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n");
    for (auto const& component : tyk_components())
      if (component.name == "gateway") config.components.push_back(component);
    paths.root = world.path("");
    request.key = world.key_file("tyk");
    request.package_key = world.key_file("packages");
    request.fingerprint = print_of(request.key);
    request.package_fingerprint = print_of(request.package_key);
    keys_before = keys_there();
  }
  static std::string print_of(std::string const& file) { return pkg::read_key(file)->fingerprint; }

  Result<std::vector<executor::Subscribed>> subscribe() {
    out.str({});
    auto const sources = pkg::rpm::subscriptions_of(world.paths());
    auto const ask = [this](std::string const&) {
      ++questions;
      return answer;
    };
    return executor::subscribe(*sources, paths, config, request, {out, ask});
  }
  [[nodiscard]] std::string key_path(std::string const& file) const { return "/etc/pki/tykup/" + print_of(file) + ".asc"; }
  [[nodiscard]] unsigned mode_of(std::string const& inside) const {
    struct stat info {};
    return stat(world.path(inside).c_str(), &info) == 0 ? info.st_mode & 07777U : 0U;
  }
  void nothing_is_written() const {
    EXPECT_FALSE(world.exists(kOwn));
    EXPECT_EQ(keys_there(), keys_before);
  }
  [[nodiscard]] std::set<std::string> keys_there() const {
    std::set<std::string> names;
    for (auto const& file : fs::directory_iterator(world.path("/etc/pki/tykup"))) names.insert(file.path().filename().string());
    return names;
  }

  pkg::rpm::test::World world;
  Config config;
  Paths paths;
  SubscribeRequest request;
  std::optional<std::string> answer;
  unsigned questions = 0;
  std::set<std::string> keys_before;
  std::ostringstream out;
};

TEST_F(Subscribe, one_section_and_two_keys_named_after_their_fingerprints) {
  auto const done = subscribe();
  ASSERT_TRUE(done) << done.error().message;
  auto const text = world.read(kOwn);
  EXPECT_THAT(text, HasSubstr("[tykup-tyk-gateway]\n"));
  EXPECT_THAT(text, HasSubstr("\nbaseurl=https://packagecloud.io/tyk/tyk-gateway/el/9/$basearch\n"));
  EXPECT_THAT(text, HasSubstr("\ngpgcheck=1\nrepo_gpgcheck=1\n"));
  EXPECT_EQ(mode_of(kOwn), 0644U);
  for (auto const& key : {request.key, request.package_key}) {
    EXPECT_THAT(text, HasSubstr("file://" + key_path(key) + "\n"));
    EXPECT_EQ(print_of(world.path(key_path(key))), print_of(key));
    EXPECT_EQ(mode_of(key_path(key)), 0644U);
    EXPECT_THAT(world.read(key_path(key)), testing::StartsWith("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n"));
  }
  EXPECT_EQ(questions, 0U);
  ASSERT_EQ(done->size(), 1U);
  auto const& told = done->front();
  EXPECT_EQ(told.component + " " + told.url, "gateway https://packagecloud.io/tyk/tyk-gateway");
  EXPECT_EQ(told.file, world.path(kOwn));
  EXPECT_FALSE(told.reused);
  EXPECT_THAT(told.fingerprints, testing::ElementsAre(request.fingerprint, request.package_fingerprint));
  auto const again = subscribe();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->front().reused);
  EXPECT_THAT(out.str(), HasSubstr("reused"));
  EXPECT_EQ(world.read(kOwn), text);
}

TEST_F(Subscribe, the_keys_armor_is_what_gpg_and_rpm_read) {
  ASSERT_TRUE(subscribe());
  EXPECT_THAT(world.rpm("--import " + world.path(key_path(request.package_key)) + " && echo imported"), HasSubstr("imported"));
}

TEST_F(Subscribe, a_key_is_confirmed_by_its_whole_fingerprint_or_on_the_terminal) {
  request.fingerprint = request.package_fingerprint = {};
  auto refused = subscribe();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::NotAllowed);
  EXPECT_THAT(refused.error().message, HasSubstr("--fingerprint"));
  answer = "y";
  refused = subscribe();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("not confirmed"));
  nothing_is_written();
  answer = "yes";
  questions = 0;
  ASSERT_TRUE(subscribe());
  EXPECT_EQ(questions, 2U);
}

TEST_F(Subscribe, another_package_key_than_the_expected_is_refused) {
  request.package_fingerprint = request.fingerprint;
  auto const refused = subscribe();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::RepositoryWrongKey);
  nothing_is_written();
}

TEST_F(Subscribe, packageclouds_own_entry_is_in_the_way_until_it_is_replaced) {
  world.write(kPackagecloud, std::string(kPackagecloudText) + "[other]\nname=o\nbaseurl=https://other/\n");
  auto const refused = subscribe();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, testing::AllOf(HasSubstr(kPackagecloud), HasSubstr("--replace")));
  nothing_is_written();
  request.replace = true;
  auto const done = subscribe();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(world.read(std::string(kPackagecloud) + ".save").rfind(kPackagecloudText, 0), 0U);
  EXPECT_THAT(world.read(kPackagecloud), testing::AllOf(HasSubstr("# replaced by tykup: [tyk_tyk-gateway]"), HasSubstr("\n[other]\n")));
  request.replace = false;
  ASSERT_TRUE(subscribe());
  EXPECT_THAT(out.str(), HasSubstr("reused"));
}

TEST_F(Subscribe, an_entry_of_that_repository_alone_goes_with_its_file) {
  world.write(kPackagecloud, kPackagecloudText);
  request.replace = true;
  ASSERT_TRUE(subscribe());
  EXPECT_FALSE(world.exists(kPackagecloud));
  EXPECT_TRUE(world.exists(std::string(kPackagecloud) + ".save"));
}

TEST_F(Subscribe, sources_that_dnf_cannot_read_are_left_alone) {
  world.write("/etc/yum.repos.d/broken.repo", "[broken\nbaseurl=https://x/\n");
  ASSERT_FALSE(subscribe());
  nothing_is_written();
}

TEST_F(Subscribe, without_the_metadatas_signature_only_the_packages_key_is_asked_for) {
  request.key = "/no/such/key";
  request.metadata_signature = false;
  auto const done = subscribe();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(world.read(kOwn), testing::AllOf(HasSubstr("\ngpgcheck=1\nrepo_gpgcheck=0\n"), Not(HasSubstr("=file:///etc/pki/tykup/.asc"))));
  EXPECT_THAT(out.str(), HasSubstr("metadata_signature = \"waived\""));
  ASSERT_TRUE(subscribe());
  EXPECT_THAT(out.str(), HasSubstr("reused"));
}

TEST_F(Subscribe, our_own_entry_follows_what_is_asked_for) {
  ASSERT_TRUE(subscribe());
  request.metadata_signature = false;
  ASSERT_TRUE(subscribe());
  EXPECT_THAT(world.read(kOwn), HasSubstr("repo_gpgcheck=0"));
  request.metadata_signature = true;
  ASSERT_TRUE(subscribe());
  EXPECT_THAT(world.read(kOwn), HasSubstr("repo_gpgcheck=1"));
}

TEST_F(Subscribe, a_release_without_packages_of_its_own_is_said) {
  world.write("/etc/os-release", "ID=rhel\nVERSION_ID=10.0\n");
  ASSERT_TRUE(subscribe());
  EXPECT_THAT(out.str(), HasSubstr("those of el/9 are taken"));
  EXPECT_THAT(world.read(kOwn), HasSubstr("/el/9/$basearch"));
}

TEST_F(Subscribe, a_host_without_packages_is_refused) {
  world.write("/etc/os-release", "ID=fedora\nVERSION_ID=41\n");
  ASSERT_FALSE(subscribe());
  nothing_is_written();
}

TEST_F(Subscribe, what_tykup_then_thinks_of_the_entry_is_good) {
  ASSERT_TRUE(subscribe());
  auto const sources = pkg::rpm::subscriptions_of(world.paths());
  auto const entries = sources->entries("https://packagecloud.io/tyk/tyk-gateway/", true);
  ASSERT_TRUE(entries) << entries.error().message;
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(entries->front().problem, "");
  EXPECT_EQ(entries->front().weakness, "");
  EXPECT_EQ(entries->front().key_fingerprint, request.fingerprint);
}

/// A package manager that cannot read what was written.
struct Unreadable final : pkg::Subscriptions {
  explicit Unreadable(pkg::Subscriptions& other) : of(other) {}
  std::string entry_file(std::string const& repository) const override { return of.entry_file(repository); }
  Result<std::vector<pkg::KeyNeed>> keys(std::string const& url, bool signature) const override { return of.keys(url, signature); }
  Result<std::vector<Subscription>> entries(std::string const& prefix, bool signature) override { return of.entries(prefix, signature); }
  Result<void> fetch(std::string const& url, std::string const& file) override { return of.fetch(url, file); }
  Result<std::optional<std::string>> without(std::string const& file, std::string const& text, std::string const& prefix) const override {
    return of.without(file, text, prefix);
  }
  Result<pkg::Entry> write(pkg::Draft const& draft) override { return of.write(draft); }
  Result<void> check() override { return fail(ErrorKind::BadConfig, "line 3 is not understood"); }
  pkg::Subscriptions& of;
};

TEST_F(Subscribe, what_cannot_be_read_afterwards_is_taken_back) {
  world.write(kPackagecloud, kPackagecloudText);
  request.replace = true;
  auto const sources = pkg::rpm::subscriptions_of(world.paths());
  Unreadable unreadable(*sources);
  auto const done = executor::subscribe(unreadable, paths, config, request, {out, [](auto const&) { return std::nullopt; }});
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, testing::AllOf(HasSubstr("taken back"), HasSubstr("line 3")));
  EXPECT_EQ(world.read(kPackagecloud), kPackagecloudText);
  EXPECT_FALSE(world.exists(std::string(kPackagecloud) + ".save"));
  nothing_is_written();
}

}  // namespace
}  // namespace tykup::executor
