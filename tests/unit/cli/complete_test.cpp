#include "daemon/cli/complete.hpp"

#include <gmock/gmock.h>

#include "daemon/cli/arguments.hpp"

namespace tykup::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using Words = std::vector<std::string>;

Words const kComponents{"dashboard", "gateway", "pump"};

Words offered(Words const& typed) {
  Words out;
  auto const found = complete(vocabulary(), typed, kComponents);
  for (auto const& [word, help] : found.words) out.push_back(word);
  if (found.files) out.emplace_back("(files)");
  return out;
}

struct Row {
  Words typed;
  Words offered;
};

TEST(Completion, OffersWhatMayStandInThePlaceOfTheLastWord) {
  std::vector<Row> const rows{
      {{"st"}, {"status", "stop"}},
      {{"-"}, {"--help", "--version"}},
      {{"hold", ""}, kComponents},
      {{"hold", "g"}, {"gateway"}},
      {{"hold", "--reason", "g"}, {}},
      {{"hold", "--reason", "more to come", "g"}, {"gateway"}},
      {{"hold", "gateway", "--u"}, {"--until"}},
      {{"hold", "gateway", "--until", "3d", "--"}, {"--help", "--json", "--reason"}},
      {{"hold", "--until=3d", "gateway", ""}, {"--help", "--json", "--reason"}},
      {{"hold", "gateway", "p"}, {}},
      {{"windows", "--component", "p"}, {"pump"}},
      {{"windows", "-n", ""}, {}},
      {{"windows", "--config", "x"}, {"(files)"}},
      {{"history", ""}, {}},
      {{"rollback", "g"}, {"gateway"}},
      {{"rollback", "gateway", "--"}, {"--help", "--json", "--yes"}},
      {{"status", "--w"}, {"--watch"}},
      {{"log", "--"}, {"--help", "--json"}},
      {{"subscribe", "--j"}, {"--json"}},
      {{"approve", "0123abcd", "--without-way-back", "d"}, {"dashboard="}},
      {{"approve", "0123abcd", "--without-way-back", "dashboard=5"}, {}},
      {{"approve", "0123abcd", "--without-way-back", "dashboard=5.3.0", "--w"}, {"--without-way-back"}},
      {{"run", "--yes", "--y"}, {}},
      {{"subscribe", "gateway", ""}, {"dashboard", "pump"}},
      {{"subscribe", "--key", ""}, {"(files)"}},
      {{"subscribe", "--r"}, {"--replace"}},
      {{"nonsense", ""}, {}},
      {{"status", "nonsense", "--j"}, {"--json"}},
      {{"complete", ""}, {}},
  };
  for (auto const& row : rows) EXPECT_EQ(offered(row.typed), row.offered) << testing::PrintToString(row.typed);
}

TEST(Completion, OffersEveryVerbWithItsHelp) {
  auto const found = complete(vocabulary(), {""}, {});
  auto const everything = std::get<Notice>(parse_arguments({"--help"})).text;
  for (auto const& [word, help] : found.words) {
    EXPECT_NE(everything.find("\n  " + word + " "), std::string::npos) << word;
    EXPECT_NE(everything.find(help.substr(0, 20)), std::string::npos) << help;
  }
  EXPECT_THAT(offered({}), Contains("status"));
  EXPECT_THAT(offered({""}), Not(Contains("complete")));
}

TEST(Completion, HasNoComponentsWithoutAConfiguration) {
  EXPECT_THAT(complete(vocabulary(), {"hold", ""}, {}).words, IsEmpty());
}

}  // namespace
}  // namespace tykup::cli
