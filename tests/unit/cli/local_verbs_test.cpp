#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/cli/fake_daemon.hpp"

namespace tykup::cli {
namespace {

using test::Host;
using testing::HasSubstr;
using testing::StartsWith;

/// A configuration file of its own, gone with the test.
class ConfigFile {
 public:
  explicit ConfigFile(std::string const& text) {
    auto pattern = (std::filesystem::temp_directory_path() / "tykup-cli-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    std::ofstream(path()) << text;
  }
  ~ConfigFile() { std::filesystem::remove_all(folder_); }
  ConfigFile(ConfigFile const&) = delete;
  ConfigFile& operator=(ConfigFile const&) = delete;
  [[nodiscard]] std::string path() const { return folder_ / "tykup.toml"; }
  void add_drop_in(std::string const& name, std::string const& text) const {
    std::filesystem::create_directory(path() + ".d");
    std::ofstream(path() + ".d/" + name) << text;
  }

 private:
  std::filesystem::path folder_;
};

constexpr char const* kFine = R"([deployment]
topology = "self-managed"
[policy]
track = "lts"
soak = "3d"
[[window]]
calendar = "Sun *-*-* 02:00"
duration = "2h"
timezone = "Europe/London"
[[freeze]]
from = "2026-12-05"
until = "2026-12-08"
reason = "fair"
)";

/// Windows that differ in whom they are for, and a calendar of freezes beside the configuration.
std::string with_calendar(ConfigFile const& file) {
  return std::string(kFine) + R"([[window]]
calendar = "Wed 23:00"
duration = "3h"
timezone = "Europe/London"
components = ["pump"]
[[freeze]]
ics = ")" + file.path() + R"(.ics"
timezone = "Europe/London"
)";
}

void write_calendar(ConfigFile const& file, std::string const& event) {
  std::ofstream(file.path() + ".ics") << "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" << event << "END:VEVENT\nEND:VCALENDAR\n";
}

constexpr char const* kYearEnd = "DTSTART;VALUE=DATE:20261218\nDTEND;VALUE=DATE:20270201\nSUMMARY:year-end\n";

TEST(CheckConfigVerb, SummarisesAFileThatIsFine) {
  ConfigFile const file(kFine);
  auto const got = Host{}.perform(verb::CheckConfig{.config_file = file.path()});
  EXPECT_EQ(got.code, 0) << got.err;
  EXPECT_THAT(got.out, StartsWith(file.path() + " is fine.\n"));
  test::expect_golden("check_config", got.out.substr(got.out.find('\n') + 1));
}

TEST(WindowsVerb, TellsWhenThisHostBegins) {
  ConfigFile const file(kFine);
  Host host;
  host.machine_id = "a machine";
  auto const got = host.perform(verb::Windows{.config_file = file.path()});
  EXPECT_THAT(got.out, testing::ContainsRegex("This host begins Sun 2026-11-29 02:[0-9:]+ GMT .in 5d 13h., [0-9]+min.* after the opening"));
  auto const json = host.perform(verb::Windows{.config_file = file.path(), .json = true});
  EXPECT_THAT(nlohmann::json::parse(json.out)["host_begins"].get<std::string>(), StartsWith("2026-11-29T02:"));
  host.machine_id.clear();
  EXPECT_THAT(host.perform(verb::Windows{.config_file = file.path()}).out, testing::Not(HasSubstr("This host")));
}

TEST(CheckConfigVerb, FindsWhatCanNeverHappen) {
  std::string narrow = kFine;
  narrow.replace(narrow.find("\"2h\""), 4, "\"5m\"");
  ConfigFile const file(narrow);
  auto const got = Host{}.perform(verb::CheckConfig{.config_file = file.path()});
  EXPECT_EQ(got.code, 1);
  EXPECT_THAT(got.out, HasSubstr(" is read, but cannot do what it says:\n"));
  EXPECT_THAT(got.out, HasSubstr("Trouble with gateway\n  never fits: gateway needs 6min with a rollback, and the longest window of the next 35 days "
                                 "has 5min\n  → a longer window, or [component.gateway] expected\n"));
  auto const json = Host{}.perform(verb::CheckConfig{.config_file = file.path(), .json = true});
  EXPECT_EQ(json.code, 1);
  auto const document = nlohmann::json::parse(json.out);
  EXPECT_TRUE(document["ok"]);
  EXPECT_EQ(document["concerns"][0]["kind"], "never-fits");
}

TEST(CheckConfigVerb, AcceptsTheShippedExample) {
  auto const got = Host{}.perform(verb::CheckConfig{.config_file = TYKUP_SOURCE_DIR "/docs/examples/tykup.toml"});
  EXPECT_EQ(got.code, 0) << got.err;
}

TEST(CheckConfigVerb, AcceptsEveryExampleOfThePageOnWindows) {
  std::istringstream page(test::read_file(TYKUP_SOURCE_DIR "/docs/windows.md"));
  std::vector<std::string> examples;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    bool const begins = line == "```toml";
    if (begins) examples.emplace_back();
    if (inside && line != "```") examples.back() += line + "\n";
    inside = begins || (inside && line != "```");
  }
  EXPECT_GE(examples.size(), 4U);
  for (auto& text : examples) {
    ConfigFile const file("");
    write_calendar(file, kYearEnd);
    if (text.find("[deployment]") == std::string::npos) text.insert(0, "[deployment]\ntopology = \"oss\"\n");
    std::string const named = "/etc/tykup/freeze.ics";
    if (auto const at = text.find(named); at != std::string::npos) text.replace(at, named.size(), file.path() + ".ics");
    std::ofstream(file.path()) << text;
    auto const got = Host{}.perform(verb::CheckConfig{.config_file = file.path()});
    EXPECT_EQ(got.code, 0) << text << got.err << got.out;
  }
}

TEST(CheckConfigVerb, PrintsEveryDefectWithItsPlace) {
  ConfigFile const file("[policy]\ntrakc = \"lts\"\nsoak = \"3 fortnights\"\n[fleet]\n");
  auto const got = Host{}.perform(verb::CheckConfig{.config_file = file.path()});
  EXPECT_EQ(got.code, 1);
  EXPECT_EQ(got.out, "");
  EXPECT_THAT(got.err, HasSubstr(file.path() + ":2:1: "));
  EXPECT_THAT(got.err, HasSubstr("\"track\""));
  EXPECT_THAT(got.err, HasSubstr(file.path() + ":3:8: "));
  EXPECT_THAT(got.err, HasSubstr(file.path() + ":4:"));
}

TEST(CheckConfigVerb, ReadsTheDropInsBesideTheFile) {
  ConfigFile const file(kFine);
  file.add_drop_in("10-more.toml", "[policy]\ntrack = \"newest\"\n");
  auto const got = Host{}.perform(verb::CheckConfig{.config_file = file.path()});
  EXPECT_EQ(got.code, 1);
  EXPECT_THAT(got.err, StartsWith(file.path() + ".d/10-more.toml:2:9: "));
}

TEST(CheckConfigVerb, NamesAFileThatIsNotThere) {
  auto const got = Host{}.perform(verb::CheckConfig{.config_file = "/nonexistent/tykup.toml"});
  EXPECT_EQ(got.code, 1);
  EXPECT_THAT(got.err, HasSubstr("/nonexistent/tykup.toml"));
}

TEST(CheckConfigVerb, SpeaksJson) {
  ConfigFile const bad("[deployment]\ntopology = \"oss\"\n[policy]\ntrakc = \"lts\"\n");
  auto const got = Host{}.perform(verb::CheckConfig{.config_file = bad.path(), .json = true});
  EXPECT_EQ(got.code, 1);
  auto const document = nlohmann::json::parse(got.out);
  EXPECT_EQ(document["schema"], 1);
  EXPECT_EQ(document["ok"], false);
  EXPECT_EQ(document["defects"].size(), 1U);
  ConfigFile const good(kFine);
  auto const fine = Host{}.perform(verb::CheckConfig{.config_file = good.path(), .json = true});
  EXPECT_EQ(fine.code, 0);
  EXPECT_EQ(nlohmann::json::parse(fine.out)["ok"], true);
}

TEST(WindowsVerb, PreviewsOpeningsWithoutTheDaemon) {
  ConfigFile const file(kFine);
  Host host;
  host.daemon.statuses = {test::refusal(Refusal::Kind::Unreachable)};
  auto const got = host.perform(verb::Windows{.config_file = file.path(), .count = 3});
  EXPECT_EQ(got.code, 0) << got.err;
  test::expect_golden("windows", got.out);
}

TEST(WindowsVerb, StrikesOutWhatIsFrozenOnATerminal) {
  ConfigFile const file("");
  std::ofstream(file.path()) << with_calendar(file);
  write_calendar(file, kYearEnd);
  Host terminal;
  terminal.live = true;
  terminal.color = true;
  verb::Windows const asked{.config_file = file.path(), .from = "2026-12-01", .count = 5};
  test::expect_golden("windows_terminal", terminal.perform(asked).out);
  terminal.color = false;
  test::expect_golden("windows_no_color", terminal.perform(asked).out);
  test::expect_golden("windows_piped", Host{}.perform(asked).out);
}

TEST(WindowsVerb, OfOneComponentUnitesAllThatItMayUse) {
  ConfigFile const file("");
  std::ofstream(file.path()) << with_calendar(file);
  write_calendar(file, kYearEnd);
  auto const got = Host{}.perform(verb::Windows{.config_file = file.path(), .component = "gateway", .count = 2});
  EXPECT_THAT(got.out, testing::Not(HasSubstr("Wed 2026")));
  EXPECT_THAT(got.out, testing::Not(HasSubstr("COMPONENTS")));
}

TEST(WindowsVerb, ShowsThatNothingIsOpenWhileACalendarCannotBeRead) {
  ConfigFile const file("");
  std::ofstream(file.path()) << with_calendar(file);
  auto const got = Host{}.perform(verb::Windows{.config_file = file.path(), .count = 2});
  EXPECT_EQ(got.code, 0);
  EXPECT_THAT(got.out, HasSubstr("No window is open within the next 400 days.\n"));
  EXPECT_THAT(got.out, HasSubstr("Freeze     everything: the calendar of freezes cannot be read"));
  EXPECT_THAT(got.out, HasSubstr(file.path() + ".ics: No such file or directory"));
}

TEST(WindowsVerb, SaysWhatAFromMayBe) {
  ConfigFile const file(kFine);
  for (auto const* from : {"tomorrow", "2026-02-30", "18.12.2026", "2026-12-18 25:00", "now "}) {
    auto const got = Host{}.perform(verb::Windows{.config_file = file.path(), .from = from});
    EXPECT_EQ(got.code, 2) << from;
    EXPECT_THAT(got.err, HasSubstr("is no date; expected \"2026-12-18\""));
  }
  for (auto const* from : {"2026-12-12", "2026-12-12 23:59", "2026-12-13T00:59:00+01:00"}) {
    auto const got = Host{}.perform(verb::Windows{.config_file = file.path(), .from = from, .count = 1});
    EXPECT_THAT(got.out, HasSubstr("\nSun 2026-12-13 02:00 GMT")) << from;
  }
}

TEST(CheckConfigVerb, ReadsTheCalendarsOfFreezes) {
  ConfigFile const file("");
  std::ofstream(file.path()) << with_calendar(file);
  write_calendar(file, "DTSTART;VALUE=DATE:20261318\n");
  auto const broken = Host{}.perform(verb::CheckConfig{.config_file = file.path()});
  EXPECT_EQ(broken.code, 1);
  EXPECT_EQ(broken.err, file.path() + ".ics:3: there is no such date or time\n");
  write_calendar(file, kYearEnd);
  auto const fine = Host{}.perform(verb::CheckConfig{.config_file = file.path()});
  EXPECT_EQ(fine.code, 0);
  EXPECT_THAT(fine.out, HasSubstr("Freeze     Fri 2026-12-18 00:00 GMT until Mon 2027-02-01 00:00 GMT: year-end\n"));
}

TEST(WindowsVerb, ShowsTheOneThatIsOpen) {
  ConfigFile const file(kFine);
  Host host;
  host.daemon.now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 29} + std::chrono::hours{3};
  EXPECT_THAT(host.perform(verb::Windows{.config_file = file.path(), .count = 1}).out, HasSubstr("open now"));
}

TEST(WindowsVerb, SpeaksJson) {
  ConfigFile const file(kFine);
  auto const got = Host{}.perform(verb::Windows{.config_file = file.path(), .count = 1, .json = true});
  auto const document = nlohmann::json::parse(got.out);
  EXPECT_EQ(document["schema"], 1);
  ASSERT_EQ(document["openings"].size(), 1U);
  EXPECT_EQ(
      document["openings"][0],
      nlohmann::json::parse(
          R"({"from":"2026-11-29T02:00:00Z","until":"2026-11-29T04:00:00Z","seconds":7200,"zone":"Europe/London","components":[]})"));
  EXPECT_EQ(document["freezes"].size(), 1U);
  EXPECT_EQ(document["closed"].size(), 0U);
  auto const later = Host{}.perform(verb::Windows{.config_file = file.path(), .count = 2, .json = true});
  EXPECT_EQ(nlohmann::json::parse(later.out)["closed"][0],
            nlohmann::json::parse(R"({"from":"2026-12-06T02:00:00Z","until":"2026-12-06T04:00:00Z","seconds":7200,)"
                                  R"("zone":"Europe/London","components":[],"reason":"fair"})"));
}

TEST(WindowsVerb, SaysThatNothingHappensWithoutAWindow) {
  ConfigFile const file("[deployment]\ntopology = \"oss\"\n");
  auto const got = Host{}.perform(verb::Windows{.config_file = file.path()});
  EXPECT_EQ(got.code, 0);
  EXPECT_THAT(got.out, StartsWith("No window is configured"));
}

TEST(WindowsVerb, RefusesADefectiveFileAndAnUnknownComponent) {
  ConfigFile const bad("[policy]\ntrakc = \"lts\"\n");
  auto const defective = Host{}.perform(verb::Windows{.config_file = bad.path()});
  EXPECT_EQ(defective.code, 1);
  EXPECT_THAT(defective.err, HasSubstr(":2:1: "));
  ConfigFile const file(kFine);
  auto const unknown = Host{}.perform(verb::Windows{.config_file = file.path(), .component = "gatewya"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("Did you mean \"gateway\"?"));
}

}  // namespace
}  // namespace tykup::cli
