#include "daemon/cli/arguments.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "daemon/cli/subscribe.hpp"
#include "daemon/core/words.hpp"

namespace tykup::cli {
namespace {

using Words = std::vector<std::string>;

Notice notice_of(Words const& words) {
  auto const parsed = parse_arguments(words);
  auto const* const notice = std::get_if<Notice>(&parsed);
  return notice == nullptr ? Notice{ExitCode::Fine, "(understood)"} : *notice;
}

template <typename V>
V verb_of(Words const& words) {
  auto const parsed = parse_arguments(words);
  auto const* const verb = std::get_if<Verb>(&parsed);
  if (verb == nullptr || !std::holds_alternative<V>(*verb)) {
    ADD_FAILURE() << "not understood: " << notice_of(words).text;
    return {};
  }
  return std::get<V>(*verb);
}

TEST(CommandLine, KnowsEveryVerb) {
  EXPECT_FALSE(verb_of<verb::Status>({"status"}).json);
  EXPECT_TRUE(verb_of<verb::Status>({"status", "--json"}).json);
  EXPECT_TRUE(verb_of<verb::Plan>({"plan", "--json"}).json);
  EXPECT_TRUE(verb_of<verb::Check>({"check", "--json"}).json);
  EXPECT_TRUE(verb_of<verb::Stop>({"stop", "--json"}).json);

  auto const run = verb_of<verb::Run>({"run", "--yes", "--ignore-unhealthy", "--json"});
  EXPECT_TRUE(run.yes && run.ignore_unhealthy && run.json);
  auto const bare = verb_of<verb::Run>({"run"});
  EXPECT_FALSE(bare.yes || bare.ignore_unhealthy || bare.json);

  auto const history = verb_of<verb::History>({"history"});
  EXPECT_EQ(history.run, "");
  EXPECT_EQ(history.limit, 10U);
  EXPECT_EQ(verb_of<verb::History>({"history", "-n", "3"}).limit, 3U);
  EXPECT_EQ(verb_of<verb::History>({"history", "20261123T020000-ab12cd"}).run, "20261123T020000-ab12cd");

  auto const windows = verb_of<verb::Windows>({"windows"});
  EXPECT_EQ(windows.config_file, "/etc/tykup/tykup.toml");
  EXPECT_EQ(windows.count, 5U);
  EXPECT_EQ(windows.from, "");
  EXPECT_EQ(verb_of<verb::Windows>({"windows", "--from", "2026-12-18 18:00"}).from, "2026-12-18 18:00");
  auto const preview = verb_of<verb::Windows>({"windows", "--count", "2", "--component", "pump", "--config", "x.toml"});
  EXPECT_EQ(preview.count, 2U);
  EXPECT_EQ(preview.component, "pump");
  EXPECT_EQ(preview.config_file, "x.toml");

  EXPECT_EQ(verb_of<verb::CheckConfig>({"check-config"}).config_file, "/etc/tykup/tykup.toml");
  EXPECT_EQ(verb_of<verb::CheckConfig>({"check-config", "--config", "x.toml"}).config_file, "x.toml");
}

TEST(CommandLine, KnowsWhatOperatorsSay) {
  auto const bare = verb_of<verb::Hold>({"hold"});
  EXPECT_TRUE(bare.component.empty() && bare.until.empty() && bare.reason.empty() && !bare.json);
  auto const hold = verb_of<verb::Hold>({"hold", "gateway", "--until", "3d", "--reason", "the audit", "--json"});
  EXPECT_EQ(hold.component, "gateway");
  EXPECT_EQ(hold.until, "3d");
  EXPECT_EQ(hold.reason, "the audit");
  EXPECT_TRUE(hold.json);
  EXPECT_EQ(verb_of<verb::Release>({"release"}).component, "");
  EXPECT_EQ(verb_of<verb::Release>({"release", "pump"}).component, "pump");
  auto const approve = verb_of<verb::Approve>({"approve", "3f2a9c00", "--until", "2026-12-18 18:00"});
  EXPECT_EQ(approve.plan, "3f2a9c00");
  EXPECT_EQ(approve.until, "2026-12-18 18:00");
  EXPECT_EQ(verb_of<verb::ForgetBad>({"forget-bad"}).component, "");
  EXPECT_EQ(verb_of<verb::ForgetBad>({"forget-bad", "gateway"}).component, "gateway");
  EXPECT_TRUE(verb_of<verb::Run>({"run", "--override-freeze"}).override_freeze);
  EXPECT_EQ(notice_of({"approve"}).code, ExitCode::Usage);
  EXPECT_TRUE(approve.without_way_back.empty());
  EXPECT_EQ(notice_of({"hold", "gateway", "pump"}).code, ExitCode::Usage);
  EXPECT_EQ(notice_of({"release", "--until", "3d"}).code, ExitCode::Usage);
}

TEST(CommandLine, KnowsTheStepsThatAreNamed) {
  auto const one = verb_of<verb::Approve>({"approve", "--without-way-back", "dashboard=5.3.0", "3f2a9c00"});
  EXPECT_EQ(one.plan, "3f2a9c00");
  EXPECT_EQ(one.without_way_back, (std::vector<NamedVersion>{{"dashboard", "5.3.0"}}));
  auto const two = verb_of<verb::Run>({"run", "--without-way-back", "dashboard=5.3.0", "--without-way-back=portal=1.14.0-1", "--yes"});
  EXPECT_TRUE(two.yes);
  EXPECT_EQ(two.without_way_back, (std::vector<NamedVersion>{{"dashboard", "5.3.0"}, {"portal", "1.14.0-1"}}));
}

TEST(Subscribe, GetsItsWordsUntouched) {
  EXPECT_EQ(verb_of<verb::Subscribe>({"subscribe", "--help", "-x", "gateway"}).arguments,
            (Words{"--help", "-x", "gateway"}));
  EXPECT_TRUE(verb_of<verb::Subscribe>({"subscribe"}).arguments.empty());
}

TEST(CommandLine, RefusesWhatItDoesNotUnderstandAndOffersTheNearest) {
  struct Row {
    Words words;
    std::string says;
  } const rows[] = {
      {{"statsu"}, "There is no verb \"statsu\". Did you mean \"status\"?"},
      {{"histroy", "-n", "3"}, "Did you mean \"history\"?"},
      {{"checkconfig"}, "Did you mean \"check-config\"?"},
      {{"--json", "plna"}, "Did you mean \"plan\"?"},
      {{"xyzzyxyzzy"}, "There is no verb \"xyzzyxyzzy\". See tykup --help."},
      {{"status", "--jsno"}, "tykup status does not know \"--jsno\". Did you mean \"--json\"?"},
      {{"status", "extra"}, "tykup status does not know \"extra\"."},
      {{"run", "--ignore-unhealty", "--yes"}, "Did you mean \"--ignore-unhealthy\"?"},
      {{"run", "--json"}, "tykup run --json cannot ask for a confirmation: add --yes."},
      {{"approve", "3f2a9c00", "--without-way-back", "dashboard"},
       "--without-way-back: \"dashboard\" is no COMPONENT=VERSION, such as dashboard=5.3.0. See tykup approve --help."},
      {{"run", "--without-way-back", "=5.3.0"}, "\"=5.3.0\" is no COMPONENT=VERSION, such as dashboard=5.3.0. See tykup run --help."},
      {{"run", "--without-way-back", "dashboard=5.3.0,portal=1.14.0"}, "is no COMPONENT=VERSION"},
      {{"run", "--without-way-back"}, "See tykup run --help."},
      {{"run", "--without-way-back", "dashboard=5.3.0", "portal=1.14.0"}, "does not know \"portal=1.14.0\"."},
      {{"hold", "--without-way-back", "dashboard=5.3.0"}, "tykup hold does not know \"--without-way-back\"."},
      {{"approve", "3f2a9c00", "--without-wayback", "dashboard=5.3.0"}, "Did you mean \"--without-way-back\"?"},
      {{"history", "-n", "0"}, "See tykup history --help."},
      {{"history", "-n", "1001"}, "See tykup history --help."},
      {{"history", "-n", "many"}, "See tykup history --help."},
      {{"history", "-n"}, "See tykup history --help."},
      {{"windows", "--count", "-1"}, "See tykup windows --help."},
      {{"check-config", "--config"}, "See tykup check-config --help."},
      {{"status", "plan"}, "tykup"},
      {{}, "Usage: tykup"},
  };
  for (auto const& row : rows) {
    auto const notice = notice_of(row.words);
    EXPECT_EQ(notice.code, ExitCode::Usage) << row.says << "\n" << notice.text;
    EXPECT_NE(notice.text.find(row.says), std::string::npos) << row.says << "\n" << notice.text;
  }
}

TEST(CommandLine, ExplainsItselfWithExitStatusZero) {
  auto const help = notice_of({"--help"});
  EXPECT_EQ(help.code, ExitCode::Fine);
  for (auto const* word :
       {"status", "plan", "check", "run", "stop", "history", "windows", "check-config", "subscribe", "Exit status:"}) {
    EXPECT_NE(help.text.find(word), std::string::npos) << word;
  }
  EXPECT_NE(notice_of({"run", "--help"}).text.find("--ignore-unhealthy"), std::string::npos);
  auto const version = notice_of({"--version"});
  EXPECT_EQ(version.code, ExitCode::Fine);
  EXPECT_EQ(version.text, "tykup " TYKUP_VERSION "\n");
}

TEST(ExitCodes, FollowFromTheRefusal) {
  using Kind = Refusal::Kind;
  struct Row {
    Kind kind;
    ErrorKind error;
    int code;
  } const rows[] = {
      {Kind::Unreachable, ErrorKind::NotFound, 3}, {Kind::Unreachable, ErrorKind::NotAllowed, 3},
      {Kind::Denied, ErrorKind::NotAllowed, 4},    {Kind::Failed, ErrorKind::NotAllowed, 4},
      {Kind::Failed, ErrorKind::Busy, 1},          {Kind::Failed, ErrorKind::NotFound, 1},
      {Kind::Failed, ErrorKind::Internal, 1},      {Kind::Failed, ErrorKind::BadRequest, 1},
  };
  for (auto const& row : rows) EXPECT_EQ(number(exit_code_of({row.kind, {row.error, "m"}})), row.code);
}

/// Without emphasis, in small letters.
std::string plain_text_of(std::string const& page) {
  std::ifstream file(page);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::erase(text, '*');
  return lowered(text);
}

TEST(ExitCodes, AreTheSameInTheManualAsInTheHelp) {
  auto const manual = plain_text_of(TYKUP_SOURCE_DIR "/docs/man/tykup.1.md");
  std::istringstream table(exit_code_table());
  std::string line;
  std::getline(table, line);
  int lines = 0;
  for (; std::getline(table, line); ++lines) {
    auto const end = line.find("  ", 2);
    auto const row = "\n" + line.substr(2, end - 2) + "\n:   " + lowered(line.substr(end + 2)) + ".";
    EXPECT_NE(manual.find(row), std::string::npos) << row;
  }
  EXPECT_EQ(lines, 9);
}

TEST(Subscribe, NamesWhatKeepsItFromStarting) {
  auto const notice = become_subscribe({{"--help"}}, "/nonexistent/tykup-subscribe");
  EXPECT_EQ(notice.code, ExitCode::Failed);
  EXPECT_NE(notice.text.find("/nonexistent/tykup-subscribe cannot be started: No such file"), std::string::npos)
      << notice.text;
}

TEST(Subscribe, IsForRoot) {
  auto const child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    bool const plain = ::geteuid() != 0 || ::setuid(65534) == 0;
    auto const notice = become_subscribe({{"gateway"}}, "/bin/true");
    bool const right =
        plain && notice.code == ExitCode::Denied && notice.text.find("sudo tykup subscribe") != std::string::npos;
    ::_exit(right ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace tykup::cli
