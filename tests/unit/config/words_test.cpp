#include "daemon/core/words.hpp"

#include <gtest/gtest.h>

namespace tykup {
namespace {

TEST(Quoted, ShowsWhatATerminalMustNotSee) {
  EXPECT_EQ(quoted("plain"), "\"plain\"");
  EXPECT_EQ(quoted("say \"hi\" \\ bye"), R"("say \"hi\" \\ bye")");
  EXPECT_EQ(quoted("a\tb\nc"), R"("a\tb\nc")");
  EXPECT_EQ(quoted("\x1b[2J"), R"("\x1b[2J")");
  EXPECT_EQ(quoted("Grüße"), "\"Grüße\"");
}

TEST(Quoted, IsUtf8WhateverAStrangerSent) {
  EXPECT_EQ(quoted("\xff\xfe it works"), R"("\xff\xfe it works")");
  EXPECT_EQ(quoted("a\x80"), R"("a\x80")");
  EXPECT_EQ(quoted("cut \xe2\x82"), R"("cut \xe2\x82")");
  EXPECT_EQ(quoted("\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80"), R"("\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80")");
  EXPECT_EQ(quoted("\xc2\x9b"), R"("\xc2\x9b")");
  EXPECT_EQ(quoted("€ 𝄞 ü"), "\"€ 𝄞 ü\"");
}

TEST(Quoted, IsCutBetweenCharacters) {
  EXPECT_EQ(quoted("abcdef", 3), "\"abc…\"");
  EXPECT_EQ(quoted("aü", 2), "\"a…\"");
  EXPECT_EQ(quoted("aü", 3), "\"aü\"");
}

TEST(Words, AreJoinedTrimmedAndCasedWhateverTheLocale) {
  EXPECT_EQ(join({}), "");
  EXPECT_EQ(join({"a", "b"}), "a, b");
  EXPECT_EQ(join({"a", "b"}, "\n"), "a\nb");
  EXPECT_EQ(trimmed(" \t a b \r\n"), "a b");
  EXPECT_EQ(trimmed(" \n"), "");
  EXPECT_EQ(lowered("TYK-Ü9"), "tyk-Ü9");
  EXPECT_EQ(uppered("use_ssl.é"), "USE_SSL.é");
}

}  // namespace
}  // namespace tykup
