#include <fcntl.h>
#include <gmock/gmock.h>

#include <cstdlib>

#include "pkg/executor/check_plugin.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/operations.hpp"
#include "pkg/executor/package_member.hpp"
#include "tests/fakes/fake_sandbox.hpp"
#include "tests/integration/executor/scratch.hpp"

namespace tykup::executor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string const kConf = "/opt/tyk-gateway/tyk.conf";
std::string const kApi = "/opt/tyk-gateway/apps/orders.json";
std::string const kBuild = "/opt/tyk-gateway/middleware/auth_v5.8.15_linux_amd64.so";

std::string api(std::string const& path, std::string const& symbol = "Auth") {
  return R"({"custom_middleware":{"driver":"goplugin","pre":[{"name":")" + symbol + R"(","path":")" + path + R"("}]}})";
}

class PluginHost : public GatewayHost {
 public:
  ComponentFacts facts() {
    auto const found = inspect(context(), {});
    EXPECT_TRUE(found);
    return found->facts.components.front();
  }
  /// "PATH SYMBOL in WHERE: FILE FILE".
  std::vector<std::string> plugins() {
    std::vector<std::string> out;
    for (auto const& plugin : facts().plugins) {
      std::string line = plugin.path + " " + plugin.symbol + " in " + plugin.where + ":";
      for (auto const& file : plugin.files) line += " " + file.path + (file.problem.empty() ? "" : " (" + file.problem + ")");
      out.push_back(std::move(line));
    }
    return out;
  }
  void map_into_process(std::string const& text) {
    auto const pid = units.at("tyk-gateway.service").unit.facts.main_pid;
    write("/proc/" + std::to_string(pid) + "/maps", text);
  }
};

TEST_F(PluginHost, a_gateway_without_definitions_has_no_plugins) {
  EXPECT_THAT(plugins(), IsEmpty());
  EXPECT_EQ(facts().plugins_unknown, "");
}

TEST_F(PluginHost, plugins_are_what_the_definitions_on_disk_name_with_the_files_that_are_there) {
  write(kApi, api("/opt/tyk-gateway/middleware/auth.so"));
  write("/opt/tyk-gateway/apps/relative.json", api("middleware/log.so", "Log"));
  write("/opt/tyk-gateway/apps/notes.txt", "no definition");
  write("/opt/tyk-gateway/middleware/log.so", "x");
  write(kBuild, "x");
  write("/opt/tyk-gateway/middleware/auth_v5.8.14_linux_amd64.so", "of no newer version");
  EXPECT_THAT(plugins(), ElementsAre("/opt/tyk-gateway/middleware/auth.so Auth in " + kApi + ": " + kBuild,
                                     "/opt/tyk-gateway/middleware/log.so Log in /opt/tyk-gateway/apps/relative.json: /opt/tyk-gateway/middleware/log.so"));
  EXPECT_EQ(facts().plugins.front().files.front().sha256, digest_of("x"));
}

TEST_F(PluginHost, folders_are_those_of_the_configuration_and_the_environment_wins) {
  write(kConf, R"({"app_path":"/srv/apis"})");
  write("/srv/apis/a.json", api("/a.so"));
  write("/srv/others/b.json", api("/b.so"));
  EXPECT_THAT(plugins(), ElementsAre("/a.so Auth in /srv/apis/a.json:"));
  units.at("tyk-gateway.service").unit.environment["TYK_GW_APPPATH"] = "/srv/others/";
  EXPECT_THAT(plugins(), ElementsAre("/b.so Auth in /srv/others/b.json:"));
}

TEST_F(PluginHost, a_definition_that_cannot_be_read_may_name_anything) {
  write(kApi, R"({"custom_middleware":{"driver":)");
  EXPECT_EQ(facts().plugins_unknown, "cannot read " + kApi + ": it is no JSON object");
  std::filesystem::remove(paths.host(kApi));
  std::filesystem::create_directories(paths.host(kApi));
  EXPECT_THAT(facts().plugins_unknown, HasSubstr(kApi + " is no plain file"));
  std::filesystem::remove(paths.host(kApi));
  mkfifo(paths.host(kApi).c_str(), 0644);
  EXPECT_THAT(facts().plugins_unknown, HasSubstr(kApi + " is no plain file"));
  std::filesystem::remove(paths.host(kApi));
  std::filesystem::create_symlink(kApi, paths.host(kApi));
  EXPECT_THAT(facts().plugins_unknown, HasSubstr("cannot read " + kApi));
  std::filesystem::remove(paths.host(kApi));
  std::ofstream(paths.host(kApi)) << std::string((std::size_t{8} << 20) + 1, ' ');
  EXPECT_THAT(facts().plugins_unknown, HasSubstr(kApi + " is larger than 8 MiB"));
}

TEST_F(PluginHost, a_plugin_that_is_no_plain_file_says_so) {
  write(kApi, api("/opt/tyk-gateway/middleware/auth.so"));
  std::filesystem::create_directories(paths.host(kBuild));
  EXPECT_THAT(plugins(), ElementsAre(HasSubstr(kBuild + " (" + kBuild + " is no plain file)")));
}

TEST_F(PluginHost, bundles_count_where_they_are_downloaded_and_a_definition_wants_them) {
  write(kApi, R"({"custom_middleware_bundle":"orders.zip"})");
  EXPECT_EQ(facts().plugins_unknown, "");
  write(kConf, R"({"enable_bundle_downloader":true})");
  EXPECT_THAT(facts().plugins_unknown, HasSubstr("the bundle orders.zip (named in " + kApi + ") is not unpacked below /opt/tyk-gateway/middleware/bundles"));
  std::string const folder = "/opt/tyk-gateway/middleware/bundles/15ff3c4e8e0f6a8b2ea8a8d7b6dbe0c0";
  write(folder + "/manifest.json", api("old.so"));
  EXPECT_THAT(plugins(), IsEmpty()) << "a bundle that nothing names";
  // The name is what md5sum says of "orders.zip".
  std::string const wanted = "/opt/tyk-gateway/middleware/bundles/ab765cb60b79099d11d1928386acd700";
  write(wanted + "/manifest.json", api("auth.so"));
  write(wanted + "/auth_v5.8.15_linux_amd64.so", "x");
  EXPECT_THAT(plugins(), ElementsAre(wanted + "/auth.so Auth in " + wanted + "/manifest.json: " + wanted + "/auth_v5.8.15_linux_amd64.so"));
  EXPECT_EQ(facts().plugins_unknown, "");
  write(wanted + "/manifest.json", "{");
  EXPECT_THAT(facts().plugins_unknown, HasSubstr("cannot read " + wanted + "/manifest.json"));
}

TEST_F(PluginHost, told_by_a_dashboard_its_plugins_are_those_that_its_process_has_loaded) {
  write(kConf, R"({"use_db_app_configs":true})");
  write(kApi, api("/not/asked.so"));
  EXPECT_THAT(facts().plugins_unknown, HasSubstr("cannot read which plugins process"));
  map_into_process("7f00-7f01 r-xp 0 08:01 7 /opt/tyk-gateway/tyk\n7f01-7f02 r-xp 0 08:01 8 /usr/lib/x86_64-linux-gnu/libz.so\n"
                   "7f02-7f03 r-xp 0 08:01 9 /opt/mw/auth_v5.8.14_linux_amd64.so\n7f03-7f04 rw-p 0 08:01 9 /opt/mw/auth_v5.8.14_linux_amd64.so\n"
                   "7f04-7f05 r-xp 0 08:01 9 /opt/mw/log.so (deleted)\n7f05-7f06 rw-p 0 0 0\n7ff0-7ff1 r-xp 0 0 0 [vdso]\n");
  auto const pid = std::to_string(units.at("tyk-gateway.service").unit.facts.main_pid);
  EXPECT_THAT(plugins(), ElementsAre("/opt/mw/auth.so  in the running Gateway, process " + pid + ":", "/opt/mw/log.so  in the running Gateway, process " + pid + ":"));
  EXPECT_EQ(facts().plugins_unknown, "");
}

TEST_F(PluginHost, told_by_mdcb_the_manifest_says_more_of_a_bundle_than_the_process) {
  write(kConf, R"({"slave_options":{"use_rpc":true},"enable_bundle_downloader":true})");
  std::string const folder = "/opt/tyk-gateway/middleware/bundles/";
  write(folder + "in-use/manifest.json", api("auth.so"));
  write(folder + "left-over/manifest.json", api("old.so"));
  map_into_process("7f02-7f03 r-xp 0 08:01 9 " + folder + "in-use/auth_v5.8.14_linux_amd64.so\n");
  EXPECT_THAT(plugins(), ElementsAre(folder + "in-use/auth.so Auth in " + folder + "in-use/manifest.json:"));
}

TEST_F(PluginHost, told_by_a_dashboard_and_not_running_its_plugins_are_what_lies_there) {
  write(kConf, R"({"use_db_app_configs":true})");
  units.at("tyk-gateway.service").unit.facts.main_pid = 0;
  EXPECT_THAT(plugins(), IsEmpty());
  write("/opt/tyk-gateway/middleware/auth_v5.8.14_linux_amd64.so", "x");
  EXPECT_THAT(plugins(), ElementsAre(HasSubstr("/opt/tyk-gateway/middleware/auth.so  in /opt/tyk-gateway, while the Gateway does not run:")));
}

void run(std::string const& command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }

/// A package with the program of the new version, as dpkg-deb or rpmbuild makes one.
std::string make_package(Scratch const& at, PackageFormat format, std::string const& compression, std::string const& program) {
  at.write("/tree/opt/tyk-gateway/tyk", program, 0755);
  at.write("/tree/opt/tyk-gateway/a-folder/x", "");
  std::filesystem::remove(at.paths.root + "/tree/opt/tyk-gateway/link");
  std::filesystem::create_symlink("tyk", at.paths.root + "/tree/opt/tyk-gateway/link");
  auto const file = at.paths.root + "/package";
  std::string const root = at.paths.root;
  if (format == PackageFormat::Deb) {
    at.write("/tree/DEBIAN/control", "Package: tyk-gateway\nVersion: 5.8.15\nArchitecture: amd64\nMaintainer: T <t@example.org>\nDescription: x\n");
    run("dpkg-deb --root-owner-group -Z" + compression + " -b " + root + "/tree " + file + " >/dev/null");
  } else {
    at.write("/package.spec",
             "Name: tyk-gateway\nVersion: 5.8.15\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: x86_64\nAutoReqProv: no\n%description\nx\n%install\n"
             "mkdir -p %{buildroot} && cp -a " + root + "/tree/opt %{buildroot}/\n%files\n/opt/tyk-gateway\n");
    run("rpmbuild -bb --quiet --nodeps --target x86_64 --define '_binary_payload " + compression + "' --define '__os_install_post %{nil}'" +
        " --define '_topdir " + root + "/build' --define '_tmppath " + root + "' " + root + "/package.spec >/dev/null 2>&1 && cp " + root + "/build/RPMS/x86_64/*.rpm " + file);
  }
  return file;
}

struct Packed {
  PackageFormat format;
  char const* compression;
};
class Extracting : public Scratch, public testing::WithParamInterface<Packed> {
 public:
  Result<void> extract(std::string const& file, std::string const& member) {
    Fd const package(open(file.c_str(), O_RDONLY));
    std::filesystem::remove(paths.root + "/out");
    return extract_member(package.get(), GetParam().format, member, paths.root + "/out");
  }
};

TEST_P(Extracting, takes_one_plain_file_out_of_a_package_and_nothing_else) {
  std::string const program(300'000, 'p');
  auto const file = make_package(*this, GetParam().format, GetParam().compression, program);
  ASSERT_TRUE(extract(file, "/opt/tyk-gateway/tyk"));
  EXPECT_EQ(read("/out"), program);
  EXPECT_EQ(std::filesystem::status(paths.root + "/out").permissions(), std::filesystem::perms{0755});
  for (auto const* member : {"/opt/tyk-gateway/link", "/opt/tyk-gateway/a-folder", "/opt/tyk-gateway", "/opt/tyk-gateway/ty", "/etc/passwd", ""}) {
    auto const done = extract(file, member);
    ASSERT_FALSE(done) << member;
    EXPECT_EQ(done.error().kind, ErrorKind::NotFound) << member << ": " << done.error().message;
    EXPECT_FALSE(there("/out"));
  }
}

TEST_P(Extracting, leaves_nothing_of_a_package_that_breaks_off_or_is_none) {
  std::string program;
  for (int i = 0; i < 200'000; ++i) program += static_cast<char>(rand());
  auto const file = make_package(*this, GetParam().format, GetParam().compression, program);
  auto const size = std::filesystem::file_size(file);
  for (auto const left : {std::uintmax_t{0}, std::uintmax_t{1}, std::uintmax_t{100}, size / 2, size - 2000}) {
    auto const part = paths.root + "/part";
    std::filesystem::copy_file(file, part, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(part, left);
    auto const done = extract(part, "/opt/tyk-gateway/tyk");
    ASSERT_FALSE(done) << left;
    EXPECT_FALSE(there("/out")) << left;
  }
  write("/text", std::string(5000, 'x'));
  EXPECT_FALSE(extract(paths.root + "/text", "/opt/tyk-gateway/tyk"));
}

INSTANTIATE_TEST_SUITE_P(formats, Extracting,
                         testing::Values(Packed{PackageFormat::Deb, "none"}, Packed{PackageFormat::Deb, "gzip"}, Packed{PackageFormat::Deb, "xz"},
                                         Packed{PackageFormat::Deb, "zstd"}, Packed{PackageFormat::Rpm, "w9.gzdio"}, Packed{PackageFormat::Rpm, "w6.xzdio"},
                                         Packed{PackageFormat::Rpm, "w3.zstdio"}),
                         [](auto const& given) {
                           std::string name = given.param.compression;
                           std::erase(name, '.');
                           return (given.param.format == PackageFormat::Deb ? "deb_" : "rpm_") + name;
                         });

/// The new version is downloaded, and an API names a plugin of which there is a build.
class Checking : public PluginHost {
 public:
  Checking() {
    write(kApi, api("/opt/tyk-gateway/middleware/auth.so"));
    write(kBuild, "the plugin");
    auto const file = make_package(*this, PackageFormat::Deb, "none", "the new program");
    std::ifstream stream(file);
    std::stringstream bytes;
    bytes << stream.rdbuf();
    package = {"tyk-gateway", "5.8.15", digest_of(bytes.str())};
    make_folder(paths.archives());
    kept = paths.archives() + "/tyk-gateway_5.8.15_amd64_" + package.sha256 + ".deb";
    std::filesystem::copy_file(file, kept);
    chmod(kept.c_str(), 0600);
  }
  Result<job::PluginsChecked> check(PluginBuild const& build) {
    auto with = context();
    with.sandbox = &sandbox;
    return check_plugins(with, {"gateway", package, {build}});
  }
  CheckedPlugin checked(PluginBuild const& build) {
    auto const done = check(build);
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_THAT(done->plugins, SizeIs(1));
    return done->plugins.front();
  }
  [[nodiscard]] PluginBuild asked() const { return {kBuild, digest_of("the plugin"), "Auth"}; }
  void ends(SandboxEnd end) {
    sandbox.ends = [end](auto const&) { return end; };
  }

  fakes::FakeSandbox sandbox;
  PackagePin package;
  std::string kept;
};

TEST_F(Checking, shows_the_program_of_the_package_and_a_copy_of_the_plugin_and_leaves_nothing) {
  auto const answer = checked(asked());
  EXPECT_EQ(answer.verdict, PluginVerdict::Loads);
  EXPECT_EQ(answer.package, package.sha256);
  EXPECT_EQ(answer.plugin, digest_of("the plugin"));
  ASSERT_THAT(sandbox.asked, SizeIs(1));
  auto const& seen = sandbox.asked.front();
  EXPECT_THAT(seen.program.command, ElementsAre("/tmp/tyk.new", "plugin", "load", "-f", "/tmp/auth_v5.8.15_linux_amd64.so", "-s", "Auth"));
  EXPECT_THAT(seen.contents, ElementsAre("the new program", "the plugin"));
  EXPECT_THAT(seen.program.hidden, testing::Contains(kConf));
  EXPECT_FALSE(std::filesystem::exists(paths.checks()));
}

struct Ended {
  char const* name;
  SandboxEnd end;
  PluginVerdict verdict;
  std::string words;
};
class Verdicts : public Checking, public testing::WithParamInterface<Ended> {};

TEST_P(Verdicts, follow_from_the_end_of_the_program) {
  ends(GetParam().end);
  auto const answer = checked(asked());
  EXPECT_EQ(answer.verdict, GetParam().verdict);
  EXPECT_EQ(answer.words, GetParam().words);
}

using Kind = SandboxEnd::Kind;
INSTANTIATE_TEST_SUITE_P(
    table, Verdicts,
    testing::Values(
        Ended{"loads", {Kind::Exited, 0, "[file=…] loaded ok\n"}, PluginVerdict::Loads, ""},
        Ended{"other_build", {Kind::Exited, 1, "time=x level=info\nunexpected error: plugin.Open(\"/tmp/auth_v5.8.15_linux_amd64.so\"): another version\nbye\n"},
              PluginVerdict::Fails, "unexpected error: plugin.Open(\"" + kBuild + "\"): another version"},
        Ended{"panics", {Kind::Exited, 2, "panic: no settings\n\ngoroutine 1 [running]:\n"}, PluginVerdict::Fails, "panic: no settings"},
        Ended{"says_nothing", {Kind::Exited, 3, ""}, PluginVerdict::Fails, "it ended with status 3"},
        Ended{"says_rubbish", {Kind::Exited, 3, "\x1b[31mred\x07\n\n"}, PluginVerdict::Fails, "[31mred"},
        Ended{"crashes", {Kind::Killed, 11, ""}, PluginVerdict::Fails, "it was killed by signal 11"},
        Ended{"hangs", {Kind::OutOfTime, 0, "still here"}, PluginVerdict::Unchecked, "it did not end in time"},
        Ended{"eats_memory", {Kind::OutOfMemory, 9, ""}, PluginVerdict::Unchecked, "it wanted more memory than it is given for this"},
        Ended{"cannot_be_run", {Kind::NotStarted, 203, ""}, PluginVerdict::Unchecked,
              "it is no program that this host can run: of another architecture, or its loader is missing"}),
    [](auto const& given) { return std::string(given.param.name); });

TEST_F(Checking, without_a_known_symbol_it_is_enough_that_the_plugin_opens) {
  write(kConf, R"({"use_db_app_configs":true})");
  map_into_process("7f02-7f03 r-xp 0 08:01 9 /opt/tyk-gateway/middleware/auth_v5.8.14_linux_amd64.so\n");
  auto build = asked();
  build.symbol.clear();
  ends({Kind::Exited, 1, "plugin: symbol TykupAsksWhetherItOpens not found in plugin auth\n"});
  EXPECT_EQ(checked(build).verdict, PluginVerdict::Loads);
  ends({Kind::Exited, 1, "plugin.Open: another version\n"});
  EXPECT_EQ(checked(build).verdict, PluginVerdict::Fails);
}

TEST_F(Checking, shows_no_file_that_no_definition_names) {
  write("/etc/shadow", "secret");
  for (auto const& build : {PluginBuild{"/etc/shadow", digest_of("secret"), "Auth"}, PluginBuild{kBuild, digest_of("the plugin"), "Other"},
                            PluginBuild{kBuild, digest_of("as it was"), "Auth"}, PluginBuild{kBuild + "/../" + kBuild, digest_of("the plugin"), "Auth"}}) {
    auto const answer = checked(build);
    EXPECT_EQ(answer.verdict, PluginVerdict::Unchecked) << build.path;
    EXPECT_THAT(answer.words, HasSubstr("is no plugin that the Gateway is told to load"));
  }
  EXPECT_THAT(sandbox.asked, IsEmpty());
}

TEST_F(Checking, runs_no_program_of_a_package_that_was_changed_or_is_gone) {
  std::ofstream(kept, std::ios::app) << "x";
  auto const changed = check(asked());
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().kind, ErrorKind::HashMismatch);
  std::filesystem::remove(kept);
  EXPECT_EQ(check(asked()).error().kind, ErrorKind::UnknownVersion);
  EXPECT_THAT(sandbox.asked, IsEmpty());
}

TEST_F(Checking, is_for_the_gateway_and_its_own_packages) {
  auto with = context();
  with.sandbox = &sandbox;
  EXPECT_EQ(check_plugins(with, {"pump", package, {asked()}}).error().kind, ErrorKind::NotAllowed);
  EXPECT_EQ(check_plugins(with, {"gateway", {"bash", "5", "ff"}, {asked()}}).error().kind, ErrorKind::NotAllowed);
  EXPECT_EQ(check_plugins(with, {"gateway", package, std::vector<PluginBuild>(65, asked())}).error().kind, ErrorKind::BadRequest);
}

TEST_F(Checking, answers_that_there_is_no_sandbox) {
  sandbox.ends = [](auto const&) -> Result<SandboxEnd> { return fail(ErrorKind::UnitFailed, "systemd gives no sandbox on this host: x"); };
  auto const answer = checked(asked());
  EXPECT_EQ(answer.verdict, PluginVerdict::Unchecked);
  EXPECT_EQ(answer.words, "systemd gives no sandbox on this host: x");
}

}  // namespace
}  // namespace tykup::executor
