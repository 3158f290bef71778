#include "daemon/core/version.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tykup {
namespace {

using std::strong_ordering;

struct Row {
  std::string_view a;
  char sign;
  std::string_view b;
};

char sign_of(strong_ordering order) {
  return order < 0 ? '<' : order > 0 ? '>' : '=';
}
char mirrored(char sign) {
  return sign == '<' ? '>' : sign == '>' ? '<' : '=';
}

void expect_order(PackageFormat format, Row const& row) {
  EXPECT_EQ(sign_of(compare_versions(format, row.a, row.b)), row.sign) << row.a << " vs " << row.b;
  EXPECT_EQ(sign_of(compare_versions(format, row.b, row.a)), mirrored(row.sign)) << row.b << " vs " << row.a;
}

TEST(DebVersions, AreOrderedAsDpkgDoes) {
  Row const rows[] = {
      {"5.8.15", '=', "5.8.15"},
      {"5.8.9", '<', "5.8.15"},
      {"5.8.3~rc1", '<', "5.8.3"},
      {"5.8.3~rc1", '<', "5.8.3~rc2"},
      {"5.8.3~~", '<', "5.8.3~"},
      {"2.9.4.2", '>', "2.9.4"},
      {"1:1.0", '>', "99.0"},
      {"0:1.0", '=', "1.0"},
      {"1.0-1", '>', "1.0"},
      {"1.0-0", '=', "1.0"},
      {"1.0", '=', "1.00"},
      {"1.0a", '>', "1.0"},
      {"1.0+b1", '>', "1.0"},
      {"1.0+b1", '<', "1.0.1"},
      {"1.0-1-2", '>', "1.0-1"},
      {"1.0-1~bpo12+1", '<', "1.0-1"},
      {"1.0A", '<', "1.0a"},
      {"1.0a", '<', "1.0+"},
      {"", '=', "0"},
      {"~", '<', ""},
      {"18446744073709551617", '>', "3"},
      {"1.2.3-00000000000000000000000000004", '=', "1.2.3-4"},
  };
  for (auto const& row : rows) expect_order(PackageFormat::Deb, row);
}

TEST(RpmVersions, AreOrderedAsRpmDoes) {
  Row const rows[] = {
      {"5.8.15-1", '=', "5.8.15-1"},
      {"5.8.9-1", '<', "5.8.15-1"},
      {"5.8.3~rc1-1", '<', "5.8.3-1"},
      {"1.0^git1", '>', "1.0"},
      {"1.0^git1", '<', "1.0.1"},
      {"1.0^git1~pre", '<', "1.0^git1"},
      {"1.0~rc1^git1", '>', "1.0~rc1"},
      {"1.0", '=', "1_0"},
      {"1.0", '>', "1.a"},
      {"1a", '>', "1"},
      {"1.0a", '>', "1.0"},
      {"1:1.0-1", '>', "99.0-1"},
      {"1.0-1", '>', "1.0"},
      {"1.0-2.el9", '>', "1.0-1.el9"},
      {"1.010", '=', "1.10"},
      {"2.50", '>', "2.5"},
      {"fc4", '=', "fc.4"},
      {"FC5", '<', "fc4"},
      {"5.5p10", '>', "5.5p1"},
      {"10xyz", '<', "10.1xyz"},
      {"xyz10", '<', "xyz10.1"},
  };
  for (auto const& row : rows) expect_order(PackageFormat::Rpm, row);
}

/// Version strings made of the pieces that real ones and nasty ones are made of.
std::vector<std::pair<std::string, std::string>> generated_pairs(std::size_t count, std::vector<std::string> pieces) {
  std::mt19937 random(20261123);  // NOLINT(cert-msc51-cpp): the same pairs every time
  auto const pick = [&] { return pieces[random() % pieces.size()]; };
  auto const make = [&] {
    std::string text = std::to_string(random() % 3);
    for (auto left = random() % 5; left > 0; --left) text += pick();
    if (random() % 4 == 0) text = std::to_string(random() % 2) + ":" + text;
    if (random() % 3 == 0) text += "-" + std::to_string(random() % 3) + (random() % 3 == 0 ? pick() : "");
    return text;
  };
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 0; i < count; ++i) {
    auto a = make();
    auto b = random() % 2 == 0 ? make() : a + pick();
    pairs.emplace_back(std::move(a), std::move(b));
  }
  return pairs;
}

std::string output_of(std::string const& command) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "re"), pclose);
  std::string out;
  for (int c = 0; pipe && (c = std::fgetc(pipe.get())) != EOF;) out += static_cast<char>(c);
  return out;
}

bool has(std::string const& program) {
  return !output_of("command -v " + program).empty();
}

std::string signs_of(std::vector<std::pair<std::string, std::string>> const& pairs, PackageFormat format) {
  std::string signs;
  for (auto const& [a, b] : pairs) signs += sign_of(compare_versions(format, a, b));
  return signs;
}

/// A '?' of theirs is a version that the reference refuses as malformed.
void expect_equal_signs(std::vector<std::pair<std::string, std::string>> const& pairs, std::string const& ours,
                        std::string const& theirs) {
  ASSERT_EQ(ours.size(), theirs.size());
  auto const refused = std::ranges::count(theirs, '?');
  EXPECT_LT(static_cast<std::size_t>(refused), pairs.size() / 10);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (theirs[i] == '?') continue;
    EXPECT_EQ(ours[i], theirs[i]) << pairs[i].first << " vs " << pairs[i].second;
  }
}

std::vector<std::pair<std::string, std::string>> both_ways(std::vector<std::pair<std::string, std::string>> pairs) {
  auto const count = pairs.size();
  for (std::size_t i = 0; i < count; ++i) pairs.emplace_back(pairs[i].second, pairs[i].first);
  return pairs;
}

TEST(DebVersions, AgreeWithDpkgItselfBothWaysRound) {
  if (!has("dpkg")) GTEST_SKIP() << "dpkg is not installed";
  auto const pairs = both_ways(generated_pairs(
      1500, {"0", "1", "9", "10", "00", ".", ".1", ".0", "~", "~rc1", "+", "+b1", "a", "Z", "-", "~~", "rc", ".10"}));
  std::string const path = testing::TempDir() + "tykup-version-pairs";
  std::ofstream file(path);
  for (auto const& [a, b] : pairs) file << a << ' ' << b << '\n';
  file.close();
  auto const theirs = output_of(
      "while read -r a b; do dpkg --compare-versions \"$a\" lt \"$b\" && printf '<' && continue; "
      "dpkg --compare-versions \"$a\" gt \"$b\" && printf '>' && continue; "
      "dpkg --compare-versions \"$a\" eq \"$b\" && printf '=' || printf '?'; done 2>/dev/null <" +
      path);
  std::remove(path.c_str());
  expect_equal_signs(pairs, signs_of(pairs, PackageFormat::Deb), theirs);
}

TEST(RpmVersions, AgreeWithRpmItselfBothWaysRound) {
  if (!has("rpm")) GTEST_SKIP() << "rpm is not installed";
  auto const pairs = both_ways(generated_pairs(
      10000, {"0", "1", "9", "10", "00", ".", ".1", ".0", "~", "~rc1", "+", "_", "a", "Z", "^", "^git", "rc", ".10"}));
  std::string const path = testing::TempDir() + "tykup-rpm-version-pairs";
  std::ofstream file(path);
  for (auto const& [a, b] : pairs) file << a << ' ' << b << '\n';
  file.close();
  auto const theirs = output_of(
      "rpm --eval '%{lua: local out = {} for line in io.lines(\"" + path +
      "\") do local a, b = line:match(\"(%S+) (%S+)\") local r = rpm.vercmp(a, b) "
      "out[#out + 1] = r < 0 and \"<\" or r > 0 and \">\" or \"=\" end print(table.concat(out))}' | tr -d '\\n'");
  std::remove(path.c_str());
  expect_equal_signs(pairs, signs_of(pairs, PackageFormat::Rpm), theirs);
}

TEST(Upstream, IsWithoutEpochAndRevision) {
  struct {
    std::string_view version, upstream;
  } const rows[] = {{"1:5.8.15-1", "5.8.15"},
                    {"5.8.15", "5.8.15"},
                    {"5.8.3~rc1", "5.8.3~rc1"},
                    {"1.0-1-2", "1.0-1"},
                    {"2:1", "1"},
                    {"1.18.0-6", "1.18.0"},
                    {"", ""},
                    {"x:1-2", "x:1"}};
  for (auto const& row : rows) EXPECT_EQ(upstream_of(row.version), row.upstream);
}

std::string shown(std::optional<Release> const& release) {
  if (!release) return "none";
  std::ostringstream out;
  out << release->major << '.' << release->minor << '.' << release->patch << (release->prerelease ? " pre" : "");
  return out.str();
}

TEST(Release, IsTheNumberThatAVersionBeginsWith) {
  struct {
    std::string_view version, release;
  } const rows[] = {
      {"5.8.15", "5.8.15"},
      {"5.8.15-1", "5.8.15"},
      {"1:5.8.15-1", "5.8.15"},
      {"2.9.4.2", "2.9.4"},
      {"5.8.3~rc1", "5.8.3 pre"},
      {"5.8.3~rc1-1", "5.8.3 pre"},
      {"5.8.3-rc1", "5.8.3 pre"},
      {"5.8-beta2", "5.8.0 pre"},
      {"5.8", "5.8.0"},
      {"5.8.", "5.8.0"},
      {"5.8.x", "5.8.0"},
      {"1.24.0+dfsg-1", "1.24.0"},
      {"", "none"},
      {"5", "none"},
      {"5.", "none"},
      {".8", "none"},
      {"v5.8.15", "none"},
      {"latest", "none"},
      {"5-8-15", "none"},
      {"-5.8", "none"},
      {"99999999999.1", "none"},
      {"1.99999999999", "none"},
  };
  for (auto const& row : rows) EXPECT_EQ(shown(release_of(row.version)), row.release) << row.version;
}

TEST(ReportedVersion, IsThePackageWhateverTheVAndTheRevision) {
  Row const rows[] = {
      {"v5.8.15", '=', "5.8.15"},
      {"5.8.15", '=', "5.8.15-1"},
      {"v5.8.15", '=', "1:5.8.15-1"},
      {"v5.8.3-rc1", '=', "5.8.3~rc1"},
      {"v5.8.3-rc1", '=', "5.8.3~rc1-1"},
      {"v2.9.4.2", '=', "2.9.4.2-1"},
      {"v5.8.15", '!', "5.8.14"},
      {"v5.8.15", '!', "5.8.1"},
      {"v5.8", '!', "5.8.0"},
      {"v5.8.3", '!', "5.8.3~rc1"},
      {"v5.8.3-rc1", '!', "5.8.3"},
      {"v5.8.3-rc1", '!', "5.8.3~rc2"},
      {"", '!', "5.8.15"},
      {"v", '!', "5.8.15"},
      {"", '!', ""},
      {"vv5.8.15", '!', "5.8.15"},
      {"latest", '!', "5.8.15"},
      {"v5.8.15-dev", '!', "5.8.15-1"},
  };
  for (auto const& row : rows) EXPECT_EQ(same_release(row.a, row.b), row.sign == '=') << row.a << " vs " << row.b;
}

}  // namespace
}  // namespace tykup
