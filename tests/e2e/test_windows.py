"""Maintenance windows: when a run begins, when it does not, and what operators say about it."""

import time
from datetime import datetime, timedelta, timezone

import pytest

from world.faults import hold as hold_script
from world.stack import NEW, OLD
from world.standins import GATEWAY, PUMP
from world.story import moments
from world.tykup import closed_window, config, open_window, window_at
from world.waiting import wait_for

# What the daemon alone decides: the other format is for the full run.
pytestmark = pytest.mark.formats(full="rpm")

QUICK = 'track = "latest"\nsoak = "0s"\n'
DENIED = 4


def installed(host):
    return {component: host.installed(component.package) for component in OLD}


def soon(seconds):
    """A whole second that is so far away."""
    return datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=seconds)


def plan_of(operator):
    return [step["component"] for step in operator.plan()["steps"]]


@pytest.fixture
def waiting(subscribed):
    """A host whose plan is fetched and waits for a window that opens in some hours."""
    subscribed.configure(config(window=closed_window()))
    subscribed.start()
    subscribed.wait_for_state("waiting")
    return subscribed


def test_window_opens_and_runs(subscribed):
    host, opens = subscribed.host, soon(40)
    subscribed.configure(config(window=window_at(opens, "2h"), policy=QUICK + 'missed = "skip"\n'))
    before = host.cursor()
    subscribed.start()
    window = subscribed.wait_for_state("waiting", within=40)["window"]
    assert not window["open"] and 0 < window["seconds_to_open"] <= 40
    assert window["opens"] == window["host_begins"] == f"{opens:%Y-%m-%dT%H:%M:%SZ}"

    run = subscribed.wait_for_first_run()

    assert (run["result"], run["trigger"]) == ("done", "window")
    assert installed(host) == NEW
    begun = min(moments(host, "tykupd.service", "Run ", before))
    assert opens.timestamp() <= begun / 1e6 <= opens.timestamp() + 20
    assert 0 < subscribed.status()["window"]["seconds_left"] <= 7200


@pytest.mark.takes_minutes
def test_window_closes_between_steps(subscribed):
    host, opens = subscribed.host, soon(30)
    again = opens + timedelta(seconds=95)
    window = window_at(opens, "80s") + window_at(again, "80s")
    expected = '[component.dashboard]\nexpected = "5s"\n[component.gateway]\nexpected = "5s"\n[component.pump]\nexpected = "60s"\n'
    subscribed.configure(config("self-managed", expected, window=window))
    held = hold_script(host, GATEWAY)
    subscribed.start()
    held.wait_until_reached(within=150)
    wait_for(lambda: time.time() > opens.timestamp() + 22, "the rest of the window is too short for the pump", within=60)
    held.let_go()

    first = subscribed.wait_for_first_run()
    assert (first["result"], [s["result"] for s in first["steps"]]) == ("partial", ["done", "done", "not-done"]), first
    assert "pump needs 1min with a rollback, and the window has" in first["reason"]
    assert "it waits for the next one" in first["reason"]
    assert host.installed(PUMP.package) == OLD[PUMP]
    subscribed.wait_for_state("waiting")
    assert "window: " in subscribed.reasons("pump") or "budget: " in subscribed.reasons("pump")

    second = subscribed.wait_for_runs_beyond({first["id"]}, within=240)
    assert (second["result"], [s["component"] for s in second["steps"]]) == ("done", ["pump"])
    assert datetime.fromisoformat(second["started"].replace("Z", "+00:00")) >= again
    assert installed(host) == NEW


def test_missed_window_is_skipped(subscribed):
    host = subscribed.host
    subscribed.configure(config(window=open_window(), policy=QUICK + 'missed = "skip"\n'))
    subscribed.start()
    subscribed.wait_for_state("waiting")
    assert "and was missed: tykupd watches since" in subscribed.reasons("dashboard")
    subscribed.wait_for_journal("was missed: tykupd watches since")
    again = host.cursor()
    subscribed.restart()
    subscribed.wait_for_journal("tykupd 0", since_cursor=again)
    wait_for(lambda: subscribed.status()["state"] == "waiting" and "and was missed" in subscribed.reasons("dashboard"), "it is missed still")
    assert subscribed.runs() == [] and installed(host) == OLD

    subscribed.configure(config(window=open_window(), policy=QUICK + 'missed = "run-if-open"\n'))
    subscribed.reload()
    assert subscribed.wait_for_first_run()["result"] == "done"
    assert installed(host) == NEW


def test_hold_and_release(waiting):
    host = waiting.host
    host.run("useradd", "--create-home", "visitor")
    assert waiting.run("hold", "gateway", check=False, user="visitor").returncode == DENIED
    told = waiting.run("hold", "gateway", "--until", "3d", "--reason", "the audit").stdout
    assert told.startswith("Held: gateway, until ") and "tykup release gateway" in told.replace("\n", " ")
    wait_for(lambda: waiting.status()["state"] == "waiting" and plan_of(waiting) == ["dashboard", "pump"], "the gateway is out of the plan")
    assert "hold: held by root since" in waiting.reasons("gateway") and "the audit tykup release gateway" in waiting.reasons("gateway")
    waiting.restart()
    waiting.wait_for_state("waiting")
    assert "Held       gateway by root since" in waiting.run("status").stdout
    waiting.run("run", "--yes")
    assert installed(host) == {**NEW, GATEWAY: OLD[GATEWAY]}

    waiting.run("hold", "--until", "4s")
    waiting.wait_for_journal("The hold on everything by root has ended")
    refused = waiting.run("release", "pump", check=False)
    assert refused.returncode == 1 and "pump is not held" in refused.stderr
    assert waiting.run("hold", "gatway", check=False).stderr.count('did you mean "gateway"?') == 1
    waiting.run("release", "gateway")
    wait_for(lambda: waiting.status()["state"] == "waiting" and plan_of(waiting) == ["gateway"], "the gateway is in the plan")
    waiting.run("run", "--yes")
    assert installed(host) == NEW
    said = [entry.get("TYKUP_COMPONENT") for entry in host.journal("tykupd.service") if "root holds " in str(entry.get("MESSAGE"))]
    assert said[0] == "gateway" and len(said) == 2


def test_approval_is_void_when_the_plan_changes(subscribed, packagecloud):
    host = subscribed.host
    subscribed.configure(config(window=closed_window(), policy=QUICK + 'approve = "manual"\n'))
    subscribed.start()
    first = subscribed.wait_for_state("waiting")["plan"]["hash"]
    assert f"approval: plan {first[:12]} waits for an approval tykup approve {first[:12]}" in subscribed.reasons("dashboard")
    assert subscribed.run("approve", "0123456789", check=False).returncode == 1
    assert subscribed.run("approve", first[:7], check=False).returncode == 1
    subscribed.run("approve", first[:8])
    assert subscribed.wait_for_state("waiting")["approval"]["plan_hash"] == first
    subscribed.run("check")
    assert subscribed.wait_for_state("waiting")["approval"]["by"] == "root"

    packagecloud.offer(GATEWAY, "5.8.16")
    subscribed.run("check")
    subscribed.wait_for_journal(f"The approval of plan {first[:12]} by root is void: the plan is another one by now.")
    second = subscribed.wait_for_state("waiting")["plan"]["hash"]
    assert second != first
    refused = subscribed.run("run", "--yes", check=False)
    assert refused.returncode == DENIED and f"tykup approve {second[:12]}" in refused.stderr.replace("\n", " ")
    assert installed(host) == OLD

    subscribed.run("approve", second, "--until", "1h")
    subscribed.wait_for_state("waiting")
    subscribed.run("run", "--yes")
    assert installed(host) == {**NEW, GATEWAY: "5.8.16"}
    assert subscribed.status()["approval"]["plan_hash"] == ""


def test_bad_config_reload_keeps_last_good(waiting):
    before = waiting.status()["window"]["opens"]
    waiting.configure(config(window=open_window().replace("timezone", "timezon")))
    assert waiting.host.systemctl("reload", "tykupd.service", check=False).returncode != 0
    assert waiting.status()["window"]["opens"] == before and "REFUSED" not in waiting.status()["status"]
    # Whoever goes around the check of `systemctl reload` is told by the daemon itself.
    waiting.host.systemctl("kill", "--signal=HUP", "--kill-who=main", "tykupd.service")
    said = waiting.wait_for_journal("The new configuration is refused, the last good one stays in force: ")
    assert "tykup.toml:" in said["MESSAGE"] and "timezon" in said["MESSAGE"]
    status = waiting.status()
    assert status["state"] == "waiting" and status["window"]["opens"] == before
    assert "CONFIGURATION REFUSED" in status["status"] and "timezon" in status["status"]
    assert waiting.runs() == []

    waiting.configure(config(window=open_window()))
    waiting.reload()
    assert waiting.wait_for_first_run()["result"] == "done"
    assert "CONFIGURATION REFUSED" not in waiting.status()["status"]
    assert installed(waiting.host) == NEW
