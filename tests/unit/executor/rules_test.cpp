#include <gtest/gtest.h>

#include "pkg/executor/scope.hpp"

namespace tykup::executor {
namespace {

using Direction = job::Apply::Direction;

pkg::Inventory host(std::string const& installed) {
  pkg::Inventory out;
  out.installed = {{"p", installed, "amd64"}};
  out.candidates = {{"p", "2", "two", "r", 1}};
  out.kept = {{"p", "1", "one"}, {"p", "2", "kept"}};
  return out;
}

StepRecord record_of(std::string const& version) {
  StepRecord record;
  record.packages = {{"p", version, "amd64"}};
  return record;
}

struct Row {
  char const* name;
  char const* installed;
  Direction direction;
  PackagePin pin;
  bool by_root;
  std::optional<ErrorKind> refused;
};

class ApplyRules : public testing::TestWithParam<Row> {};

TEST_P(ApplyRules, hold) {
  auto const& row = GetParam();
  auto const record = record_of("1");
  auto const verdict = allow_apply({{"r", "c"}, row.direction, {row.pin}}, host(row.installed),
                                   {PackageFormat::Deb, row.by_root, &record});
  EXPECT_EQ(verdict.has_value(), !row.refused.has_value());
  if (!verdict && row.refused) {
    EXPECT_EQ(verdict.error().kind, *row.refused);
  }
}

INSTANTIATE_TEST_SUITE_P(
    table, ApplyRules,
    testing::Values(Row{"upgrade", "1", Direction::Upgrade, {"p", "2", "two"}, false, {}},
                    Row{"upgrade_from_the_archive", "1", Direction::Upgrade, {"p", "2", "kept"}, false, {}},
                    Row{"reinstall", "2", Direction::Reinstall, {"p", "2", "two"}, false, {}},
                    Row{"rollback_of_the_step", "2", Direction::Rollback, {"p", "1", "one"}, false, {}},
                    Row{"unsigned_digest", "1", Direction::Upgrade, {"p", "2", "other"}, false, ErrorKind::UnknownVersion},
                    Row{"no_digest", "1", Direction::Upgrade, {"p", "2", ""}, true, ErrorKind::UnknownVersion},
                    Row{"unknown_version", "1", Direction::Upgrade, {"p", "3", "two"}, false, ErrorKind::UnknownVersion},
                    Row{"downgrade", "2", Direction::Upgrade, {"p", "1", "one"}, false, ErrorKind::NotAllowed},
                    Row{"downgrade_as_reinstall", "2", Direction::Reinstall, {"p", "1", "one"}, false, ErrorKind::NotAllowed},
                    Row{"downgrade_by_root", "2", Direction::Upgrade, {"p", "1", "one"}, true, {}},
                    Row{"rollback_to_another_version", "3", Direction::Rollback, {"p", "2", "two"}, false, ErrorKind::NotAllowed}),
    [](auto const& test) { return std::string(test.param.name); });

TEST(ApplyRules, a_step_without_a_record_has_no_rollback) {
  auto const verdict = allow_apply({{"r", "c"}, Direction::Rollback, {{"p", "1", "one"}}}, host("2"), {});
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().kind, ErrorKind::NotAllowed);
}

TEST(Scope, of_a_component_bears_the_operators_word_on_metadata_and_no_other) {
  Config config;
  EXPECT_FALSE(scope_of(tyk_components().front(), config).unsigned_metadata);
  config.repository.metadata_signature = MetadataSignature::Waived;
  EXPECT_TRUE(scope_of(tyk_components().front(), config).unsigned_metadata);
}

}  // namespace
}  // namespace tykup::executor
