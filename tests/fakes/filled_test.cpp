#include "tests/fakes/filled.hpp"

#include <gtest/gtest.h>

namespace tykup::fakes {
namespace {

enum class Colour { Red, Green };
struct Leaf {
  std::string text = {};
  int number = 0;
};
struct Tree {
  bool flag = false;
  Colour colour = Colour::Red;
  std::optional<Leaf> maybe = {};
  std::vector<Leaf> leaves = {};
  std::map<std::string, std::string> words = {};
  std::chrono::microseconds length = {};
  std::chrono::sys_time<std::chrono::microseconds> at = {};
};

TEST(FilledTest, every_field_holds_something) {
  auto const tree = filled<Tree>();
  EXPECT_TRUE(tree.flag);
  EXPECT_EQ(tree.colour, Colour::Green);
  ASSERT_TRUE(tree.maybe);
  EXPECT_FALSE(tree.maybe->text.empty());
  ASSERT_EQ(tree.leaves.size(), 2U);
  EXPECT_NE(tree.leaves[0].text, tree.leaves[1].text);
  EXPECT_EQ(tree.words.size(), 2U);
  EXPECT_NE(tree.length.count(), 0);
  EXPECT_NE(tree.at.time_since_epoch(), tree.length);
}

TEST(FilledTest, a_difference_in_any_field_is_one) {
  auto const tree = filled<Tree>();
  EXPECT_TRUE(same(tree, filled<Tree>()));
  auto const differs = [&](auto change) {
    auto other = tree;
    change(other);
    return !same(tree, other);
  };
  EXPECT_TRUE(differs([](Tree& t) { t.flag = false; }));
  EXPECT_TRUE(differs([](Tree& t) { t.colour = Colour::Red; }));
  EXPECT_TRUE(differs([](Tree& t) { t.maybe.reset(); }));
  EXPECT_TRUE(differs([](Tree& t) { ++t.maybe->number; }));
  EXPECT_TRUE(differs([](Tree& t) { t.leaves.pop_back(); }));
  EXPECT_TRUE(differs([](Tree& t) { t.leaves[1].text += "x"; }));
  EXPECT_TRUE(differs([](Tree& t) { t.words["one"] = "other"; }));
  EXPECT_TRUE(differs([](Tree& t) { ++t.length; }));
  EXPECT_TRUE(differs([](Tree& t) { t.at += std::chrono::microseconds{1}; }));
}

}  // namespace
}  // namespace tykup::fakes
