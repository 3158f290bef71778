#include "daemon/core/result.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tykup {
namespace {

constexpr int kKinds = static_cast<int>(ErrorKind::Internal) + 1;

TEST(ErrorKindName, EveryKindHasItsOwnNameAndComesBackFromIt) {
  std::set<std::string_view> names;
  for (int i = 0; i < kKinds; ++i) {
    auto const kind = static_cast<ErrorKind>(i);
    EXPECT_TRUE(names.insert(to_string(kind)).second) << to_string(kind) << " is used twice";
    EXPECT_EQ(error_kind_from(to_string(kind)), kind);
  }
}

TEST(ErrorKindName, IsSnakeCase) {
  for (int i = 0; i < kKinds; ++i) {
    auto const name = to_string(static_cast<ErrorKind>(i));
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << name;
  }
  EXPECT_EQ(to_string(ErrorKind::KeyTooWeak), "key_too_weak");
  EXPECT_EQ(to_string(ErrorKind::NoWayBack), "no_way_back");
}

TEST(ErrorKindName, OfANewerPeerIsInternal) {
  for (std::string_view const unknown : {"", "Bad_Config", "bad_config ", "badconfig", "quantum_decoherence"}) {
    EXPECT_EQ(error_kind_from(unknown), ErrorKind::Internal) << unknown;
  }
}

TEST(WithContext, PutsThePlaceBeforeTheSentenceAndKeepsTheRest) {
  Error const error{ErrorKind::NoSpace, "12 MB are missing", "df says so"};
  EXPECT_EQ(with_context(error, "backup of gateway"),
            (Error{ErrorKind::NoSpace, "backup of gateway: 12 MB are missing", "df says so"}));
}

TEST(Fail, MakesAResultThatHoldsTheError) {
  Result<int> const result = fail(ErrorKind::Busy, "run 7 is at work");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (Error{ErrorKind::Busy, "run 7 is at work", ""}));
}

}  // namespace
}  // namespace tykup
