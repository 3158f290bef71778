"""`tykup log` and what is watched: the story of a run while it happens, and afterwards."""

import json
import re

import pytest
import schemas

from world.faults import hold
from world.standins import GATEWAY
from world.tykup import DAEMON
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")

DENIED, INTERRUPTED = 4, 130
MANAGER = ("org.tykup1", "/org/tykup1", "org.tykup1.Manager")


@pytest.fixture
def waiting(subscribed):
    subscribed.start_with_a_window_to_come(timeout="6s", settle="1s")
    return subscribed


def entries(operator, *words):
    return operator.document("log", *words)["entries"]


def test_the_log_of_a_run_has_daemon_executor_and_programs(waiting):
    host = waiting.host
    waiting.run("run", "--yes")
    [run] = waiting.runs()
    story = waiting.run("log").stdout
    full = host.packages.full
    order = [f"Run {run['id']} begins", "backup of gateway is done", f"apply of gateway: {GATEWAY.package} {full('5.8.15')} begins",
             f"gateway {full('5.8.14')} → {full('5.8.15')}: the package is changed, the old process still serves", "restart of gateway is done", "Done: gateway", f"Run {run['id']} is done"]
    places = [story.find(part) for part in order]
    assert -1 not in places and places == sorted(places), dict(zip(order, places))
    of_gateway = [e for e in entries(waiting, run["id"]) if e["component"] == "gateway"]
    assert {e["source"] for e in of_gateway} == {"tykupd", "tykup-executor"}
    assert {"step-started", "job-begun", "job-ended", "step-done"} <= {e["event"] for e in of_gateway}
    assert all(e["job"].startswith(run["id"] + ".") for e in of_gateway if e["source"] == "tykup-executor")
    assert not [e for e in entries(waiting, run["id"]) if "refresh" in e["message"]], "what belongs to no run is not in it"
    host.systemctl("stop", DAEMON)
    assert entries(waiting, run["id"])
    explained = host.output("journalctl", "--no-pager", "--catalog", f"TYKUP_RUN={run['id']}", "TYKUP_EVENT=job-ended")
    assert "The executor has ended a job" in explained


def test_who_may_not_read_the_journal_is_told_how(waiting):
    host = waiting.host
    waiting.run("run", "--yes")
    [run] = waiting.runs()
    host.run("useradd", "--create-home", "visitor")
    refused = waiting.run("log", run["id"], check=False, user="visitor")
    assert (refused.returncode, refused.stdout) == (DENIED, "")
    assert "visitor may not read" in refused.stderr and f"sudo tykup log {run['id']}" in refused.stderr and "systemd-journal" in refused.stderr
    host.run("usermod", "--append", "--groups", "systemd-journal", "visitor")
    assert f"Run {run['id']} is done" in waiting.run("log", run["id"], user="visitor").stdout
    unknown = waiting.run("log", "20260101T000000Z-abcdef", check=False)
    assert unknown.returncode == 1 and "tykup history" in unknown.stderr


def interrupted(host, seconds, *words):
    """Runs a command that somebody ends with Ctrl-C after that time."""
    return host.run("timeout", "--preserve-status", "--signal=INT", seconds, *words, check=False)


def test_ctrl_c_ends_the_watching_and_not_the_run(waiting):
    host, held = waiting.host, hold(waiting.host, GATEWAY)
    watched = interrupted(host, 15, "tykup", "run", "--yes")
    assert watched.returncode == INTERRUPTED and "goes on" in watched.stderr and "tykup status --watch" in watched.stderr, watched
    held.wait_until_reached()
    assert waiting.status()["state"] == "running"
    held.let_go()
    assert waiting.wait_for_first_run()["result"] == "done"


def test_a_status_that_is_watched_has_a_line_for_each_change(waiting):
    host = waiting.host
    for_people, for_programs = Watched(host, "people"), Watched(host, "programs", "--json")
    waiting.run("run", "--yes")
    wait_for(lambda: "idle: Idle: nothing to upgrade" in for_people.text(), "the watched status is idle")
    wait_for(lambda: json.loads(for_programs.text().splitlines()[-1])["state"] == "idle", "the watched document is idle")
    lines = for_people.end().splitlines()
    assert "waiting: Ready" in lines[0] and any("step 2/3: gateway" in line and "changing the package" in line for line in lines)
    assert len(lines) == len(set(lines)), lines
    seen = [schemas.check(json.loads(line), "status") for line in for_programs.end().splitlines()]
    assert seen[0]["state"] == "waiting" and {"applying", "gating"} <= {status["run"]["phase"] for status in seen if status["run"]}


class Watched:
    """`tykup status --watch` into a file, until somebody ends it with Ctrl-C."""

    def __init__(self, host, name, *words):
        self._host, self._file = host, f"/root/{name}"
        self._process = host.start("sh", "-c", f"echo $$ > {self._file}.pid; exec tykup status --watch {' '.join(words)} > {self._file}")
        wait_for(self.text, "the status is watched")

    def text(self):
        """What it wrote so far, in whole lines."""
        return self._host.read(self._file) if self._host.exists(self._file) else ""

    def end(self):
        self._host.shell(f"kill -INT $(cat {self._file}.pid)")
        said, _ = self._process.communicate(timeout=30)
        assert (self._process.returncode, said) == (0, "")
        return self.text()


def test_progress_is_told_on_the_bus(waiting):
    host, held = waiting.host, hold(waiting.host, GATEWAY)
    signals = host.start("timeout", "120", "dbus-monitor", "--system", "sender='org.tykup1',member='PropertiesChanged'")
    wait_for(lambda: host.output("pgrep", "dbus-monitor", check=False), "the bus is listened to")
    following = host.start("tykup", "run", "--yes")
    held.wait_until_reached()

    def progress():
        told = json.loads(json.loads(host.output("busctl", "--json=short", "get-property", *MANAGER, "Progress"))["data"])
        return schemas.check(told, "progress")["run"]

    at_work = progress()
    assert (at_work["step"], at_work["steps"], at_work["component"], at_work["phase"]) == (2, 3, "gateway", "applying")
    assert at_work["progress"]["phase"] and at_work["started"]
    held.let_go()
    assert following.wait(120) == 0
    wait_for(lambda: progress() is None, "nothing is at work")
    host.run("pkill", "dbus-monitor")
    text, _ = signals.communicate(timeout=30)
    told = re.findall(r'string "(\{.*"schema":1\})"', text)
    assert any('"phase":"applying"' in one for one in told) and '"run":null' in told[-1]


def test_what_is_expected_is_learned(waiting):
    host, held = waiting.host, hold(waiting.host, GATEWAY)
    following = host.start("tykup", "run", "--yes")
    held.wait_until_reached()
    assert waiting.status()["run"]["expected_seconds"] is None, "no Gateway was upgraded here yet"
    held.let_go()
    assert following.wait(120) == 0
    waiting.run("rollback", "gateway", "--yes")
    waiting.run("forget-bad", "gateway")
    waiting.wait_for_state("waiting")
    held = hold(host, GATEWAY)
    following = host.start("tykup", "run", "--yes")
    held.wait_until_reached()
    assert waiting.status()["run"]["expected_seconds"] > 0
    held.let_go()
    assert following.wait(120) == 0
