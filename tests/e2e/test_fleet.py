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


@pytest.mark.in_full
def test_fleet_pause_stops_before_the_next_step(three):
    three.first.run("fleet", "start", "--yes")
    three.first.run("fleet", "pause", "--reason", "the CRM is down")
    three.wait_until("paused", within=60)
    before = versions(three)
    three.first.run("fleet", "resume")
    three.wait_until("done")
    assert before["pump-1"] == {PUMP: FROM[PUMP]} and versions(three)["pump-1"] == {PUMP: TO[PUMP]}
