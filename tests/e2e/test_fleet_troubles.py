"""A host that fails, dies or cannot be reached: nobody follows it, everybody can see why, and it goes on from there."""

import pytest

from world.faults import ask, hold
from world.fleet import FROM, TO, Centre, policy
from world.standins import GATEWAY, PUMP
from world.tykup import DAEMON
from world.waiting import wait_for

pytestmark = [pytest.mark.formats(full="rpm"), pytest.mark.in_full]

GATEWAYS = ("gw-1", "gw-2")


@pytest.fixture
def edge(fleet):
    """Two gateways and a Pump; their operator sits at the Pump's host. Two gateways may be in work at once."""
    fleet.offer_new()
    fleet.member("pump-1", PUMP, centre="edge", topology="oss", timeout="10s")
    for name in GATEWAYS:
        fleet.member(name, GATEWAY, centre="edge", topology="oss", timeout="10s")
    fleet.make(policy(Centre("edge", "oss"), max_unavailable=2))
    return fleet


def assert_all_new(fleet):
    assert all(member.is_new() for member in fleet.members.values()), fleet.text()


def other_than(name):
    return next(other for other in GATEWAYS if other != name)


def begin_and_hold(fleet):
    """The rollout begins and its first gateway stops in the middle of its package's change: (its name, what lets it go)."""
    held = {name: hold(fleet.members[name].host, GATEWAY) for name in GATEWAYS}
    fleet.start()

    def begun():
        return next((name for name, _ in fleet.steps()), None)

    name = wait_for(begun, lambda: f"a gateway begins\n{fleet.text()}\n{fleet.tails()}", within=120)
    held[name].wait_until_reached()
    fleet.members[other_than(name)].host.remove("/run/standin")
    return name, held[name]


def make_sick(fleet):
    for name in GATEWAYS:
        ask(fleet.members[name].host, GATEWAY, TO[GATEWAY], never_healthy=True)


def make_well(fleet):
    for name in GATEWAYS:
        ask(fleet.members[name].host, GATEWAY, TO[GATEWAY])


def begin_and_fail(fleet):
    """A gateway of the new version is never healthy: returns who found out, when the rollout is stopped for it."""
    make_sick(fleet)
    fleet.start()
    stopped = fleet.wait_until("stopped", within=180)
    return stopped, stopped["rollout"]["failures"][0]["host"]


def test_fleet_failure_budget_stops_everyone(edge):
    stopped, failed = begin_and_fail(edge)
    assert stopped["rollout"]["halt"] == "failures" and failed in GATEWAYS
    assert f"gateway failed on {failed}" in stopped["text"] and f"tykup fleet retry {failed}" in stopped["remedy"]
    step = edge.step(failed, GATEWAY)
    assert (step["state"], step["stuck"]) == ("failed", True) and "tykup fleet exclude" in step["remedy"]
    assert failed in edge.text() and edge.first.run("fleet", "status", check=False).returncode != 0
    assert edge.members[failed].versions() == {GATEWAY: FROM[GATEWAY]}, "it has gone back by itself"
    assert [key for key in edge.etcd.keys() if "/slot/" in key], "it keeps its slot"
    assert edge.steps() == [(failed, "gateway")]
    make_well(edge)
    edge.first.run("fleet", "retry", failed)
    edge.wait_until("done", within=150)
    assert_all_new(edge)
    assert [name for name, _ in edge.steps()] == [failed, failed, other_than(failed), "pump-1"]


def test_fleet_stalled_is_named_and_resolved(edge):
    _, failed = begin_and_fail(edge)
    make_well(edge)
    assert edge.first.run("fleet", "resume", check=False).returncode != 0, "nothing was done about the failure"
    edge.first.run("fleet", "exclude", failed, "--reason", "its disk is bad")
    edge.first.run("fleet", "resume")
    stalled = edge.wait_until("stalled", within=120)
    named = {each["host"]: each for each in stalled["stalled"]}
    assert set(named) == {other_than(failed)}
    assert failed in named[other_than(failed)]["text"] and f"tykup fleet release-slot {failed}" in named[other_than(failed)]["remedy"]
    assert "Nobody who is left can start" in edge.text()
    edge.first.run("fleet", "release-slot", failed, "--yes")
    edge.wait_until("done", within=150)
    assert edge.members[failed].versions() == {GATEWAY: FROM[GATEWAY]}
    assert edge.step(failed, GATEWAY)["state"] == "excluded"
    assert edge.members[other_than(failed)].is_new() and edge.members["pump-1"].is_new()
    edge.members[failed].host.systemctl("stop", DAEMON)
    edge.first.run("fleet", "forget", failed)
    assert failed not in edge.hosts()


def test_fleet_host_dies_mid_step(edge):
    for name in GATEWAYS:
        edge.members[name].host.systemctl("enable", DAEMON)
    died, _ = begin_and_hold(edge)
    host = edge.members[died].host
    host.crash()
    absent = edge.wait_for_step(died, GATEWAY, "absent", within=400)
    assert absent["stuck"] and f"release-slot {died}" in absent["remedy"]
    assert [key for key in edge.etcd.keys() if "/slot/" in key], "the slot outlives its holder's lease"
    stalled = edge.wait_until("stalled", within=60)
    texts = {each["host"]: each["text"] for each in stalled["stalled"]}
    assert f"max_failed is reached: {died} holds a slot of gateway" in texts[other_than(died)]
    assert edge.steps() == [(died, "gateway")]
    host.boot()
    edge.wait_until("done", within=150)
    assert_all_new(edge)
    assert edge.steps()[0] == (died, "gateway") and [name for name, _ in edge.steps()][-2:] == [other_than(died), "pump-1"]


def test_fleet_partition(edge):
    at_work, held = begin_and_hold(edge)
    others = other_than(at_work)
    for name in GATEWAYS:
        edge.members[name].host.line.pull()
    held.let_go()
    begun = edge.members[at_work]
    wait_for(begun.is_new, lambda: f"a begun step is finished\n{begun.tykup.tail()}", within=120)
    begun.tykup.wait_for_journal("Done: gateway")
    assert edge.step(at_work, GATEWAY)["state"] in ("in_work", "absent"), "nobody could hear of its end"
    assert edge.members[others].versions() == {GATEWAY: FROM[GATEWAY]}
    edge.members[at_work].host.line.plug_back()
    edge.wait_for_step(at_work, GATEWAY, "done")
    assert edge.members[others].versions() == {GATEWAY: FROM[GATEWAY]} and edge.steps() == [(at_work, "gateway")]
    edge.members[others].host.line.plug_back()
    edge.wait_until("done", within=150)
    assert_all_new(edge)


def test_fleet_abort_and_start_keep_the_slot_at_work(edge):
    """A slot belongs to its holder and not to the rollout: what begins next counts it."""
    at_work, held = begin_and_hold(edge)
    aborted = edge.first.run("fleet", "abort", "--yes", "--reason", "wrong night")
    assert f"{at_work} keeps its slot of gateway" in aborted.stdout
    edge.wait_until("aborted", within=60)
    edge.start()
    waiting = edge.wait_for_step(other_than(at_work), GATEWAY, "waiting", "queued", within=120)
    assert edge.steps() == [(at_work, "gateway")], waiting
    held.let_go()
    edge.wait_until("done", within=150)
    assert_all_new(edge)
    assert [name for name, _ in edge.steps()] == [at_work, other_than(at_work), "pump-1"]
    assert "wrong night" in edge.first.run("fleet", "history").stdout
