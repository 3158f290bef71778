"""`tykup rollback`: an operator takes a component back to the version before."""

import json

import pytest
import schemas

from world.faults import ask, hold
from world.stack import NEW, OLD, is_healthy
from world.standins import DASHBOARD, GATEWAY, PUMP
from world.tykup import DAEMON
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")

FINE, FAILED, UNREACHABLE, DENIED, NOT_CONFIRMED = 0, 1, 3, 4, 6
ARCHIVES = "/var/cache/tykup-executor/archives"


@pytest.fixture
def upgraded(subscribed):
    """A host whose three components were brought to their new versions by a run; the window opens in some hours."""
    subscribed.start_with_a_window_to_come(timeout="6s", settle="1s")
    subscribed.run("run", "--yes")
    subscribed.wait_for_state("idle")
    return subscribed


def roll_back(operator, component, code=FINE):
    """The run that did it, as programs get it."""
    result = operator.run("rollback", component.name, "--yes", "--json", check=False)
    assert result.returncode == code, result
    [run] = schemas.check(json.loads(result.stdout), "history")["runs"]
    return run


def way_back(operator, component):
    """What programs are told that may not go back."""
    result = operator.run("rollback", component.name, "--yes", "--json", check=False)
    assert result.returncode == FAILED, result
    way = schemas.check(json.loads(result.stdout), "way-back")
    assert not way["possible"] and way["hindrance"] and way["remedy"]
    return way


def refused(operator, component):
    before = len(operator.runs())
    said = operator.run("rollback", component.name, "--yes", check=False)
    assert said.returncode == FAILED and "does not go back" in said.stdout, said
    assert len(operator.runs()) == before
    return way_back(operator, component)["hindrance"]


def versions(host):
    return {component: host.installed(component.package) for component in OLD}


def test_a_component_goes_back_with_its_configuration_and_stays_there(upgraded):
    host, [first] = upgraded.host, upgraded.runs()
    full = host.packages.full
    host.edit_json(GATEWAY.config_path, mine="for the new version")
    asked = upgraded.run("rollback", "gateway", check=False)
    assert asked.returncode == NOT_CONFIRMED and "--yes" in asked.stderr
    for part in (f"gateway goes back from {full(NEW[GATEWAY])} to {full(OLD[GATEWAY])}", first["id"], "is not put back"):
        assert part in asked.stdout, asked.stdout
    host.run("useradd", "--create-home", "visitor")
    denied = upgraded.run("rollback", "gateway", "--yes", check=False, user="visitor")
    assert denied.returncode == DENIED and "org.tykup1.roll-back" in denied.stderr and "sudo" in denied.stderr
    assert versions(host) == NEW

    told = upgraded.run("rollback", "gateway", "--yes").stdout

    assert f"1/1 gateway {full(NEW[GATEWAY])} → {full(OLD[GATEWAY])}: begins" in told and "rolled back" in told
    assert versions(host) == {**NEW, GATEWAY: OLD[GATEWAY]}
    assert is_healthy(host, GATEWAY, OLD[GATEWAY]) and "mine" not in host.read(GATEWAY.config_path)
    run = upgraded.runs()[0]
    assert (run["result"], run["by"], run["undoes"], run["reason"]) == ("rolled-back", "root", first["id"], "rolled back by root")
    [step] = run["steps"]
    assert (step["component"], step["result"], step["kind"]) == ("gateway", "rolled-back", "withdrawn")
    [saved] = [note.removeprefix("backup ") for note in step["notes"] if note.startswith("backup ")]
    assert run["id"] in saved and host.exists(saved), "what was configured for the new version is not lost"
    assert f"(back from {full(NEW[GATEWAY])})" in upgraded.run("history").stdout and first["id"] in upgraded.run("history", run["id"]).stdout

    status = upgraded.wait_for_state("idle")
    assert status["trouble"] is None
    [bad] = status["bad_versions"]
    assert (bad["component"], bad["reason"], bad["in_force"]) == ("gateway", "rolled back by root", True)
    assert "bad_version" in upgraded.reasons("gateway") and upgraded.plan()["steps"] == []
    upgraded.run("forget-bad", "gateway")
    upgraded.wait_for_state("waiting")
    assert [s["component"] for s in upgraded.plan()["steps"]] == ["gateway"]
    upgraded.run("run", "--yes")
    assert versions(host) == NEW


def test_a_service_that_the_new_version_left_dead_runs_again(upgraded):
    host = upgraded.host
    ask(host, GATEWAY, NEW[GATEWAY], crash_at_start=True)
    host.systemctl("restart", GATEWAY.unit, check=False)
    wait_for(lambda: not is_healthy(host, GATEWAY), "the Gateway is dead")
    assert roll_back(upgraded, GATEWAY)["result"] == "rolled-back"
    assert is_healthy(host, GATEWAY, OLD[GATEWAY]) and host.failed_units() == []


def test_a_service_that_the_operator_stopped_stays_so(upgraded):
    host = upgraded.host
    host.systemctl("stop", PUMP.unit)
    [step] = roll_back(upgraded, PUMP)["steps"]
    assert step["result"] == "rolled-back" and any("not running" in note for note in step["notes"])
    assert host.installed(PUMP.package) == OLD[PUMP] and not host.is_active(PUMP.unit)


def test_an_old_version_that_is_not_healthy_needs_an_administrator(upgraded):
    ask(upgraded.host, GATEWAY, OLD[GATEWAY], never_healthy=True)
    run = roll_back(upgraded, GATEWAY, code=FAILED)
    assert run["result"] == "needs-admin"
    assert "needs an administrator" in way_back(upgraded, DASHBOARD)["hindrance"]


def test_it_goes_on_where_the_daemon_was_cut_off(upgraded):
    host, held = upgraded.host, hold(upgraded.host, GATEWAY)
    watching = host.start("tykup", "rollback", "gateway", "--yes")
    held.wait_until_reached()
    assert "is at work on gateway" in way_back(upgraded, PUMP)["hindrance"]
    assert upgraded.status()["status"].split(": ", 1)[0].endswith("ROLLBACK asked for by root")
    host.systemctl("kill", "--signal=KILL", DAEMON)
    upgraded.start()
    held.let_go()
    assert watching.wait(120) == FINE
    assert upgraded.runs()[0]["result"] == "rolled-back" and host.installed(GATEWAY.package) == OLD[GATEWAY]
    assert is_healthy(host, GATEWAY, OLD[GATEWAY])


def test_it_goes_back_only_over_what_is_known(upgraded, old_and_new):
    host = upgraded.host
    host.shell(f"rm -f {ARCHIVES}/*dashboard*")
    upgraded.run("check")
    assert "is not kept on this host" in refused(upgraded, DASHBOARD)
    old_and_new.offer(PUMP, "1.16.1")
    host.packages.refresh()
    host.packages.install({PUMP.package: "1.16.1"})
    upgraded.run("check")
    assert "somebody else changed it since" in refused(upgraded, PUMP)
    assert roll_back(upgraded, GATEWAY)["result"] == "rolled-back"
    assert "no run of tykup on this host brought" in refused(upgraded, GATEWAY)
    assert 'did you mean "gateway"?' in upgraded.run("rollback", "gatway", "--yes", check=False).stderr
    host.systemctl("stop", DAEMON)
    away = upgraded.run("rollback", "pump", "--yes", check=False)
    assert away.returncode == UNREACHABLE and "sudo systemctl start tykupd" in away.stderr


def test_without_its_backup_nothing_is_changed(upgraded):
    host = upgraded.host
    before = versions(host)
    host.shell("rm -rf /var/lib/tykup-executor/steps/*/gateway.json")
    run = roll_back(upgraded, GATEWAY, code=FAILED)
    assert run["result"] == "partial" and "is not kept any more ([backup] keep)" in run["reason"]
    assert versions(host) == before and upgraded.wait_for_state("idle")["trouble"] is None
