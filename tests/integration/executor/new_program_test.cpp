#include "pkg/executor/new_program.hpp"

#include <gmock/gmock.h>

#include "tests/fakes/fake_sandbox.hpp"
#include "tests/integration/executor/scratch.hpp"

namespace tykup::executor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = SandboxEnd::Kind;

/// A step that has put 5.8.15 in the place of 5.8.14.
class NewProgram : public GatewayHost {
 public:
  NewProgram() {
    write("/opt/tyk-gateway/tyk", "program", 0755);
    record.pins = {kNew};
    record.replaced = {{"tyk-gateway", "5.8.14", "amd64"}};
  }
  Result<void> ask() {
    auto with = context();
    with.sandbox = &sandbox;
    return ask_new_program(with, config.components.front(), record, findings);
  }
  std::string refused(SandboxEnd end) {
    sandbox.ends = [end](auto const&) { return end; };
    auto const done = ask();
    if (done) return "";
    EXPECT_EQ(done.error().kind, ErrorKind::PackageFailed);
    return done.error().message;
  }

  fakes::FakeSandbox sandbox;
  StepRecord record;
  Findings findings;
};

TEST_F(NewProgram, that_says_its_version_is_good) {
  EXPECT_EQ(refused({Kind::Exited, 0, R"({"Version":"v5.8.15","Go":{"Version":"1.25"}})"}), "");
  EXPECT_THAT(findings.notes, IsEmpty());
  ASSERT_THAT(sandbox.asked, SizeIs(1));
  EXPECT_THAT(sandbox.asked.front().program.command, ElementsAre("/tmp/tykup-asks", "version", "--json"));
  EXPECT_THAT(sandbox.asked.front().contents, ElementsAre("program"));
}

TEST_F(NewProgram, of_another_version_or_that_does_not_run_is_refused) {
  EXPECT_THAT(refused({Kind::Exited, 0, R"({"Version":"v5.8.14"})"}), HasSubstr("says that it is another version: {\"Version\":\"v5.8.14\"}"));
  EXPECT_THAT(refused({Kind::Exited, 1, "error while loading shared libraries: libx.so\n"}), HasSubstr("does not run: it ended with status 1 (error while loading"));
  EXPECT_THAT(refused({Kind::Killed, 11, ""}), HasSubstr("does not run: it was killed by signal 11"));
  EXPECT_THAT(refused({Kind::NotStarted, 203, ""}), HasSubstr("it is no program that this host can run"));
}

TEST_F(NewProgram, that_is_not_understood_is_a_note_and_no_failure) {
  EXPECT_EQ(refused({Kind::Exited, 0, "hello"}), "");
  EXPECT_EQ(refused({Kind::Exited, 0, ""}), "");
  EXPECT_EQ(refused({Kind::OutOfTime, 0, ""}), "");
  EXPECT_EQ(refused({Kind::OutOfMemory, 0, ""}), "");
  sandbox.ends = [](auto const&) -> Result<SandboxEnd> { return fail(ErrorKind::UnitFailed, "systemd gives no sandbox on this host: x"); };
  EXPECT_TRUE(ask());
  EXPECT_THAT(findings.notes, SizeIs(5));
}

TEST_F(NewProgram, is_not_asked_where_nothing_says_how) {
  record.pins.front().version = "5.0.7";
  record.replaced.front().version = "5.0.6";
  EXPECT_TRUE(ask());
  EXPECT_THAT(sandbox.asked, IsEmpty());
}

TEST_F(NewProgram, is_not_asked_where_the_old_one_goes_back) {
  record.pins = {kOld};
  record.replaced.front().version = "5.8.15";
  EXPECT_TRUE(ask());
  EXPECT_THAT(sandbox.asked, IsEmpty());
}

TEST_F(NewProgram, that_only_root_may_run_is_not_asked) {
  write("/opt/tyk-gateway/tyk", "program", 0700);
  EXPECT_TRUE(ask());
  EXPECT_THAT(sandbox.asked, IsEmpty());
  EXPECT_THAT(findings.notes, ElementsAre(HasSubstr("only root may run it")));
}

}  // namespace
}  // namespace tykup::executor
