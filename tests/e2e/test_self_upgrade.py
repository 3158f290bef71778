"""tykup itself is upgraded, or its two programs are of two versions, in the middle of a run."""

import json
import sqlite3

import pytest

from test_interruptions import SOCKET, assert_the_run_was_one, wait_for_phase
from world.faults import ask, hold
from world.stack import NEW
from world.standins import DASHBOARD, GATEWAY
from world.tykup import DAEMON, next_package_file
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")

STATE = "/var/lib/tykup/state.db"
EXECUTOR = "/usr/libexec/tykup/tykup-executor"


class NewTykup:
    """The next version of the package, on the host and not yet installed."""

    def __init__(self, operator):
        self.host = operator.host
        self.packages = operator.host.packages
        self.file = f"/root/tykup-next.{self.packages.suffix}"
        self.host.bring(next_package_file(self.packages.format), self.file)
        self.before = self.version()

    def version(self):
        return self.packages.state("tykup")

    def begin(self):
        """The operator's upgrade, which waits for whoever holds the package manager's lock."""
        words = {"apt": ["apt-get", "--yes", "-o", "DPkg::Lock::Timeout=120", "install", self.file],
                 "rpm": ["dnf", "--assumeyes", "install", self.file]}[self.packages.format]
        return self.host.start(*words)

    def assert_it_is_refused_while_the_lock_is_taken(self):
        """By those who do not wait; nothing is changed."""
        words = {"apt": ["apt-get", "--yes", "install", self.file], "rpm": ["rpm", "--upgrade", self.file]}[self.packages.format]
        refused = self.host.run(*words, check=False)
        assert refused.returncode != 0 and "lock" in refused.stderr, refused.stderr
        assert self.version() == self.before

    def assert_it_is_at_work(self):
        state, version = self.version()
        assert state == "installed" and version != self.before[1], (self.before, version)
        pid = self.host.main_pid(DAEMON)
        assert self.host.output("readlink", f"/proc/{pid}/exe") == "/usr/sbin/tykupd"
        assert self.host.unit(DAEMON)["NRestarts"] == "0", "the package's script restarted it, not a failure"


def finish(upgrade):
    text, _ = upgrade.communicate(timeout=150)
    assert upgrade.returncode == 0, text


@pytest.fixture
def new_tykup(subscribed):
    return NewTykup(subscribed)


@pytest.mark.scenario("apt_self_upgrade_mid_run", "rpm_self_upgrade_mid_run")
def test_self_upgrade_mid_run(subscribed, new_tykup):
    """While a package script of the gateway is at work: the upgrade of tykup waits for the lock, and kills nothing."""
    host, held = subscribed.host, hold(subscribed.host, GATEWAY)
    subscribed.start()
    held.wait_until_reached(within=120)
    new_tykup.assert_it_is_refused_while_the_lock_is_taken()
    upgrade = new_tykup.begin()
    assert host.package_state(GATEWAY.package)[0] == "half-way"
    held.let_go()
    finish(upgrade)
    assert_the_run_was_one(subscribed, subscribed.wait_for_first_run())
    new_tykup.assert_it_is_at_work()


def gating(subscribed):
    ask(subscribed.host, DASHBOARD, NEW[DASHBOARD], start_ms=6000)
    subscribed.start()
    wait_for_phase(subscribed, "gating", "dashboard", within=120)


def between_two_steps(subscribed):
    gating(subscribed)
    subscribed.host.systemctl("stop", SOCKET)  # the next step cannot begin; the package's script starts the socket again
    wait_for_phase(subscribed, "preflight", "gateway")


@pytest.mark.parametrize("moment", [gating, between_two_steps])
def test_self_upgrade_mid_run_at(subscribed, new_tykup, moment):
    moment(subscribed)
    finish(new_tykup.begin())
    assert_the_run_was_one(subscribed, subscribed.wait_for_first_run())
    new_tykup.assert_it_is_at_work()


OF_A_NEWER_VERSION = """#!/bin/sh
# The executor of a day to come: it refuses once, and gives its place to the one of today.
read -r request <&3
mv {executor}.today {executor}
printf '%s\\n' '{answer}' >&3
"""


def give_way_to_an_executor_of_a_later_day(host):
    answer = json.dumps({"error": {"code": "other_version", "message": "the executor speaks protocol 2, the request is of 1", "detail": ""}})
    host.run("cp", "--archive", EXECUTOR, f"{EXECUTOR}.today")
    host.write(f"{EXECUTOR}.new", OF_A_NEWER_VERSION.format(executor=EXECUTOR, answer=answer), mode=0o755)
    host.run("mv", f"{EXECUTOR}.new", EXECUTOR)


@pytest.mark.formats("apt")
def test_a_daemon_that_was_replaced_makes_room_for_the_new_one(subscribed):
    """Its package's script could not restart it; the executor of the new version tells."""
    host = subscribed.host
    between_two_steps(subscribed)
    old = host.main_pid(DAEMON)
    host.shell("cp --archive /usr/sbin/tykupd /usr/sbin/tykupd.new && mv /usr/sbin/tykupd.new /usr/sbin/tykupd")
    give_way_to_an_executor_of_a_later_day(host)
    host.systemctl("start", SOCKET)
    wait_for(lambda: host.unit(DAEMON)["NRestarts"] == "1" and host.is_active(DAEMON), "the new daemon is at work", within=30)
    assert_the_run_was_one(subscribed, subscribed.wait_for_first_run())
    assert host.main_pid(DAEMON) != old
    assert host.unit(DAEMON)["NRestarts"] == "1"
    assert "tykupd ends and is started anew" in subscribed.journal()


@pytest.mark.formats("apt")
def test_a_daemon_without_a_successor_waits_and_says_so(subscribed):
    host = subscribed.host
    between_two_steps(subscribed)
    old = host.main_pid(DAEMON)
    give_way_to_an_executor_of_a_later_day(host)
    host.systemctl("start", SOCKET)
    said = subscribed.wait_for_journal("the executor speaks protocol 2")
    assert said["PRIORITY"] == "3"
    assert_the_run_was_one(subscribed, subscribed.wait_for_first_run())
    assert host.main_pid(DAEMON) == old


@pytest.mark.formats("apt")
def test_a_state_of_a_newer_version_is_refused_and_left_alone(subscribed):
    host = subscribed.host
    subscribed.start()
    subscribed.wait_for_first_run()
    host.systemctl("stop", DAEMON)
    with sqlite3.connect(host.root / STATE.lstrip("/")) as database:
        database.execute("PRAGMA user_version = 99")
    host.run("chown", "-R", "tykup:tykup", "/var/lib/tykup")
    before = host.checksums("/var/lib/tykup")[STATE]
    host.systemctl("start", DAEMON, check=False)
    wait_for(lambda: host.unit(DAEMON)["ActiveState"] == "failed", "the daemon has given up")
    unit = host.unit(DAEMON)
    assert (unit["ExecMainStatus"], unit["NRestarts"]) == ("78", "0"), unit
    shown = host.output("systemctl", "status", "--no-pager", "--lines=20", DAEMON, check=False)
    assert "was written by a newer tykup (schema 99, this one knows" in shown and "install that version again" in shown, shown
    answer = subscribed.run("status", check=False)
    assert answer.returncode == 3 and "tykupd" in answer.stderr, answer.stderr
    assert host.checksums("/var/lib/tykup")[STATE] == before
