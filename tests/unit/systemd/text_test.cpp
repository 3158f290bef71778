#include "systemd/bus/text.hpp"

#include <gtest/gtest.h>

namespace tykup::bus {
namespace {

struct Row {
  char const* name;
  std::string given;
  std::string expected;
};

class BusText : public testing::TestWithParam<Row> {};

TEST_P(BusText, keeps_characters_and_replaces_the_rest) { EXPECT_EQ(to_utf8(GetParam().given), GetParam().expected); }

std::string const kBad = "\xEF\xBF\xBD";

INSTANTIATE_TEST_SUITE_P(
    Texts, BusText,
    testing::Values(Row{"empty", "", ""}, Row{"ascii", "tyk 5.8\n", "tyk 5.8\n"}, Row{"umlaut", "\xC3\xBC", "\xC3\xBC"},
                    Row{"euro", "\xE2\x82\xAC", "\xE2\x82\xAC"}, Row{"emoji", "\xF0\x9F\x99\x82", "\xF0\x9F\x99\x82"},
                    Row{"replacement_itself", kBad, kBad}, Row{"latin1", "caf\xE9 au", "caf" + kBad + " au"},
                    Row{"cut_short", "a\xE2\x82", "a" + kBad + kBad}, Row{"stray_continuation", "\x80z", kBad + "z"},
                    Row{"overlong_slash", "\xC0\xAF", kBad + kBad}, Row{"overlong_three", "\xE0\x80\xAF", kBad + kBad + kBad},
                    Row{"surrogate", "\xED\xA0\x80", kBad + kBad + kBad}, Row{"beyond", "\xF5\x80\x80\x80", kBad + kBad + kBad + kBad},
                    Row{"noncharacter_fdd0", "\xEF\xB7\x90", kBad + kBad + kBad},
                    Row{"noncharacter_ffff", "\xEF\xBF\xBF", kBad + kBad + kBad}, Row{"nul", std::string("a\0b", 3), "a" + kBad + "b"}),
    [](auto const& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace tykup::bus
