#include "daemon/cli/text.hpp"

#include <gtest/gtest.h>

#include "daemon/cli/document.hpp"
#include "daemon/cli/when.hpp"

namespace tykup::cli {
namespace {

using namespace std::chrono_literals;

Instant const kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 13h;

TEST(Printable, LeavesNothingThatSteersATerminal) {
  struct Row {
    std::string given;
    std::string shown;
  } const rows[] = {
      {"plain", "plain"},
      {"two\nlines", "two\nlines"},
      {"größer → 5.8", "größer → 5.8"},
      {"\033[2Jgone", "?[2Jgone"},
      {"bell\a tab\t return\r", "bell? tab? return?"},
      {std::string("nul\0", 4), "nul?"},
      {"delete\x7F", "delete?"},
      {"\xC2\x9B"
       "31m",
       "?31m"},
      {"\xC2\x80\xC2\x9F", "??"},
      {"\xC2\xA0kept", "\xC2\xA0kept"},
  };
  for (auto const& row : rows) EXPECT_EQ(printable(row.given), row.shown);
}

TEST(Columns, CountCodePoints) {
  EXPECT_EQ(columns_of(""), 0U);
  EXPECT_EQ(columns_of("abc"), 3U);
  EXPECT_EQ(columns_of("a → b"), 5U);
}

TEST(Paint, IsSilentWithoutColor) {
  EXPECT_EQ(paint({}, Tone::Bad, "x"), "x");
  View const colored{.color = true};
  EXPECT_EQ(paint(colored, Tone::Bad, "x"), "\033[1;31mx\033[0m");
  EXPECT_EQ(paint(colored, Tone::Plain, "x"), "x");
  EXPECT_EQ(paint(colored, Tone::Good, ""), "");
}

TEST(Paragraph, BreaksAtSpacesWhereThereIsAWidth) {
  struct Row {
    std::size_t width;
    std::string text;
    std::string shown;
  } const rows[] = {
      {0, "one two three four", "- one two three four\n"},
      {10, "one two three four", "- one two\n  three\n  four\n"},
      {10, "onetwothreefour five", "- onetwothreefour\n  five\n"},
      {9, "one two", "- one two\n"},
      {8, "one two", "- one\n  two\n"},
      {2, "one two", "- one two\n"},
      {0, "one\ntwo", "- one\n  two\n"},
      {12, "a → b → c → d", "- a → b → c\n  → d\n"},
  };
  for (auto const& row : rows) EXPECT_EQ(paragraph({.width = row.width}, "- ", "  ", row.text), row.shown) << row.width;
}

TEST(Tables, AlignWhatPeopleSeeNotBytesOrEscapes) {
  Table table({"A", "LONG"});
  table.add({{"a → b", Tone::Good}, {"x"}});
  table.add({{"c"}, {"", Tone::Bad}});
  EXPECT_EQ(table.to_text({}, "  "), "  A      LONG\n  a → b  x\n  c\n");
  EXPECT_EQ(table.to_text({.color = true}), "\033[2mA\033[0m      \033[2mLONG\033[0m\n\033[32ma → b\033[0m  x\nc\n");
}

TEST(Moments, AreSaidInTheZoneOfTheViewAndFromNow) {
  EXPECT_EQ(civil(utc_zone(), kNow), "Mon 2026-11-23 13:00 UTC");
  EXPECT_EQ(relative(kNow + 5min, kNow), "in 5min");
  EXPECT_EQ(relative(kNow - 90min, kNow), "1h 30min ago");
  EXPECT_EQ(relative(kNow + 999ms, kNow), "now");
  EXPECT_EQ(relative(kNow - 999ms, kNow), "now");
  Zone const berlin{"Europe/Berlin", 1h, "CET"};
  EXPECT_EQ(when({.now = kNow, .zone = berlin}, kNow + 11h), "Tue 2026-11-24 01:00 CET (in 11h)");
}

TEST(Documents, OfAnotherKindOrSchemaAreRefused) {
  for (auto const* text : {"", "nonsense", "[1]", "\"s\"", "{", R"({"schema":1)", "null"}) {
    EXPECT_FALSE(parse_document(text)) << text;
  }
  for (auto const* text : {"{}", R"({"schema":2})", R"({"schema":"1"})", R"({"schema":null})"}) {
    auto const got = parse_document(text);
    ASSERT_FALSE(got) << text;
    EXPECT_NE(got.error().message.find("systemctl restart tykupd"), std::string::npos) << got.error().message;
  }
  EXPECT_TRUE(parse_document(R"({"schema":1,"more":true})"));
}

TEST(Members, ReadAsEmptyWhereTheyAreMissingOrOfAnotherType) {
  auto const object = nlohmann::json::parse(
      R"({"n":null,"s":"a\u0007","i":3,"b":true,"o":{"x":1},"a":[1],"t":"2026-11-23T13:00:00Z"})");
  EXPECT_EQ(text_at(object, "s"), "a?");
  for (auto const* key : {"n", "i", "o", "absent"}) EXPECT_EQ(text_at(object, key), "") << key;
  EXPECT_EQ(text_at(nlohmann::json::array(), "s"), "");
  EXPECT_EQ(number_at(object, "i"), 3.0);
  EXPECT_EQ(number_at(object, "s"), std::nullopt);
  EXPECT_TRUE(true_at(object, "b"));
  EXPECT_FALSE(true_at(object, "i"));
  EXPECT_EQ(object_at(object, "o").size(), 1U);
  EXPECT_TRUE(object_at(object, "a").empty());
  EXPECT_EQ(array_at(object, "a").size(), 1U);
  EXPECT_TRUE(array_at(object, "o").empty());
  EXPECT_EQ(instant_at(object, "t"), kNow);
  EXPECT_EQ(instant_at(object, "s"), std::nullopt);
}

TEST(WireNames, AreSpokenWithSpaces) {
  EXPECT_EQ(spoken("needs-admin"), "needs admin");
  EXPECT_EQ(spoken("bad_version"), "bad version");
}

}  // namespace
}  // namespace tykup::cli
