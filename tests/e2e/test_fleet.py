"""Hosts of a fleet go in order, one after the other, to one version, by themselves."""

import pytest

from world.fleet import FROM, TO, Centre, policy
from world.standins import DASHBOARD, GATEWAY, PUMP
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")


@pytest.fixture
def three(fleet):
    """A self-managed stack on three hosts, on the old versions; the new ones are offered."""
    fleet.offer_new()
    for name, component in (("dash-1", DASHBOARD), ("gw-1", GATEWAY), ("pump-1", PUMP)):
        fleet.member(name, component, centre="main")
    fleet.make(policy(Centre("main")))
    return fleet


def versions(fleet):
    return {name: member.versions() for name, member in fleet.members.items()}


def test_fleet_self_managed(three):
    assert all(set(v.values()) <= set(FROM.values()) for v in versions(three).values()), "nothing moves before somebody says so"
    three.start()
    three.wait_until("done")
    assert all(member.is_new() for member in three.members.values()), versions(three)
    assert three.steps() == [("dash-1", "dashboard"), ("gw-1", "gateway"), ("pump-1", "pump")]
    assert not [key for key in three.etcd.keys() if "/slot/" in key or "/pending/" in key or "/queue/" in key]


@pytest.mark.in_full
def test_fleet_etcd_restarts(three):
    three.start()
    wait_for(lambda: three.members["dash-1"].is_new(), lambda: f"the Dashboard is new\n{three.text()}\n{three.tails()}", within=300, every=0.5)
    three.etcd.stop()
    three.etcd.start()
    three.wait_until("done")
    assert all(member.is_new() for member in three.members.values()), versions(three)


def test_fleet_freeze_holds_everybody_until_somebody_ends_it(three):
    three.members["gw-1"].tykup.run("fleet", "freeze", "--until", "2h", "--reason", "the CRM moves")
    three.first.run("fleet", "start", "--yes")
    for name, member in three.members.items():
        wait_for(lambda: "by root@gw-1: the CRM moves" in member.tykup.run("status", check=False).stdout, lambda: f"{name} says why\n{three.tails()}", within=60)
    status = three.status()
    assert status["condition"] == "running" and status["freeze"]["said"]["why"] == "the CRM moves"
    assert "frozen until" in three.text() and three.steps() == []
    three.first.run("fleet", "unfreeze", "--reason", "it has moved")
    three.wait_until("done")
    assert all(member.is_new() for member in three.members.values()), versions(three)
    history = three.first.run("fleet", "history").stdout
    assert "root@gw-1: the CRM moves" in history and "it has moved" in history


def test_fleet_run_by_hand_outside_the_order_is_known_to_all(three):
    pump = three.members["pump-1"]
    nothing = pump.tykup.run("run", "--yes", check=False)
    assert nothing.returncode == 5 and "tykup fleet start" in nothing.stdout, "no rollout is at work"
    assert pump.tykup.run("run", "--outside-fleet", "--yes", check=False).returncode == 2, "it wants a reason"
    pump.tykup.run("run", "--outside-fleet", "--reason", "a CVE", "--yes")
    wait_for(pump.is_new, lambda: f"it goes alone\n{three.text()}\n{three.tails()}", within=180)
    assert versions(three)["dash-1"] == {DASHBOARD: FROM[DASHBOARD]}
    past = three.status()["past"]["outside"]
    assert [(each["host"], each["component"], each["said"]["by"], each["said"]["why"]) for each in past] == [("pump-1", "pump", "root@pump-1", "a CVE")]
    assert "a CVE" in three.first.run("fleet", "history").stdout
    wait_for(lambda: not [key for key in three.etcd.keys() if "/slot/" in key], lambda: f"its slot is free\n{three.etcd.keys()}", within=60)


@pytest.mark.in_full
def test_fleet_pause_stops_before_the_next_step(three):
    three.first.run("fleet", "start", "--yes")
    three.first.run("fleet", "pause", "--reason", "the CRM is down")
    three.wait_until("paused", within=60)
    before = versions(three)
    three.first.run("fleet", "resume")
    three.wait_until("done")
    assert before["pump-1"] == {PUMP: FROM[PUMP]} and versions(three)["pump-1"] == {PUMP: TO[PUMP]}
