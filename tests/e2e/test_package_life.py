"""The life of the package on one host: installed, configured, at work, upgraded, removed, purged; and nothing of it left.
The host has neither the source nor anything that is needed to build."""

import re
from pathlib import Path

import pytest

from world.listing import changes, listing
from world.snapshot import snapshot
from world.stack import NEW, OLD, is_healthy, old_stack_layer
from world.tykup import DAEMON, Tykup, config, next_package_file
from world.waiting import wait_for

MANUAL = Path(__file__).parents[2] / "docs/man/tykupd.8.md"
AUTOMATIC = "[commands]\nupgrade_type = default\n\n[base]\ndebuglevel = 1\n"
USER = ["/etc/group", "/etc/group-", "/etc/gshadow", "/etc/gshadow-", "/etc/passwd", "/etc/passwd-", "/etc/shadow", "/etc/shadow-"]


class Life:
    """A host with the old stack; how it stood before tykup came, and what its operator does."""

    def __init__(self, host, packagecloud):
        self.host, self.packages, self.operator, self.packagecloud = host, host.packages, Tykup(host), packagecloud
        if self.packages.format == "rpm":
            host.write("/etc/dnf/automatic.conf", AUTOMATIC)
        self.accounts = accounts(host)
        self.verified = self.verify_tyk()
        self.settings = host.checksums("/etc")
        self.before = listing(host)

    def verify_tyk(self):
        """What the package manager finds to be otherwise than it was shipped: on rpm hosts what Tyk's own scripts do."""
        words = {"apt": ["dpkg", "--verify"], "rpm": ["rpm", "--verify"]}[self.packages.format]
        return self.host.run(*words, *(component.package for component in OLD), check=False).stdout

    def install_and_configure(self):
        serving = tyk_on(self.host)
        self.operator.install()
        self.operator.configure(config())
        for component in OLD:
            self.operator.subscribe_to(self.packagecloud, component)
        self.operator.run("keep-off")
        assert self.is_kept_off() and tyk_on(self.host) == serving

    def upgrade_tyk(self):
        self.operator.start()
        assert self.operator.wait_for_first_run()["result"] == "done"
        self.serving = tyk_on(self.host)

    def upgrade_tykup(self):
        """The next version of the package."""
        daemon, version = self.host.main_pid(DAEMON), self.packages.state("tykup")
        file = f"/root/tykup-next.{self.packages.suffix}"
        self.host.bring(next_package_file(self.packages.format), file)
        self.packages.install_file(file)
        assert self.packages.state("tykup") > version and self.host.main_pid(DAEMON) not in (0, daemon)
        assert self.operator.runs()[0]["result"] == "done" and self.is_kept_off()

    def is_kept_off(self):
        """Whether the distribution's own updater leaves the Gateway alone."""
        said = {"apt": ["apt-config", "dump", "Unattended-Upgrade::Package-Blacklist"], "rpm": ["cat", "/etc/dnf/automatic.conf"]}
        return "tyk-gateway" in self.host.output(*said[self.packages.format])

    def remove(self):
        """Without its configuration and state, where the package manager knows the difference."""
        {"apt": lambda: self.packages.get("remove", "tykup"), "rpm": lambda: self.packages.remove("tykup")}[self.packages.format]()
        assert "tykup" not in self.host.output("systemctl", "list-unit-files", "--no-legend")
        # What an executor has begun it finishes.
        running = lambda: self.host.run("pgrep", "--list-full", "tykup", check=False).stdout
        wait_for(lambda: running() == "", lambda: f"nothing of it runs any more: {running()}", within=60)

    def left(self):
        """What is otherwise than before tykup came; folders for what lies in them, Tyk's new version aside."""
        changed = [path for path in changes(self.before, listing(self.host)) if not path.startswith("/opt/")]
        return [path for path in changed if str(Path(path).parent) not in changed]

    def assert_nothing_is_left_but_the_locked_user(self):
        assert self.left() == [] and set(accounts(self.host)) - set(self.accounts) == {"tykup"}
        assert re.match(r"tykup:!\*?:", self.host.output("getent", "shadow", "tykup"))
        settings = self.host.checksums("/etc")
        written = {path for path in self.settings.keys() | settings.keys() if self.settings.get(path) != settings.get(path)}
        assert written <= {*USER, "/etc/ld.so.cache"}, written

    def assert_tyk_is_untouched(self):
        """The very processes that the upgrade began, of packages that are as whole as they were before tykup came."""
        host = self.host
        assert tyk_on(host) == self.serving
        assert all(is_healthy(host, component, NEW[component]) for component in NEW)
        assert self.verify_tyk() == self.verified
        assert self.packages.complaints() == "" and host.failed_units() == []


def tyk_on(host):
    """Packages, files and processes of Tyk's; who asked for tykup is another matter."""
    return {what: value for what, value in snapshot(host).items() if what != "manual"}


def accounts(host):
    return [line.split(":")[0] for line in host.read("/etc/passwd").splitlines()]


@pytest.fixture
def life(scene, session, format, old_and_new):
    return Life(scene.host("tyk", old_stack_layer(session, format)), old_and_new)


def live_until_removed(life):
    assert life.host.run("sh", "-c", "command -v cc c++ cmake ninja go-md2man", check=False).stdout == ""
    life.install_and_configure()
    life.upgrade_tyk()
    life.upgrade_tykup()
    life.remove()
    assert not life.is_kept_off(), "nobody else would upgrade Tyk"
    life.assert_tyk_is_untouched()


def come_back(life):
    """Installed again it knows what it knew."""
    life.operator.install()
    life.operator.start()
    assert life.operator.runs()[0]["result"] == "done"
    life.remove()


STATE = ["/var/cache/tykup-executor", "/var/lib/tykup", "/var/lib/tykup-executor"]


@pytest.mark.takes_minutes
@pytest.mark.formats("apt")
def test_package_deb(life):
    live_until_removed(life)
    subscriptions = [f"/etc/apt/{path}" for c in sorted(OLD, key=lambda c: c.repository)
                     for path in (f"keyrings/tykup-{c.repository}.gpg", f"sources.list.d/tykup-{c.repository}.sources")]
    enabled = ["/etc/systemd/system/multi-user.target.wants/tykupd.service", "/etc/systemd/system/sockets.target.wants"]
    assert sorted(life.left()) == sorted([*subscriptions, *enabled, "/etc/tykup", *STATE])
    come_back(life)

    life.packages.get("purge", "tykup")

    life.assert_nothing_is_left_but_the_locked_user()
    assert life.packages.letters("tykup") in (None, ("un", ""))
    life.assert_tyk_is_untouched()
    life.packages.refresh()


def words_of_the_manual(begin):
    """The command of the manual that begins so."""
    return re.search(rf"\*\*({re.escape(begin)}[^*]*(?:\\\*[^*]*)*)\*\*", MANUAL.read_text())[1].replace("\\*", "*").replace("\n", " ")


@pytest.mark.takes_minutes
@pytest.mark.formats("rpm")
def test_package_rpm(life):
    live_until_removed(life)
    subscriptions = [f"/etc/yum.repos.d/tykup-{c.repository}.repo" for c in OLD]
    assert sorted(life.left()) == sorted([*subscriptions, "/etc/pki/tykup", "/etc/tykup", *STATE])
    come_back(life)

    for begin in ("rm -r /etc/tykup", "rm -r /etc/pki/tykup"):
        life.host.shell(words_of_the_manual(begin))

    life.assert_nothing_is_left_but_the_locked_user()
    life.assert_tyk_is_untouched()


@pytest.mark.formats("apt")
def test_a_purge_leaves_what_others_named_alike(operator):
    """A source of the operator's own, and what --replace set aside."""
    host = operator.host
    others = {"/etc/apt/sources.list.d/tykup-mirror.sources": "# Ours.\nTypes: deb\nEnabled: no\nURIs: http://m.test/\nSuites: x\nComponents: main\n",
              "/etc/apt/keyrings/tykup-mirror.gpg": "a key\n", "/etc/apt/sources.list.d/tyk_tyk-pump.list.save": "# theirs\n"}
    for path, text in others.items():
        host.write(path, text)
    host.packages.get("purge", "tykup")
    assert {path: host.read(path) for path in others} == others


def test_a_package_that_comes_after_its_configuration_is_at_work_at_once(scene, session, format, old_and_new):
    """The user, the bus's policy for it and the service come in one transaction."""
    operator = Tykup(scene.host("tyk", old_stack_layer(session, format)))
    operator.configure(config())
    operator.install()
    if format == "rpm":
        operator.host.systemctl("enable", "--now", DAEMON)
    assert operator.wait_for_state("idle", "waiting", within=3)
    assert operator.host.unit(DAEMON)["NRestarts"] == "0" and operator.host.failed_units() == []
