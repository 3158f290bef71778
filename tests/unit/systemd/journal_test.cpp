#include "systemd/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "pkg/executor/job_log.hpp"
#include "systemd/logging.hpp"

namespace tykup::systemd {
namespace {

using rollout::Announcement;
using rollout::Priority;
using rollout::Said;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::string read(std::string const& file) {
  std::ifstream in(std::string{TYKUP_SOURCE_DIR} + "/" + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(JournalEntry, carries_all_that_is_known) {
  Announcement const said{.said = Said::RolledBack,
                          .priority = Priority::Error,
                          .message = "Tyk Gateway is back on 5.8.14.",
                          .run = "r-1",
                          .step = "2/3",
                          .component = "gateway",
                          .from = "5.8.14",
                          .to = "5.8.15",
                          .reason = "no answer",
                          .unit = "tyk-gateway.service"};
  EXPECT_THAT(journal_fields(said),
              ElementsAre("MESSAGE=Tyk Gateway is back on 5.8.14.", "PRIORITY=3",
                          fmt::format("MESSAGE_ID={}", message_id(Said::RolledBack)), "SYSLOG_IDENTIFIER=tykupd",
                          fmt::format("TYKUP_EVENT={}", to_string(Said::RolledBack)), "TYKUP_RUN=r-1", "TYKUP_STEP=2/3",
                          "TYKUP_COMPONENT=gateway", "TYKUP_FROM=5.8.14", "TYKUP_TO=5.8.15", "TYKUP_REASON=no answer",
                          "UNIT=tyk-gateway.service"));
}

TEST(JournalEntry, leaves_out_what_is_not_known) {
  auto const fields = journal_fields(Announcement{.said = Said::PlanGone, .message = "Nothing to do."});
  EXPECT_EQ(fields.size(), 5U);
  EXPECT_THAT(fields, Contains("PRIORITY=6"));
}

TEST(JournalEntry, every_kind_has_an_id_of_its_own) {
  std::set<std::string> ids;
  for (auto const said : rollout::all_said()) {
    std::string const id{message_id(said)};
    EXPECT_TRUE(std::regex_match(id, std::regex("[0-9a-f]{32}"))) << to_string(said);
    EXPECT_TRUE(ids.insert(id).second) << to_string(said) << " shares its id";
  }
}

TEST(JournalCatalog, explains_every_kind_and_nothing_else) {
  std::string const catalog = read("systemd/catalog/tykup.catalog");
  ASSERT_FALSE(catalog.empty());
  std::set<std::string> expected;
  for (auto const said : rollout::all_said()) expected.insert(std::string{message_id(said)});
  for (auto const id : {executor::kJobBegun, executor::kJobEnded}) EXPECT_TRUE(expected.insert(std::string{id}).second);
  std::set<std::string> found;
  std::regex const head("(^|\n)-- ([0-9a-f]{32})\n(Subject: .+)\nDefined-By: tykup\n(.*\n)?\n[^-#\n]");
  for (std::sregex_iterator at(catalog.begin(), catalog.end(), head), end; at != end; ++at) found.insert((*at)[2]);
  EXPECT_EQ(found, expected);
}

TEST(JournalCatalog, uses_only_fields_that_an_entry_has) {
  std::string const catalog = read("systemd/catalog/tykup.catalog");
  std::set<std::string> const known{"TYKUP_RUN", "TYKUP_STEP", "TYKUP_COMPONENT", "TYKUP_FROM", "TYKUP_TO", "TYKUP_REASON", "UNIT",
                                    "TYKUP_JOB", "TYKUP_OPERATION"};
  std::regex const field("@([A-Z_]+)@");
  std::size_t count = 0;
  for (std::sregex_iterator at(catalog.begin(), catalog.end(), field), end; at != end; ++at, ++count) {
    EXPECT_TRUE(known.count((*at)[1]) == 1) << (*at)[1];
  }
  EXPECT_GT(count, 10U);
}

TEST(JournalWriter, hands_the_fields_on) {
  std::vector<std::string> sent;
  Journal journal([&sent](std::vector<std::string> const& fields) {
    sent = fields;
    return 0;
  });
  journal.write(Announcement{.said = Said::RunDone, .message = "Done."});
  EXPECT_THAT(sent, Contains("MESSAGE=Done."));
}

/// What reaches the log.
class LogText {
 public:
  LogText() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_st>(text_)));
  }
  ~LogText() { spdlog::set_default_logger(before_); }
  [[nodiscard]] std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

TEST(JournalWriter, an_entry_that_cannot_be_written_is_in_the_log_with_the_reason) {
  LogText const log;
  Journal journal([](auto const&) { return -ENOSPC; });
  journal.write(Announcement{.said = Said::NeedsAdmin, .priority = Priority::Error, .message = "Gateway needs you."});
  EXPECT_THAT(log.text(), HasSubstr("[error] Gateway needs you. (not written to the journal: No space left on device)"));
}

TEST(JournalWriter, started_by_hand_writes_to_the_log) {
  ::unsetenv("JOURNAL_STREAM");
  LogText const log;
  Journal journal;
  journal.write(Announcement{.said = Said::RunDone, .priority = Priority::Notice, .message = "Done: {} is not a format."});
  EXPECT_THAT(log.text(), HasSubstr("[info] Done: {} is not a format."));
}

TEST(JournalStream, is_recognised_by_device_and_inode) {
  int const fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  struct stat info {};
  ASSERT_EQ(::fstat(fd, &info), 0);
  EXPECT_TRUE(is_journal_stream(fd, fmt::format("{}:{}", info.st_dev, info.st_ino)));
  EXPECT_FALSE(is_journal_stream(fd, fmt::format("{}:{}", info.st_dev, info.st_ino + 1)));
  EXPECT_FALSE(is_journal_stream(fd, ""));
  EXPECT_FALSE(is_journal_stream(fd, "garbage"));
  ::close(fd);
  EXPECT_FALSE(is_journal_stream(fd, fmt::format("{}:{}", info.st_dev, info.st_ino)));
}

}  // namespace
}  // namespace tykup::systemd
