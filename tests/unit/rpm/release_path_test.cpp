#include "pkg/rpm/release_path.hpp"

#include <gmock/gmock.h>

namespace tykup::pkg::rpm {
namespace {

struct Row {
  char const* name;
  char const* id;
  char const* like;
  char const* version;
  char const* path;  ///< empty: refused
  bool said = false;
};

class HostsPath : public testing::TestWithParam<Row> {};

TEST_P(HostsPath, in_the_repository) {
  auto const& row = GetParam();
  auto const found = release_path({{"ID", row.id}, {"ID_LIKE", row.like}, {"VERSION_ID", row.version}});
  ASSERT_EQ(found.has_value(), row.path[0] != '\0') << (found ? found->path : found.error().message);
  if (!found) {
    EXPECT_EQ(found.error().kind, ErrorKind::NotAllowed);
    EXPECT_THAT(found.error().message, testing::HasSubstr(row.id));
    return;
  }
  EXPECT_EQ(found->path, row.path);
  EXPECT_EQ(!found->note.empty(), row.said) << found->note;
}

INSTANTIATE_TEST_SUITE_P(
    table, HostsPath,
    testing::Values(Row{"rhel_7", "rhel", "fedora", "7.9", "el/7"}, Row{"rhel_8", "rhel", "fedora", "8.10", "el/8"},
                    Row{"rhel_9_minor", "rhel", "fedora", "9.4", "el/9"}, Row{"rhel_10", "rhel", "fedora", "10.0", "el/9", true},
                    Row{"centos_7", "centos", "rhel fedora", "7", "el/7"}, Row{"centos_stream_9", "centos", "rhel fedora", "9", "el/9"},
                    Row{"centos_stream_10", "centos", "rhel fedora", "10", "el/9", true},
                    Row{"rocky", "rocky", "rhel centos fedora", "9.3", "el/9"},
                    Row{"almalinux", "almalinux", "rhel centos fedora", "8.9", "el/8"}, Row{"oracle", "ol", "fedora", "9.4", "el/9"},
                    Row{"a_relative_by_id_like", "eurolinux", "rhel fedora centos", "9.2", "el/9"},
                    Row{"a_release_to_come", "rhel", "fedora", "11", "el/9", true}, Row{"amazon_2", "amzn", "centos rhel fedora", "2", "amazon/2"},
                    Row{"amazon_2023", "amzn", "fedora", "2023", "amazon/2023"},
                    Row{"amazon_2018_is_older_than_the_packages", "amzn", "rhel fedora", "2018.03", ""},
                    Row{"amazon_to_come_is_no_el", "amzn", "centos rhel fedora", "2027", ""}, Row{"fedora", "fedora", "", "41", ""},
                    Row{"a_relative_of_fedora_alone", "nobara", "fedora", "41", ""}, Row{"el_6", "centos", "rhel fedora", "6.10", ""},
                    Row{"suse", "sles", "suse", "15.5", ""}, Row{"debian", "debian", "", "12", ""},
                    Row{"a_word_that_only_contains_rhel", "x", "notrhel", "9", ""}, Row{"no_version", "rhel", "fedora", "", ""},
                    Row{"a_version_that_is_none", "rhel", "fedora", "nine", ""}, Row{"a_version_with_text", "rhel", "fedora", "9beta", ""},
                    Row{"a_negative_version", "rhel", "fedora", "-9", ""}, Row{"nothing_at_all", "", "", "", ""}),
    [](auto const& test) { return std::string(test.param.name); });

TEST(HostsPath, fedora_is_told_what_to_do) {
  EXPECT_THAT(release_path({{"ID", "fedora"}, {"VERSION_ID", "41"}}).error().message, testing::HasSubstr("EL host"));
}

TEST(Architecture, is_one_that_packages_are_built_for) {
  for (auto const* known : {"x86_64", "aarch64", "s390x"}) EXPECT_TRUE(check_architecture(known)) << known;
  for (auto const* other : {"", "i386", "i686", "armv7l", "ppc64le", "amd64", "noarch"}) EXPECT_FALSE(check_architecture(other)) << other;
}

}  // namespace
}  // namespace tykup::pkg::rpm
