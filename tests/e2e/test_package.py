"""What the packages put on a host, before anybody has configured anything."""

from pathlib import Path

import pytest

from world.process import output, run
from world.tykup import DAEMON, package_file
from world.waiting import wait_for

TOP = Path(__file__).parents[2]

INSTALLED = {
    "/usr/sbin/tykupd": "755", "/usr/bin/tykup": "755", "/usr/libexec/tykup/tykup-executor": "755",
    "/usr/libexec/tykup/tykup-subscribe": "755", "/lib/systemd/system/tykupd.service": "644",
    "/lib/systemd/system/tykup-executor.socket": "644", "/lib/systemd/system/tykup-executor@.service": "644",
    "/usr/libexec/tykup/tykup-mail": "755", "/lib/systemd/system/tykup-mail.socket": "644", "/lib/systemd/system/tykup-mail@.service": "644",
    "/usr/lib/sysusers.d/tykup.conf": "644", "/usr/lib/tmpfiles.d/tykup.conf": "644",
    "/usr/share/dbus-1/system.d/org.tykup1.conf": "644", "/usr/share/polkit-1/actions/org.tykup1.policy": "644",
    "/usr/share/dbus-1/interfaces/org.tykup1.Manager.xml": "644",
    "/usr/lib/systemd/catalog/tykup.catalog": "644", "/usr/share/doc/tykup/examples/tykup.toml": "644",
    "/usr/share/man/man1/tykup.1.gz": "644", "/usr/share/man/man5/tykup.toml.5.gz": "644",
    "/usr/share/bash-completion/completions/tykup": "644",
    "/usr/share/man/man8/tykupd.8.gz": "644", "/etc/tykup": "755", "/etc/tykup/tykup.toml.d": "755",
    "/usr/share/doc/tykup/json-schema/common.json": "644", "/usr/share/doc/tykup/json-schema/status.json": "644",
}


def test_every_file_is_where_the_manual_says(operator):
    zsh = {"apt": "vendor-completions", "rpm": "site-functions"}[operator.host.packages.format]
    expected = {**INSTALLED, f"/usr/share/zsh/{zsh}/_tykup": "644"}
    found = operator.host.run("stat", "-c", "%n %a %U", *expected, check=False).stdout.splitlines()
    assert found == [f"{path} {mode} root" for path, mode in expected.items()]


def test_systemd_understands_every_line_of_the_units(operator):
    units = operator.host.output("systemctl", "list-unit-files", "--no-legend", "tykup*").split("\n")
    names = [unit.split()[0].replace("@.", "@1.") for unit in units]
    assert sorted(names) == ["tykup-executor.socket", "tykup-executor@1.service", "tykup-mail.socket", "tykup-mail@1.service", "tykupd.service"]
    said = operator.host.run("systemd-analyze", "verify", "--man=no", *names, check=False)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_nothing_acts_before_it_is_configured(operator):
    """Debian's packages start their sockets; those of the RHEL family leave it to the operator, or to what needs them."""
    host = operator.host
    assert host.is_active("tykup-executor.socket") == (host.packages.format == "apt")
    assert not host.is_active("tykupd.service")
    if host.packages.format == "apt":
        assert host.unit("tykupd.service")["ConditionResult"] == "no"
    assert host.failed_units() == []


def test_the_daemon_has_a_user_of_its_own_and_the_executors_folders_are_roots(operator):
    host = operator.host
    host.systemctl("start", "tykup-executor.socket")
    assert host.output("getent", "passwd", "tykup").endswith("/usr/sbin/nologin")
    assert host.output("stat", "-c", "%a %U", "/run/tykup/executor.sock") == "600 tykup"
    for folder in ("/var/lib/tykup-executor", "/var/lib/tykup-executor/backups", "/var/cache/tykup-executor"):
        assert host.output("stat", "-c", "%a %U", folder) == "700 root"


@pytest.mark.formats(full="rpm")
def test_the_catalog_explains_its_messages(operator):
    assert "tykup" in operator.host.output("journalctl", "--list-catalog")


@pytest.mark.formats(full="rpm")
def test_the_shipped_example_is_a_valid_configuration(operator):
    operator.host.run("cp", "/usr/share/doc/tykup/examples/tykup.toml", "/etc/tykup/tykup.toml")
    operator.run("check-config")


def test_removing_the_package_stops_the_daemon_and_leaves_no_unit(subscribed):
    subscribed.start()
    host = subscribed.host
    host.packages.remove("tykup")
    assert not host.is_active("tykupd.service")
    assert not host.is_active("tykup-executor.socket")
    assert "tykup" not in host.output("systemctl", "list-unit-files", "--no-legend")
    assert host.failed_units() == []


def test_an_upgrade_of_the_package_restarts_the_daemon_and_leaves_the_executor_at_work(subscribed, packagecloud):
    host = subscribed.host
    packagecloud.web.hangs(f"/tyk/tyk-gateway/{packagecloud.index_folder}")
    subscribed.start()
    executor = wait_for(lambda: executors(host), "an executor is at work", within=60)
    before = host.main_pid(DAEMON)
    host.bring(package_file(host.packages.format), f"/root/tykup.{host.packages.suffix}")
    host.packages.install_again(f"/root/tykup.{host.packages.suffix}")
    assert host.is_active(DAEMON) and host.main_pid(DAEMON) not in (0, before)
    assert executor <= executors(host)
    packagecloud.web.heal()
    assert subscribed.wait_for_first_run()["result"] == "done"


def executors(host):
    """The processes of the executors that are at work."""
    units = host.output("systemctl", "list-units", "--plain", "--no-legend", "tykup-executor@*.service").split("\n")
    return {host.main_pid(unit.split()[0]) for unit in units if unit}


@pytest.mark.parametrize("format, strangers", [("apt", ["libdnf", "librpm", "dnf"]), ("rpm", ["libapt-pkg", "apt"])])
def test_a_package_depends_on_no_other_package_manager(format, strangers):
    ask = {"apt": ["dpkg-deb", "--field", package_file(format), "Depends"],
           "rpm": ["rpm", "--query", "--nosignature", "--requires", "--package", package_file(format)]}
    needed = output(*ask[format])
    own = {"apt": ["libapt-pkg"], "rpm": ["libdnf", "librpm"]}
    assert all(name in needed for name in own[format]) and not any(stranger in needed for stranger in strangers), needed


@pytest.mark.parametrize("format, words", [
    ("apt", ["lintian", "--allow-root", "--fail-on=error,warning"]),
    ("rpm", ["rpmlint", "--config", TOP / "rpm/rpmlint.toml", TOP / "rpm/tykup.spec"]),
])
def test_the_distributions_own_checker_warns_of_nothing(format, words):
    said = run(*words, package_file(format), check=False)
    quiet = said.stdout == "" if format == "apt" else "0 errors, 0 warnings" in said.stdout
    assert said.returncode == 0 and quiet, said.stdout
