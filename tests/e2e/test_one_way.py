"""Steps that cannot be taken back wait for a word that names them; versions that failed stay away."""

import pytest

from world.faults import ask
from world.stack import NEW, OLD, install_on, is_healthy
from world.standins import DASHBOARD, GATEWAY, PUMP
from world.tykup import Tykup, config
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")

BACKUP = "/etc/tykup/hooks/backup.d/10-mongo"
BEFORE, MIGRATES = "5.2.5", "5.3.0"
NOTHING_TO_DO = 5


def bad_versions(operator):
    return [(b["component"], b["version"], b["failures"], b["in_force"]) for b in operator.status()["bad_versions"]]


def test_bad_version_backs_off(subscribed, packagecloud):
    host, full = subscribed.host, subscribed.host.packages.full
    ask(host, GATEWAY, NEW[GATEWAY], never_healthy=True)
    subscribed.start()
    first = subscribed.wait_for_first_run()
    assert first["result"] == "stopped" and host.installed(GATEWAY.package) == OLD[GATEWAY]
    subscribed.wait_for_state("stopped")

    # The window is open still; it is not tried again, by nobody, and a restart forgets nothing.
    assert bad_versions(subscribed) == [("gateway", full(NEW[GATEWAY]), 1, True)]
    subscribed.restart()
    subscribed.wait_for_state("stopped")
    assert subscribed.run("run", "--yes", check=False).returncode == NOTHING_TO_DO
    assert len(subscribed.runs()) == 1
    told = " ".join(subscribed.run("status", check=False).stdout.split())
    assert f"Bad gateway {full(NEW[GATEWAY])} failed here once, stays away until " in told and "or tykup forget-bad gateway: " in told
    assert "failed here once" in subscribed.run("plan").stdout

    # Somebody has it tried again: it counts anew.
    subscribed.run("forget-bad", "gateway")
    wait_for(lambda: subscribed.plan()["steps"], "the Gateway is planned again")
    assert subscribed.run("run", "--yes", check=False).returncode == 1
    assert bad_versions(subscribed) == [("gateway", full(NEW[GATEWAY]), 1, True)]

    # A newer version is taken at once; with it the failure of the older one is over.
    packagecloud.offer(GATEWAY, "5.8.16")
    subscribed.run("check", check=False)
    wait_for(lambda: [s["to"] for s in subscribed.plan()["steps"]][:1] == [full("5.8.16")], "the newer Gateway is planned")
    subscribed.run("run", "--yes")
    assert host.installed(GATEWAY.package) == "5.8.16" and is_healthy(host, GATEWAY, "5.8.16")
    assert host.installed(PUMP.package) == NEW[PUMP]
    assert bad_versions(subscribed) == []


@pytest.fixture
def before_the_migration(scene, packagecloud, tykup_only):
    """A host with a Dashboard that a newer version migrates, subscribed, configured, in its window; not started."""
    for version in (BEFORE, MIGRATES):
        packagecloud.offer(DASHBOARD, version)
    operator = Tykup(scene.host("tyk", tykup_only))
    install_on(operator.host, packagecloud, {DASHBOARD: BEFORE})
    operator.configure(config(components=[DASHBOARD]))
    operator.subscribe_to(packagecloud, DASHBOARD)
    operator.host.systemctl("start", DASHBOARD.unit)
    return operator


def saves_the_database(operator, status=0):
    operator.host.write(BACKUP, f"#!/bin/sh\necho saved >> /root/saved\nexit {status}\n", mode=0o755)


def test_one_way_step_waits_for_a_word_that_names_it(before_the_migration):
    operator, host = before_the_migration, before_the_migration.host
    full = host.packages.full
    operator.start()
    operator.wait_for_state("idle")
    assert "/etc/tykup/hooks/backup.d holds no executable" in operator.reasons("dashboard")

    saves_the_database(operator)
    operator.run("check")
    plan = operator.wait_for_state("waiting")["plan"]
    [step] = plan["steps"]
    assert (step["way_back"], step["database_backup"]) == (False, True) and "5.3.0 migrates" in step["one_way"]
    named = f"dashboard={full(MIGRATES)}"
    shown = " ".join(operator.run("plan").stdout.split())
    assert f"waits for: tykup approve {plan['hash'][:12]} --without-way-back {named}" in shown

    assert "There is no component" in operator.run("approve", plan["hash"], "--without-way-back", "dashbord=5.3.0", check=False).stderr
    wrong = operator.run("approve", plan["hash"], "--without-way-back", "dashboard=5.3.1", check=False)
    assert wrong.returncode == 1 and f"named {named}" in wrong.stderr
    assert operator.run("approve", plan["hash"], "--without-way-back", "dashboard", check=False).returncode == 2
    assert "need no approval here" in operator.run("approve", plan["hash"], check=False).stderr
    assert "there is no way back" in operator.run("run", "--yes", check=False).stderr
    assert operator.runs() == [] and not host.exists("/root/saved")

    operator.run("approve", plan["hash"], "--without-way-back", "dashboard=5.3.0")
    run = operator.wait_for_first_run()
    assert run["result"] == "done" and host.installed(DASHBOARD.package) == MIGRATES
    assert host.read("/root/saved") == "saved\n"
    assert any("without a way back by the word of root" in note for note in run["steps"][0]["notes"])


@pytest.mark.formats(full="rpm")
def test_one_way_step_that_fails_after_its_restart_does_not_go_back(before_the_migration):
    operator, host = before_the_migration, before_the_migration.host
    saves_the_database(operator)
    ask(host, DASHBOARD, MIGRATES, code=500)
    operator.start()
    operator.wait_for_state("waiting")
    failed = operator.run("run", "--yes", "--without-way-back", "dashboard=5.3.0", check=False)
    assert failed.returncode == 1
    status = operator.wait_for_state("needs-admin")
    assert "The old package does not go back over that" in status["trouble"]["text"]
    assert "backup.d/10-mongo succeeded" in status["trouble"]["text"]
    assert host.installed(DASHBOARD.package) == MIGRATES
    [run] = operator.runs()
    assert (run["result"], run["by"], run["steps"][0]["result"]) == ("needs-admin", "root", "needs-admin")
