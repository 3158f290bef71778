#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "pkg/executor/backup.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/landing.hpp"
#include "pkg/executor/operations.hpp"
#include "pkg/executor/restart.hpp"
#include "pkg/executor/step_record.hpp"
#include "tests/integration/executor/scratch.hpp"

namespace tykup::executor {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

struct Step : GatewayHost {
  Result<job::BackedUp> backed_up() { return back_up(context(), {step}); }
  Result<job::Applied> upgrade() { return apply(context(), {step, job::Apply::Direction::Upgrade, {kNew}}); }
  Result<job::Applied> roll_back() { return apply(context(), {step, job::Apply::Direction::Rollback, {kOld}}); }
};

TEST_F(Step, a_backup_is_private_and_says_whether_the_service_ran) {
  auto const done = backed_up();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_TRUE(done->was_running);
  struct stat info {};
  ASSERT_EQ(stat(done->file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600U);
  ASSERT_EQ(stat(fs::path(done->file).parent_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700U);
}

TEST_F(Step, what_a_backup_held_comes_back_with_owner_mode_and_links) {
  write("/opt/tyk-gateway/tyk.conf", "mine", 0660);
  ASSERT_EQ(chown(paths.host("/opt/tyk-gateway/tyk.conf").c_str(), 1234, 2345), 0);
  write("/etc/default/tyk-gateway", "TYK_GW_LISTENPORT=1");
  write("/etc/systemd/system/tyk-gateway.service.d/limits.conf", "[Service]\nLimitNOFILE=5\n");
  write("/opt/tyk-gateway/apps/mine.json", "{\"api\":1}");
  fs::create_symlink("apps/mine.json", paths.host("/opt/tyk-gateway/link"));
  mkfifo(paths.host("/opt/tyk-gateway/fifo").c_str(), 0600);
  ASSERT_TRUE(backed_up());
  write("/opt/tyk-gateway/tyk.conf", "changed since", 0600);
  for (auto const* gone : {"/etc/default/tyk-gateway", "/etc/systemd/system/tyk-gateway.service.d",
                           "/opt/tyk-gateway/apps", "/opt/tyk-gateway/link", "/opt/tyk-gateway/fifo"})
    fs::remove_all(paths.host(gone));
  auto const done = restore(context(), step);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read("/opt/tyk-gateway/tyk.conf"), "mine");
  struct stat info {};
  ASSERT_EQ(stat(paths.host("/opt/tyk-gateway/tyk.conf").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0660U);
  EXPECT_EQ(info.st_uid, 1234U);
  EXPECT_EQ(info.st_gid, 2345U);
  EXPECT_EQ(read("/etc/default/tyk-gateway"), "TYK_GW_LISTENPORT=1");
  EXPECT_EQ(read("/opt/tyk-gateway/apps/mine.json"), "{\"api\":1}");
  EXPECT_EQ(fs::read_symlink(paths.host("/opt/tyk-gateway/link")), "apps/mine.json");
  EXPECT_TRUE(there("/etc/systemd/system/tyk-gateway.service.d/limits.conf"));
  EXPECT_FALSE(there("/opt/tyk-gateway/fifo"));
  EXPECT_EQ(done->files.size(), 5U);
}

TEST_F(Step, restore_leaves_the_operators_newer_own_files_alone) {
  write("/opt/tyk-gateway/apps/mine.json", "old");
  ASSERT_TRUE(backed_up());
  write("/opt/tyk-gateway/apps/mine.json", "edited meanwhile");
  ASSERT_TRUE(restore(context(), step));
  EXPECT_EQ(read("/opt/tyk-gateway/apps/mine.json"), "edited meanwhile");
}

TEST_F(Step, nothing_is_written_through_another_users_link) {
  write("/opt/tyk-gateway/policies/policies.json", "mine");
  ASSERT_TRUE(backed_up());
  fs::remove_all(paths.host("/opt/tyk-gateway/policies"));
  fs::create_directories(paths.host("/etc/secret"));
  fs::create_directory_symlink(paths.host("/etc/secret"), paths.host("/opt/tyk-gateway/policies"));
  ASSERT_EQ(lchown(paths.host("/opt/tyk-gateway/policies").c_str(), 1234, 1234), 0);
  auto const done = restore(context(), step);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::NotAllowed);
  EXPECT_FALSE(there("/etc/secret/policies.json"));
}

TEST_F(Step, a_folder_that_holds_too_much_is_refused_by_name) {
  for (int i = 0; i < 5; ++i) write("/opt/tyk-gateway/data/" + std::to_string(i), "x");
  auto const done = back_up(context(), {step}, {.files = 3});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::NoSpace);
  EXPECT_FALSE(exists(paths.backups() + "/run-1/gateway.tar.zst"));
}

TEST_F(Step, old_backups_go_but_never_the_runs_own) {
  for (auto const* run : {"run-a", "run-b", "run-c"}) ASSERT_TRUE(back_up(context(), {{run, "gateway"}}));
  EXPECT_FALSE(exists(paths.backups() + "/run-a"));
  EXPECT_FALSE(exists(paths.steps() + "/run-a"));
  EXPECT_TRUE(exists(paths.backups() + "/run-b/gateway.tar.zst"));
  EXPECT_TRUE(exists(paths.backups() + "/run-c/gateway.tar.zst"));
}

TEST_F(Step, the_package_changes_and_no_service_is_touched) {
  ASSERT_TRUE(backed_up());
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->installed.front().version, "5.8.15");
  EXPECT_THAT(done->notes, testing::IsEmpty());
  EXPECT_THAT(units.calls, testing::IsEmpty());
}

TEST_F(Step, nothing_is_changed_without_a_backup) {
  auto const done = upgrade();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::NotFound);
  EXPECT_EQ(packages.changes, 0U);
}

TEST_F(Step, an_operators_plain_file_is_put_back) {
  write("/opt/tyk-gateway/policies/policies.json", "my policies");
  ASSERT_TRUE(backed_up());
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read("/opt/tyk-gateway/policies/policies.json"), "my policies");
  EXPECT_FALSE(there("/opt/tyk-gateway/policies/policies.json.tykup-new"));
  EXPECT_THAT(done->notes, ElementsAre("put back the operator's /opt/tyk-gateway/policies/policies.json"));
}

TEST_F(Step, where_the_shipped_file_changed_too_the_new_one_is_kept_beside_and_goes_with_a_rollback) {
  write("/opt/tyk-gateway/templates/error.json", "my template");
  ASSERT_TRUE(backed_up());
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read("/opt/tyk-gateway/templates/error.json"), "my template");
  EXPECT_EQ(read("/opt/tyk-gateway/templates/error.json.tykup-new"), "template new");
  EXPECT_THAT(done->notes, Contains(HasSubstr(".tykup-new")));
  ASSERT_TRUE(roll_back());
  EXPECT_EQ(read("/opt/tyk-gateway/templates/error.json"), "my template");
  EXPECT_FALSE(there("/opt/tyk-gateway/templates/error.json.tykup-new"));
}

TEST_F(Step, dpkgs_leftovers_are_reported) {
  ASSERT_TRUE(backed_up());
  packages.scripts = [this](unsigned) { write("/opt/tyk-gateway/tyk.conf.dpkg-dist", "shipped"); };
  auto const done = upgrade();
  ASSERT_TRUE(done);
  EXPECT_THAT(done->notes, ElementsAre(HasSubstr("tyk.conf.dpkg-dist")));
}

TEST_F(Step, missing_files_bring_one_reinstall) {
  ASSERT_TRUE(backed_up());
  packages.scripts = [this](unsigned change) {
    if (change == 1) fs::remove(paths.host("/opt/tyk-gateway/templates/error.json"));
  };
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(packages.changes, 2U);
  EXPECT_TRUE(there("/opt/tyk-gateway/templates/error.json"));
  EXPECT_THAT(done->repairs, ElementsAre(HasSubstr("installed once more, because these files were missing after the change: "
                                                   "/opt/tyk-gateway/templates/error.json")));
}

TEST_F(Step, files_that_stay_missing_fail_the_step) {
  ASSERT_TRUE(backed_up());
  packages.scripts = [this](unsigned) { fs::remove(paths.host("/opt/tyk-gateway/templates/error.json")); };
  auto const done = upgrade();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::PackageFailed);
  EXPECT_THAT(done.error().message, HasSubstr("templates/error.json"));
}

TEST_F(Step, a_file_that_the_operator_had_deleted_is_not_missed) {
  fs::remove(paths.host("/opt/tyk-gateway/templates/error.json"));
  ASSERT_TRUE(backed_up());
  packages.scripts = [this](unsigned) { fs::remove(paths.host("/opt/tyk-gateway/templates/error.json")); };
  EXPECT_TRUE(upgrade());
  EXPECT_EQ(packages.changes, 1U);
}

TEST_F(Step, a_unit_file_that_the_scripts_removed_is_restored_from_the_packages_copy) {
  ASSERT_TRUE(backed_up());
  packages.scripts = [this](unsigned) { fs::remove(paths.host("/lib/systemd/system/tyk-gateway.service")); };
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read("/lib/systemd/system/tyk-gateway.service"), "[Service] copy");
  EXPECT_EQ(packages.changes, 2U) << "a reinstall comes first";
  EXPECT_THAT(done->repairs, ElementsAre(HasSubstr("installed once more"), HasSubstr("install/inits")));
}

TEST_F(Step, a_service_that_was_restarted_meanwhile_is_reported) {
  ASSERT_TRUE(backed_up());
  packages.scripts = [this](unsigned) { (void)units.run(Units::Verb::Restart, "tyk-gateway.service", {}); };
  auto const done = upgrade();
  ASSERT_TRUE(done);
  EXPECT_THAT(done->notes, ElementsAre(HasSubstr("main process")));
}

TEST_F(Step, a_downgrade_is_the_rollback_of_this_step_or_roots_word) {
  packages.install(kNew);
  ASSERT_TRUE(backed_up());
  auto refused = apply(context(), {step, job::Apply::Direction::Upgrade, {kOld}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::NotAllowed);
  refused = apply(context(), {step, job::Apply::Direction::Rollback, {kOld}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::NotAllowed);
  EXPECT_EQ(packages.changes, 0U);
  EXPECT_TRUE(apply(context(true), {step, job::Apply::Direction::Rollback, {kOld}}));
}

TEST_F(Step, a_digest_that_nobody_signed_is_refused) {
  ASSERT_TRUE(backed_up());
  for (auto const* digest : {"", "ffff"}) {
    auto const done = apply(context(), {step, job::Apply::Direction::Upgrade, {{"tyk-gateway", "5.8.15", digest}}});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::UnknownVersion);
  }
}

TEST_F(Step, one_restart_and_the_new_binary_is_proven) {
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(upgrade());
  auto const done = restart(context(), step);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_TRUE(done->was_running);
  EXPECT_THAT(units.calls, ElementsAre("reload", "restart tyk-gateway.service"));
}

TEST_F(Step, an_old_process_is_not_taken_for_the_new_one) {
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(upgrade());
  units.binary_is_stale = true;
  auto const done = restart(context(), step);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::UnitFailed);
  EXPECT_THAT(done.error().message, HasSubstr("still runs the old"));
}

TEST_F(Step, a_stopped_service_stays_stopped_even_if_a_script_starts_it) {
  ASSERT_TRUE(units.run(Units::Verb::Stop, "tyk-gateway.service", {}));
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(upgrade());
  ASSERT_TRUE(units.run(Units::Verb::Start, "tyk-gateway.service", {}));
  units.calls.clear();
  auto const done = restart(context(), step);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_FALSE(done->was_running);
  EXPECT_THAT(units.calls, ElementsAre("reload", "stop tyk-gateway.service"));
}

TEST_F(Step, enabled_and_masked_come_back_as_they_were) {
  units.at("tyk-gateway.service").unit.facts.unit_file_state = "disabled";
  ASSERT_TRUE(backed_up());
  units.at("tyk-gateway.service").unit.facts.unit_file_state = "enabled";
  ASSERT_TRUE(restart(context(), step));
  EXPECT_EQ(units.at("tyk-gateway.service").unit.facts.unit_file_state, "disabled");
}

TEST_F(Step, a_start_limit_is_reset_before_the_restart) {
  ASSERT_TRUE(backed_up());
  units.at("tyk-gateway.service").unit.facts.active_state = "failed";
  ASSERT_TRUE(restart(context(), step));
  EXPECT_THAT(units.calls, ElementsAre("reload", "reset tyk-gateway.service", "restart tyk-gateway.service"));
}

TEST_F(Step, a_start_limit_is_reset_once_whatever_the_state_says) {
  ASSERT_TRUE(backed_up());
  units.at("tyk-gateway.service").unit.result = "start-limit-hit";
  ASSERT_TRUE(restart(context(), step));
  EXPECT_THAT(units.calls, ElementsAre("reload", "reset tyk-gateway.service", "restart tyk-gateway.service"));
}

TEST_F(Step, another_service_that_went_down_is_named) {
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(units.run(Units::Verb::Stop, "redis.service", {}));
  auto const done = restart(context(), step);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::UnitLost);
  EXPECT_THAT(done.error().message, HasSubstr("redis.service (stopped)"));
}

TEST_F(Step, where_the_component_stays_stopped_another_service_is_missed_all_the_same) {
  ASSERT_TRUE(units.run(Units::Verb::Stop, "tyk-gateway.service", {}));
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(units.run(Units::Verb::Stop, "redis.service", {}));
  auto const done = restart(context(), step);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::UnitLost);
}

TEST_F(Step, after_a_rollback_what_another_service_lost_is_a_note) {
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(upgrade());
  ASSERT_TRUE(units.run(Units::Verb::Stop, "redis.service", {}));
  ASSERT_FALSE(restart(context(), step));
  ASSERT_TRUE(roll_back());
  auto const back = restart(context(), step);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(back->was_running);
  EXPECT_THAT(back->notes, Contains(HasSubstr("redis.service (stopped)")));
}

TEST_F(Step, a_unit_that_had_failed_before_is_not_ours) {
  units.add("broken.service", "/usr/bin/x", "inactive", "enabled").unit.facts.active_state = "failed";
  ASSERT_TRUE(backed_up());
  EXPECT_TRUE(restart(context(), step));
  units.add("later.service", "/usr/bin/y", "inactive", "enabled").unit.facts.active_state = "failed";
  EXPECT_FALSE(restart(context(), step));
}

TEST_F(Step, a_change_that_was_killed_before_it_was_looked_at_is_looked_at_before_the_restart) {
  write("/opt/tyk-gateway/policies/policies.json", "my policies");
  ASSERT_TRUE(backed_up());
  packages.scripts = [](unsigned) { throw std::runtime_error("killed"); };
  EXPECT_ANY_THROW((void)upgrade());
  packages.scripts = {};
  EXPECT_EQ(read("/opt/tyk-gateway/policies/policies.json"), "{}");
  auto const done = restart(context(), step);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read("/opt/tyk-gateway/policies/policies.json"), "my policies");
}

TEST_F(Step, a_host_that_goes_down_begins_nothing) {
  ASSERT_TRUE(backed_up());
  units.state = "stopping";
  EXPECT_EQ(upgrade().error().kind, ErrorKind::Stopping);
  EXPECT_EQ(restart(context(), step).error().kind, ErrorKind::Stopping);
  EXPECT_EQ(packages.changes, 0U);
}

/// The host, booted again: another boot id, and what is enabled was started by the boot.
struct StepOverBoot : Step {
  StepOverBoot() { write("/proc/sys/kernel/random/boot_id", "first\n"); }
  void reboot() {
    write("/proc/sys/kernel/random/boot_id", "second\n");
    units.boot();
    units.calls.clear();
  }
};

TEST_F(StepOverBoot, a_service_that_the_boot_started_on_the_new_version_is_proven_and_not_restarted) {
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(upgrade());
  reboot();
  auto const done = restart(context(), step);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(units.calls, ElementsAre("reload"));
  EXPECT_TRUE(done->was_running);
  EXPECT_EQ(done->at, units.at("tyk-gateway.service").unit.facts.started);
  EXPECT_TRUE(done->by_boot);
}

TEST_F(StepOverBoot, a_service_that_ran_without_being_enabled_is_started) {
  units.at("tyk-gateway.service").unit.facts.unit_file_state = "disabled";
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(upgrade());
  reboot();
  ASSERT_EQ(units.at("tyk-gateway.service").unit.facts.main_pid, 0U);
  auto const done = restart(context(), step);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(units.calls, ElementsAre("reload", "restart tyk-gateway.service"));
  EXPECT_EQ(units.at("tyk-gateway.service").unit.facts.unit_file_state, "disabled");
}

TEST_F(StepOverBoot, a_service_that_was_stopped_and_that_the_boot_started_is_stopped_again) {
  ASSERT_TRUE(units.run(Units::Verb::Stop, "tyk-gateway.service", {}));
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(upgrade());
  reboot();
  auto const done = restart(context(), step);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_FALSE(done->was_running);
  EXPECT_THAT(units.calls, ElementsAre("reload", "stop tyk-gateway.service"));
}

TEST_F(StepOverBoot, what_was_put_right_after_the_boot_is_read_by_a_restart) {
  write("/opt/tyk-gateway/policies/policies.json", "my policies");
  ASSERT_TRUE(backed_up());
  packages.scripts = [](unsigned) { throw std::runtime_error("the power went"); };
  EXPECT_ANY_THROW((void)upgrade());
  packages.scripts = {};
  reboot();
  ASSERT_TRUE(restart(context(), step));
  EXPECT_THAT(units.calls, Contains("restart tyk-gateway.service"));
}

TEST_F(StepOverBoot, a_state_that_was_brought_back_after_the_boot_brings_a_restart) {
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(upgrade());
  reboot();
  units.at("tyk-gateway.service").unit.facts.unit_file_state = "disabled";
  ASSERT_TRUE(restart(context(), step));
  EXPECT_THAT(units.calls, ElementsAre("reload", "set enabled tyk-gateway.service", "restart tyk-gateway.service"));
}

TEST_F(StepOverBoot, a_configuration_that_was_put_back_after_the_boot_is_read_by_a_restart) {
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(upgrade());
  ASSERT_TRUE(roll_back());
  reboot();
  ASSERT_TRUE(restore(context(), step));
  ASSERT_TRUE(restart(context(), step));
  EXPECT_THAT(units.calls, Contains("restart tyk-gateway.service"));
}

TEST_F(StepOverBoot, an_old_process_is_restarted_whatever_the_boot) {
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(upgrade());
  units.binary_is_stale = true;
  reboot();
  units.binary_is_stale = false;
  ASSERT_TRUE(restart(context(), step));
  EXPECT_THAT(units.calls, Contains("restart tyk-gateway.service"));
}

TEST_F(StepOverBoot, a_host_that_is_still_booting_is_waited_for_but_not_for_ever) {
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(upgrade());
  reboot();
  units.state = "starting";
  auto impatient = context();
  impatient.boot_limit = std::chrono::milliseconds{50};
  EXPECT_TRUE(restart(impatient, step));
}

TEST_F(Step, a_record_without_the_fields_of_later_versions_is_read) {
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(upgrade());
  auto const file = step_file(paths, step);
  auto record = nlohmann::json::parse(read_file(file).value());
  record.erase("schema");
  record.erase("changed_in");
  ASSERT_TRUE(write_durably(file, record.dump()));
  auto const done = restart(context(), step);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(units.calls, Contains("restart tyk-gateway.service"));
}

TEST_F(Step, a_record_of_a_newer_version_is_refused_and_says_so) {
  ASSERT_TRUE(backed_up());
  auto const file = step_file(paths, step);
  auto record = nlohmann::json::parse(read_file(file).value());
  record["schema"] = kStepSchema + 1;
  record["of_a_later_day"] = true;
  ASSERT_TRUE(write_durably(file, record.dump()));
  auto const done = upgrade();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::StateUnusable);
  EXPECT_THAT(done.error().message, HasSubstr("was written by a newer tykup (2, this one knows 1): install that version again"));
  EXPECT_EQ(packages.changes, 0U);
}

TEST_F(Step, a_restart_that_the_shutdown_of_the_host_spoils_is_put_off_and_no_failure) {
  ASSERT_TRUE(backed_up());
  ASSERT_TRUE(upgrade());
  units.at("tyk-gateway.service").fails = true;
  auto going_down = context();
  going_down.told_to_stop = [asked = 0]() mutable { return asked++ > 0; };
  auto const done = restart(going_down, step);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::Stopping);
  EXPECT_THAT(done.error().message, HasSubstr("the restart of gateway is left for after the next start"));
  EXPECT_EQ(restart(context(), step).error().kind, ErrorKind::UnitFailed);
}

TEST_F(Step, inspect_tells_endpoints_and_no_secret) {
  auto const seen = inspect(context(), {});
  ASSERT_TRUE(seen);
  auto const& gateway = seen->facts.components.front();
  EXPECT_EQ(gateway.installed.front().version, "5.8.14");
  ASSERT_FALSE(gateway.endpoints.empty());
  EXPECT_THAT(gateway.endpoints.front().url, HasSubstr(":8080/"));
  for (auto const& endpoint : gateway.endpoints) EXPECT_THAT(endpoint.url, Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace tykup::executor
