#include "daemon/wire/fleet_saying.hpp"

#include <gtest/gtest.h>

#include "tests/unit/steer/boards.hpp"

namespace tykup::wire {
namespace {

namespace say = fleet::say;

std::vector<fleet::Saying> all_sayings() {
  fleet::Wanted const wanted{{{"gateway", "5.8.15"}}, {"gateway"}, {"eu-a"}, true};
  auto const policy = fleet::test::policy();
  return {say::Init{policy}, say::SetPolicy{policy}, say::Start{wanted, "hash"}, say::Rollback{wanted, ""}, say::Pause{}, say::Resume{true},
          say::Abort{}, say::Promote{}, say::Exclude{"eu-a", true}, say::Retry{"eu-a"}, say::Forget{"eu-a"}, say::ReleaseSlot{"eu-a"},
          say::Freeze{fleet::test::at(60)}, say::Unfreeze{}};
}

TEST(FleetSaying, every_word_comes_back_as_it_was_said) {
  ASSERT_EQ(all_sayings().size(), std::variant_size_v<fleet::Saying>);
  for (auto const& saying : all_sayings()) {
    auto const heard = parse_said(said_text({saying, "because"}));
    ASSERT_TRUE(heard) << heard.error().message;
    EXPECT_EQ(heard->saying, saying) << fleet::name_of(saying);
    EXPECT_EQ(heard->why, "because");
  }
}

class Mumbling : public testing::TestWithParam<std::pair<char const*, char const*>> {};
TEST_P(Mumbling, is_refused_with_its_place) {
  auto const heard = parse_said(GetParam().first);
  ASSERT_FALSE(heard);
  EXPECT_NE(heard.error().message.find(GetParam().second), std::string::npos) << heard.error().message;
}
INSTANTIATE_TEST_SUITE_P(Words, Mumbling, testing::Values(
    std::pair{"", "no JSON object"}, std::pair{"[]", "no JSON object"}, std::pair{"{}", "another schema"},
    std::pair{R"({"schema":2,"verb":"pause","why":"","what":{}})", "another schema"},
    std::pair{R"({"schema":1,"verb":"pause","what":{}})", "exactly the fields"},
    std::pair{R"({"schema":1,"verb":"pause","why":"","what":{},"more":1})", "exactly the fields"},
    std::pair{R"({"schema":1,"verb":7,"why":"","what":{}})", "exactly the fields"},
    std::pair{R"({"schema":1,"verb":"pause","why":null,"what":{}})", "exactly the fields"},
    std::pair{R"({"schema":1,"verb":"restart","why":"","what":{}})", "there is no word \"restart\""},
    std::pair{R"({"schema":1,"verb":"pause","why":"","what":[]})", "what is not an object"},
    std::pair{R"({"schema":1,"verb":"pause","why":"","what":{"now":true}})", "does not know"},
    std::pair{R"({"schema":1,"verb":"exclude","why":"","what":{"host":"a"}})", "\"stopped\" is missing"},
    std::pair{R"({"schema":1,"verb":"exclude","why":"","what":{"host":"","stopped":false}})", "no host is named"},
    std::pair{R"({"schema":1,"verb":"retry","why":"","what":{"host":7}})", "what.host is not a text"},
    std::pair{R"({"schema":1,"verb":"freeze","why":"","what":{}})", "\"until\" is missing"},
    std::pair{R"({"schema":1,"verb":"freeze","why":"","what":{"until":"tomorrow"}})", "what.until"},
    std::pair{R"({"schema":1,"verb":"init","why":"","what":{}})", "\"policy\" is missing"}));

TEST(FleetSaying, a_policy_that_is_none_and_a_reason_without_end_are_refused) {
  auto bad = fleet::test::policy();
  bad.max_failed = 0;
  EXPECT_FALSE(parse_said(said_text({say::SetPolicy{bad}, ""})));
  EXPECT_FALSE(parse_said(said_text({say::Pause{}, std::string(401, 'x')})));
}

}  // namespace
}  // namespace tykup::wire
