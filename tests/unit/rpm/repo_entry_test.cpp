#include "pkg/rpm/repo_entry.hpp"

#include <gmock/gmock.h>

namespace tykup::pkg::rpm {
namespace {

std::string const kUrl = "https://packagecloud.io/tyk/tyk-gateway/";

RepoEntry entry() {
  return {"tyk-gateway", "https://packagecloud.io/tyk/tyk-gateway/el/9", {"/etc/pki/tykup/AA.asc", "/etc/pki/tykup/BB.asc"}, true};
}

TEST(RepoText, checks_packages_and_metadata_by_local_keys) {
  EXPECT_EQ(repo_text(entry()),
            "# Written by `tykup subscribe`.\n[tykup-tyk-gateway]\nname=tykup-tyk-gateway\n"
            "baseurl=https://packagecloud.io/tyk/tyk-gateway/el/9/$basearch\nenabled=1\ngpgcheck=1\nrepo_gpgcheck=1\n"
            "gpgkey=file:///etc/pki/tykup/AA.asc\n       file:///etc/pki/tykup/BB.asc\nsslverify=1\nmetadata_expire=300\n"
            "skip_if_unavailable=0\n");
}

TEST(RepoText, packages_are_checked_where_the_metadata_is_not) {
  auto weaker = entry();
  weaker.metadata_signature = false;
  EXPECT_THAT(repo_text(weaker), testing::AllOf(testing::HasSubstr("\ngpgcheck=1\n"), testing::HasSubstr("\nrepo_gpgcheck=0\n")));
}

constexpr char const* kPackagecloud =
    "[tyk_tyk-gateway]\nname=tyk_tyk-gateway\nbaseurl=https://packagecloud.io/tyk/tyk-gateway/el/8/$basearch\nrepo_gpgcheck=1\n"
    "gpgkey=https://packagecloud.io/tyk/tyk-gateway/gpgkey\n\n[tyk_tyk-gateway-source]\n"
    "baseurl=https://packagecloud.io/tyk/tyk-gateway/el/8/SRPMS\n";

TEST(WithoutSection, a_file_of_that_repository_alone_goes) {
  auto const left = without_section("f", kPackagecloud, kUrl);
  ASSERT_TRUE(left) << left.error().message;
  EXPECT_FALSE(left->has_value());
}

TEST(WithoutSection, sections_of_other_repositories_stay_as_they_are) {
  auto const left = without_section("f",
                                    "# mine\n[a]\nbaseurl=https://a/\n[t]\n# note\nname=t\nbaseurl = http://other@packagecloud.io/x\n"
                                    "[tyk]\n# note\nbaseurl=https://u:p@packagecloud.io/tyk/tyk-gateway/el/9/$basearch\n"
                                    "gpgkey=one\n       two\n[b]\nmirrorlist=https://b/\n",
                                    kUrl);
  ASSERT_TRUE(left) << left.error().message;
  EXPECT_EQ(left->value_or("(gone)"),
            "# mine\n[a]\nbaseurl=https://a/\n[t]\n# note\nname=t\nbaseurl = http://other@packagecloud.io/x\n"
            "# replaced by tykup: [tyk]\n# note\n# replaced by tykup: baseurl=https://u:p@packagecloud.io/tyk/tyk-gateway/el/9/$basearch\n"
            "# replaced by tykup: gpgkey=one\n# replaced by tykup:        two\n[b]\nmirrorlist=https://b/\n");
}

struct Bad {
  char const* name;
  char const* text;
};
class NotTakenOut : public testing::TestWithParam<Bad> {};

TEST_P(NotTakenOut, is_said) {
  auto const left = without_section("/etc/yum.repos.d/x.repo", GetParam().text, kUrl);
  ASSERT_FALSE(left);
  EXPECT_EQ(left.error().kind, ErrorKind::NotAllowed);
  EXPECT_THAT(left.error().message, testing::HasSubstr("/etc/yum.repos.d/x.repo"));
}

INSTANTIATE_TEST_SUITE_P(
    table, NotTakenOut,
    testing::Values(Bad{"nothing_of_it", "[a]\nbaseurl=https://a/\n"}, Bad{"an_empty_file", ""},
                    Bad{"a_url_by_variables", "[a]\nbaseurl=https://$host/tyk/tyk-gateway/el/9\n"},
                    Bad{"other_urls_beside_it", "[a]\nbaseurl=https://packagecloud.io/tyk/tyk-gateway/el/9\n  https://mirror/\n"},
                    Bad{"other_urls_after_a_comma", "[a]\nbaseurl=https://mirror/,https://packagecloud.io/tyk/tyk-gateway/el/9\n"},
                    Bad{"a_longer_name", "[a]\nbaseurl=https://packagecloud.io/tyk/tyk-gateway-unstable/el/9\n"},
                    Bad{"a_comment", "[a]\n#baseurl=https://packagecloud.io/tyk/tyk-gateway/el/9\n"}),
    [](auto const& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace tykup::pkg::rpm
