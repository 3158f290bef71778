// What packages of each era do to their units, and that it is put right. The scripts are stood in for by what they do.
#include <gmock/gmock.h>
#include <unistd.h>

#include "pkg/executor/backup.hpp"
#include "pkg/executor/landing.hpp"
#include "pkg/executor/restart.hpp"
#include "tests/integration/executor/scratch.hpp"

namespace tykup::executor {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;

constexpr char const* kUnit = "/lib/systemd/system/tyk-gateway.service";
constexpr char const* kScript = "/etc/init.d/tyk-gateway";
constexpr char const* kDefaults = "/etc/default/tyk-gateway";

/// An rpm host whose old gateway brought its unit by a script: it belongs to no package.
struct Repair : Scratch {
  Repair() : packages(paths.root), units(paths), config(gateway_config()) {
    packages.of = PackageFormat::Rpm;
    units.add("tyk-gateway.service", "/opt/tyk-gateway/tyk", "inactive", "enabled").unit.fragment = kUnit;
  }
  static fakes::FakePackageManager::Build build(std::string const& version, bool owns_its_unit = false) {
    fakes::FakePackageManager::Build out{
        {"tyk-gateway", version, "digest of " + version},
        {{"/opt/tyk-gateway/tyk", "binary " + version},
         {"/opt/tyk-gateway/install/inits/systemd/system/tyk-gateway.service", "[Service] " + version},
         {"/opt/tyk-gateway/install/inits/sysv/init.d/tyk-gateway", "#!/bin/sh " + version}},
        {{"/opt/tyk-gateway/tyk.conf", "{}"}}};
    if (owns_its_unit) out.files[kUnit] = "[Service] " + version;
    return out;
  }
  void host_with(fakes::FakePackageManager::Build const& old, fakes::FakePackageManager::Build const& fresh) {
    from = old.pin;
    to = fresh.pin;
    packages.offer(old);
    packages.offer(fresh);
    packages.install(from);
    if (!there(kUnit)) write(kUnit, "[Service] " + old.pin.version);
    ASSERT_TRUE(units.run(Units::Verb::Start, "tyk-gateway.service", {}));
    units.calls.clear();
  }
  [[nodiscard]] Context context() {
    return {paths, config, packages, units, [](job::Progress const&) {}, false, [] { return false; }, std::chrono::milliseconds{200}};
  }
  void remove(char const* path) const { fs::remove(paths.host(path)); }
  [[nodiscard]] unsigned mode_of(char const* path) const {
    struct stat info {};
    return stat(paths.host(path).c_str(), &info) == 0 ? info.st_mode & 07777U : 0U;
  }
  Result<job::Applied> upgrade() {
    auto const saved = back_up(context(), {step});
    if (!saved) return fail(saved.error());
    return apply(context(), {step, job::Apply::Direction::Upgrade, {to}});
  }

  fakes::FakePackageManager packages;
  fakes::FakeUnits units;
  Config config;
  PackagePin from;
  PackagePin to;
  job::StepId const step{"run-1", "gateway"};
};

TEST_F(Repair, a_version_that_is_known_to_take_its_unit_along_brings_a_reinstall) {
  host_with(build("2.4.2-1"), build("2.5.0-1"));
  packages.scripts = [this](unsigned change) {
    if (change == 1) remove(kUnit);
    if (change == 2) write(kUnit, "[Service] by the new script");
  };
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(packages.changes, 2U);
  EXPECT_EQ(read(kUnit), "[Service] by the new script");
  EXPECT_THAT(done->repairs, ElementsAre(AllOf(HasSubstr(kUnit), HasSubstr("2.4.2"), HasSubstr("removes unit file"))));
}

TEST_F(Repair, the_rule_needs_no_evidence) {
  host_with(build("3.0.6-1"), build("5.8.15-1", true));
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(packages.changes, 2U);
  EXPECT_THAT(done->repairs, ElementsAre("its package was installed once more, because the package of 3.0.6 stops its service "
                                         "and removes its unit file when it is replaced"));
}

TEST_F(Repair, a_sound_version_brings_none) {
  host_with(build("5.8.14-1", true), build("5.8.15-1", true));
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(packages.changes, 1U);
  EXPECT_THAT(done->repairs, IsEmpty());
}

TEST_F(Repair, scripts_that_remove_again_what_the_reinstall_brings_are_outdone) {
  host_with(build("2.3.8-1"), build("2.4.2-1"));
  write(kScript, "#!/bin/sh old", 0755);
  write(kDefaults, "TYK_GW_SECRET=mine", 0600);
  packages.scripts = [this](unsigned) {
    for (auto const* path : {kUnit, kScript, kDefaults}) remove(path);
  };
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read(kUnit), "[Service] 2.4.2-1");
  EXPECT_EQ(mode_of(kUnit), 0644U);
  EXPECT_EQ(read(kScript), "#!/bin/sh 2.4.2-1");
  EXPECT_EQ(mode_of(kScript), 0755U);
  EXPECT_EQ(read(kDefaults), "TYK_GW_SECRET=mine") << "the operator's, not the package's";
  EXPECT_EQ(mode_of(kDefaults), 0600U);
  EXPECT_THAT(done->repairs, ElementsAre(HasSubstr("installed once more"), HasSubstr(kUnit), HasSubstr(kScript),
                                         "/etc/default/tyk-gateway was gone after the change: it is put back from the backup"));
  auto const restarted = restart(context(), step);
  ASSERT_TRUE(restarted) << restarted.error().message;
  EXPECT_THAT(units.calls, ElementsAre("reload", "restart tyk-gateway.service"));
}

TEST_F(Repair, a_way_back_to_an_old_version_has_its_unit_too) {
  host_with(build("2.4.2-1"), build("5.8.15-1", true));
  ASSERT_TRUE(upgrade());
  packages.scripts = [this](unsigned) { remove(kUnit); };
  auto const back = apply(context(), {step, job::Apply::Direction::Rollback, {from}});
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(read(kUnit), "[Service] 2.4.2-1");
  EXPECT_THAT(back->repairs, Contains(HasSubstr("install/inits")));
}

TEST_F(Repair, the_rule_holds_for_the_version_that_a_way_back_replaces) {
  host_with(build("3.0.5-1"), build("3.2.1-1"));
  ASSERT_TRUE(upgrade());
  EXPECT_EQ(packages.changes, 1U);
  auto const back = apply(context(), {step, job::Apply::Direction::Rollback, {from}});
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(packages.changes, 3U);
  EXPECT_THAT(back->repairs, ElementsAre(HasSubstr("the package of 3.2.1")));
}

TEST_F(Repair, a_unit_in_a_place_of_its_own_is_watched_there) {
  host_with(build("5.8.14-1"), build("5.8.15-1"));
  remove(kUnit);
  constexpr char const* kElsewhere = "/usr/local/lib/systemd/system/tyk-gateway.service";
  write(kElsewhere, "[Service] elsewhere");
  units.at("tyk-gateway.service").unit.fragment = kElsewhere;
  packages.scripts = [this](unsigned) { remove(kElsewhere); };
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read(kElsewhere), "[Service] 5.8.15-1");
}

TEST_F(Repair, a_service_made_from_an_init_script_is_watched_by_that_script) {
  host_with(build("5.8.14-1"), build("5.8.15-1"));
  remove(kUnit);
  write(kScript, "#!/bin/sh old", 0755);
  auto& unit = units.at("tyk-gateway.service").unit;
  unit.fragment = "/run/systemd/generator.late/tyk-gateway.service";
  unit.source = kScript;
  unit.facts.unit_file_state = "generated";
  packages.scripts = [this](unsigned) { remove(kScript); };
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read(kScript), "#!/bin/sh 5.8.15-1");
}

TEST_F(Repair, without_a_copy_in_the_package_the_backup_has_one) {
  auto fresh = build("5.8.15-1");
  std::erase_if(fresh.files, [](auto const& file) { return file.first.find("/inits/") != std::string::npos; });
  host_with(build("5.8.14-1"), fresh);
  packages.scripts = [this](unsigned) {
    remove(kUnit);
    fs::remove_all(paths.host("/opt/tyk-gateway/install"));
  };
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read(kUnit), "[Service] 5.8.14-1");
  EXPECT_THAT(done->repairs, Contains(HasSubstr("restored from the backup of this step")));
}

TEST_F(Repair, a_unit_that_is_nowhere_fails_the_step_by_name) {
  auto old = build("5.8.14-1", true);
  auto fresh = build("5.8.15-1");
  for (auto* one : {&old, &fresh})
    std::erase_if(one->files, [](auto const& file) { return file.first.find("/inits/") != std::string::npos; });
  host_with(old, fresh);
  packages.scripts = [this](unsigned) { remove(kUnit); };
  auto const done = upgrade();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::UnitFailed);
  EXPECT_THAT(done.error().message, HasSubstr(kUnit));
}

TEST_F(Repair, an_init_script_that_the_new_package_gave_up_is_not_missed) {
  auto fresh = build("5.8.15-1", true);
  fresh.files.erase("/opt/tyk-gateway/install/inits/sysv/init.d/tyk-gateway");
  host_with(build("5.8.14-1", true), fresh);
  write(kScript, "#!/bin/sh old", 0755);
  packages.scripts = [this](unsigned) {
    remove(kScript);
    remove("/opt/tyk-gateway/install/inits/sysv/init.d/tyk-gateway");
  };
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_FALSE(there(kScript));
  EXPECT_EQ(packages.changes, 1U);
}

struct Links : Repair, testing::WithParamInterface<char const*> {};

TEST_P(Links, of_the_init_script_are_as_they_were) {
  std::string const rc = GetParam();
  host_with(build("5.8.14-1", true), build("5.8.15-1", true));
  write(kScript, "#!/bin/sh", 0755);
  for (auto const* folder : {"0.d", "3.d", "5.d"}) fs::create_directories(paths.host(rc + folder));
  auto const link = [&](std::string const& name, std::string const& target) { fs::create_symlink(target, paths.host(rc + name)); };
  link("3.d/S20tyk-gateway", "../init.d/tyk-gateway");
  link("0.d/K80tyk-gateway", "../init.d/tyk-gateway");
  link("3.d/S20tyk-gateway-python", "../init.d/tyk-gateway-python");
  packages.scripts = [&](unsigned) {
    fs::remove(paths.host(rc + "3.d/S20tyk-gateway"));
    fs::remove(paths.host(rc + "0.d/K80tyk-gateway"));
    fs::remove(paths.host(rc + "3.d/S20tyk-gateway-python"));
    link("3.d/K01tyk-gateway", "../init.d/tyk-gateway");
    link("5.d/S50tyk-gateway", "../init.d/tyk-gateway");
  };
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(fs::read_symlink(paths.host(rc + "3.d/S20tyk-gateway")), "../init.d/tyk-gateway");
  EXPECT_EQ(fs::read_symlink(paths.host(rc + "0.d/K80tyk-gateway")), "../init.d/tyk-gateway");
  EXPECT_FALSE(there(rc + "3.d/K01tyk-gateway")) << "what came in the place of a link goes with it";
  EXPECT_TRUE(there(rc + "5.d/S50tyk-gateway")) << "a link that the package adds is its own";
  EXPECT_FALSE(there(rc + "3.d/S20tyk-gateway-python")) << "another service's";
  EXPECT_THAT(done->repairs, ElementsAre(HasSubstr("chkconfig --del")));
}

INSTANTIATE_TEST_SUITE_P(in, Links, testing::Values("/etc/rc", "/etc/rc.d/rc"),
                         [](auto const& test) { return std::string(test.index == 0 ? "debians_place" : "the_place_of_el"); });

TEST_F(Repair, one_service_in_all_its_states_is_as_before) {
  struct Row {
    char const* was;
    bool running;
    char const* after_the_scripts;
    std::vector<std::string> asked;
  };
  for (auto const& row : {Row{"enabled", true, "disabled", {"reload", "set enabled", "restart"}},
                          Row{"enabled", true, "", {"reload", "set enabled", "restart"}},
                          Row{"enabled", false, "enabled", {"reload", "stop"}},
                          Row{"disabled", true, "enabled", {"reload", "set disabled", "restart"}},
                          Row{"disabled", false, "enabled", {"reload", "set disabled", "stop"}},
                          Row{"static", true, "static", {"reload", "restart"}}}) {
    packages.of = PackageFormat::Rpm;
    host_with(build("5.8.14-1", true), build("5.8.15-1", true));
    auto& facts = units.at("tyk-gateway.service").unit.facts;
    facts.unit_file_state = row.was;
    if (!row.running) {
      ASSERT_TRUE(units.run(Units::Verb::Stop, "tyk-gateway.service", {}));
    }
    ASSERT_TRUE(upgrade());
    facts.unit_file_state = row.after_the_scripts;
    ASSERT_TRUE(units.run(Units::Verb::Start, "tyk-gateway.service", {}));
    units.calls.clear();
    auto const done = restart(context(), step);
    ASSERT_TRUE(done) << done.error().message;
    auto wanted = row.asked;
    for (auto& call : wanted)
      if (call != "reload") call += " tyk-gateway.service";
    EXPECT_EQ(units.calls, wanted) << row.was << " → " << row.after_the_scripts;
    EXPECT_EQ(facts.unit_file_state, row.was);
    EXPECT_EQ(facts.running(), row.running);
  }
}

struct Masked : Repair {
  Masked() {
    host_with(build("5.8.14-1", true), build("5.8.15-1", true));
    fs::create_directories(paths.host("/etc/systemd/system/multi-user.target.wants"));
    mask();
    EXPECT_TRUE(units.run(Units::Verb::Stop, "tyk-gateway.service", {}));
    units.calls.clear();
  }
  void mask() {
    fs::create_symlink("/dev/null", paths.host("/etc/systemd/system/tyk-gateway.service"));
    auto& unit = units.at("tyk-gateway.service").unit;
    unit.fragment = "/etc/systemd/system/tyk-gateway.service";
    unit.facts.load_state = unit.facts.unit_file_state = "masked";
  }
  /// `systemctl unmask` acts on files, with SYSTEMD_OFFLINE=1 too.
  void scripts_unmask_and_enable() {
    packages.scripts = [this](unsigned) { remove("/etc/systemd/system/tyk-gateway.service"); };
    ASSERT_TRUE(upgrade());
    auto& facts = units.at("tyk-gateway.service").unit.facts;
    facts.load_state = "loaded";
    facts.unit_file_state = "enabled";
  }
};

TEST_F(Masked, a_unit_that_a_script_unmasked_is_masked_again_and_not_enabled_below) {
  scripts_unmask_and_enable();
  auto const done = restart(context(), step);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_FALSE(done->was_running);
  EXPECT_THAT(units.calls, ElementsAre("reload", "set disabled tyk-gateway.service", "set masked tyk-gateway.service"));
  EXPECT_THAT(done->repairs, ElementsAre("tyk-gateway.service was enabled after the change: it is masked again, as before"));
}

TEST_F(Masked, what_was_enabled_below_the_mask_stays_so) {
  fs::create_symlink("/lib/systemd/system/tyk-gateway.service",
                     paths.host("/etc/systemd/system/multi-user.target.wants/tyk-gateway.service"));
  scripts_unmask_and_enable();
  ASSERT_TRUE(restart(context(), step));
  EXPECT_THAT(units.calls, ElementsAre("reload", "set masked tyk-gateway.service"));
}

TEST_F(Masked, the_mask_is_not_taken_for_the_unit_file) {
  packages.scripts = [this](unsigned) { remove(kUnit); };
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read(kUnit), "[Service] 5.8.15-1");
  EXPECT_THAT(done->repairs, Contains(HasSubstr(kUnit)));
}

TEST_F(Repair, configuration_that_the_new_package_just_overwrites_is_put_back) {
  auto old = build("2.9.4.2-1");
  old.config["/opt/tyk-gateway/apps/app.json"] = "shipped app";
  old.config["/opt/tyk-gateway/policies/policies.json"] = "shipped policies";
  auto fresh = build("5.8.15-1", true);
  fresh.files["/opt/tyk-gateway/policies/policies.json"] = "newer policies";
  fresh.files["/opt/tyk-gateway/apps/app.json"] = "newer app";
  host_with(old, fresh);
  write("/opt/tyk-gateway/policies/policies.json", "my policies");
  packages.scripts = [this](unsigned) { write("/opt/tyk-gateway/policies/policies.json.rpmsave", "my policies"); };
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read("/opt/tyk-gateway/policies/policies.json"), "my policies");
  EXPECT_EQ(read("/opt/tyk-gateway/apps/app.json"), "newer app") << "nobody had changed it";
  EXPECT_THAT(done->notes, Contains("put back the operator's /opt/tyk-gateway/policies/policies.json"));
}

TEST_F(Repair, configuration_that_the_new_package_takes_away_comes_back_only_if_somebody_had_changed_it) {
  auto old = build("2.9.4.2-1");
  old.config["/opt/tyk-gateway/apps/mine.json"] = "shipped";
  old.config["/opt/tyk-gateway/apps/plain.json"] = "shipped";
  host_with(old, build("5.8.15-1", true));
  write("/opt/tyk-gateway/apps/mine.json", "changed");
  packages.scripts = [this](unsigned) {
    for (auto const* path : {"/opt/tyk-gateway/apps/mine.json", "/opt/tyk-gateway/apps/plain.json", "/opt/tyk-gateway/tyk.conf"})
      remove(path);
  };
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read("/opt/tyk-gateway/apps/mine.json"), "changed");
  EXPECT_FALSE(there("/opt/tyk-gateway/apps/plain.json"));
  EXPECT_EQ(read("/opt/tyk-gateway/tyk.conf"), "{}") << "without its own the gateway writes a default one";
}

TEST_F(Repair, drop_ins_that_a_script_removed_come_back) {
  host_with(build("5.8.14-1", true), build("5.8.15-1", true));
  constexpr char const* kDropIn = "/etc/systemd/system/tyk-gateway.service.d/limits.conf";
  write(kDropIn, "[Service]\nLimitNOFILE=5\n");
  packages.scripts = [this](unsigned) { fs::remove_all(paths.host("/etc/systemd/system/tyk-gateway.service.d")); };
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read(kDropIn), "[Service]\nLimitNOFILE=5\n");
  EXPECT_THAT(done->repairs, ElementsAre(HasSubstr(kDropIn)));
}

TEST_F(Repair, only_what_this_step_set_aside_is_told) {
  host_with(build("5.8.14-1", true), build("5.8.15-1", true));
  for (auto const* known : {"/opt/tyk-gateway/tyk.conf.rpmnew", "/opt/tyk-gateway/old.rpmsave"}) write(known, "of an earlier upgrade");
  packages.scripts = [this](unsigned) {
    fs::remove(paths.host("/opt/tyk-gateway/tyk.conf.rpmnew"));
    write("/opt/tyk-gateway/tyk.conf.rpmnew.tmp", "newer");
    fs::rename(paths.host("/opt/tyk-gateway/tyk.conf.rpmnew.tmp"), paths.host("/opt/tyk-gateway/tyk.conf.rpmnew"));
    write("/opt/tyk-gateway/tyk.rpmsave", "beside a plain file");
    fs::create_directories(paths.host("/opt/tyk-gateway/templates.rpmsave"));
    write(std::string(kUnit) + ".rpmnew", "outside the folder");
    write("/lib/systemd/system/ssh.service.rpmnew", "somebody else's");
  };
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(done->notes, testing::UnorderedElementsAre(
                               "the package's own version of /opt/tyk-gateway/tyk.conf was left as /opt/tyk-gateway/tyk.conf.rpmnew",
                               "what stood at /opt/tyk-gateway/tyk before was set aside as /opt/tyk-gateway/tyk.rpmsave",
                               "what stood at /opt/tyk-gateway/templates before was set aside as /opt/tyk-gateway/templates.rpmsave",
                               HasSubstr("tyk-gateway.service.rpmnew")));
}

struct Selinux : Repair {
  Selinux() {
    host_with(build("5.8.14-1"), build("5.8.15-1"));
    packages.scripts = [this](unsigned) { remove(kUnit); };
  }
  void selinux_is_at_work() const { write("/sys/fs/selinux/enforce", "1"); }
  void restorecon(std::string const& body) const {
    write("/usr/sbin/restorecon", "#!/bin/sh\n" + body + "\n", 0755);
  }
  [[nodiscard]] std::string asked() const { return read("/asked"); }
};

TEST_F(Selinux, files_that_are_put_back_are_relabelled) {
  selinux_is_at_work();
  restorecon("echo \"$@\" >> " + paths.host("/asked"));
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(asked(), "-- " + paths.host(kUnit) + "\n");
  EXPECT_THAT(done->notes, IsEmpty());
  write("/opt/tyk-gateway/tyk.conf", "changed since");
  ASSERT_TRUE(restore(context(), step));
  EXPECT_THAT(asked(), HasSubstr(paths.host("/opt/tyk-gateway/tyk.conf")));
}

TEST_F(Selinux, without_it_nothing_is_run) {
  restorecon("echo run >> " + paths.host("/asked"));
  ASSERT_TRUE(upgrade());
  EXPECT_FALSE(there("/asked"));
}

TEST_F(Selinux, a_restorecon_that_fails_is_a_note) {
  selinux_is_at_work();
  restorecon("echo no such context; exit 1");
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(done->notes, ElementsAre(AllOf(HasSubstr(kUnit), HasSubstr("no such context"), HasSubstr("exit status 1"))));
}

TEST_F(Selinux, a_missing_restorecon_is_a_note) {
  selinux_is_at_work();
  auto const done = upgrade();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(done->notes, ElementsAre(HasSubstr("restorecon is not installed")));
}

}  // namespace
}  // namespace tykup::executor
