"""What the .deb puts on a host, before anybody has configured anything."""

from world.process import run
from world.tykup import package_file

INSTALLED = {
    "/usr/sbin/tykupd": "755", "/usr/bin/tykup": "755", "/usr/libexec/tykup/tykup-executor": "755",
    "/usr/libexec/tykup/tykup-subscribe": "755", "/lib/systemd/system/tykupd.service": "644",
    "/lib/systemd/system/tykup-executor.socket": "644", "/lib/systemd/system/tykup-executor@.service": "644",
    "/usr/lib/sysusers.d/tykup.conf": "644", "/usr/lib/tmpfiles.d/tykup.conf": "644",
    "/usr/share/dbus-1/system.d/org.tykup1.conf": "644", "/usr/share/polkit-1/actions/org.tykup1.policy": "644",
    "/usr/share/dbus-1/interfaces/org.tykup1.Manager.xml": "644",
    "/usr/lib/systemd/catalog/tykup.catalog": "644", "/usr/share/doc/tykup/examples/tykup.toml": "644",
    "/usr/share/man/man1/tykup.1.gz": "644", "/usr/share/man/man5/tykup.toml.5.gz": "644",
    "/usr/share/man/man8/tykupd.8.gz": "644",
}


def test_every_file_is_where_the_manual_says(operator):
    found = operator.host.run("stat", "-c", "%n %a %U", *INSTALLED, check=False).stdout.splitlines()
    assert found == [f"{path} {mode} root" for path, mode in INSTALLED.items()]


def test_nothing_acts_before_it_is_configured(operator):
    host = operator.host
    assert host.is_active("tykup-executor.socket")
    assert not host.is_active("tykupd.service")
    assert host.unit("tykupd.service")["ConditionResult"] == "no"
    assert host.failed_units() == []


def test_the_daemon_has_a_user_of_its_own_and_the_executors_folders_are_roots(operator):
    host = operator.host
    assert host.output("getent", "passwd", "tykup").endswith("/usr/sbin/nologin")
    assert host.output("stat", "-c", "%a %U", "/run/tykup/executor.sock") == "600 tykup"
    for folder in ("/var/lib/tykup-executor", "/var/lib/tykup-executor/backups", "/var/cache/tykup-executor"):
        assert host.output("stat", "-c", "%a %U", folder) == "700 root"


def test_the_catalog_explains_its_messages(operator):
    assert "tykup" in operator.host.output("journalctl", "--list-catalog")


def test_the_shipped_example_is_a_valid_configuration(operator):
    operator.configure(operator.host.read("/usr/share/doc/tykup/examples/tykup.toml"))
    operator.run("check-config")


def test_removing_the_package_stops_the_daemon_and_purging_leaves_no_unit(subscribed):
    subscribed.start()
    host = subscribed.host
    host.packages.remove("tykup")
    assert not host.is_active("tykupd.service")
    assert not host.is_active("tykup-executor.socket")
    assert "tykup" not in host.output("systemctl", "list-unit-files", "--no-legend")
    assert host.failed_units() == []


def test_lintian_warns_of_nothing():
    said = run("lintian", "--allow-root", "--fail-on=error,warning", package_file(), check=False)
    assert (said.returncode, said.stdout) == (0, "")
