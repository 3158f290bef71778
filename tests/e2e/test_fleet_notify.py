"""People are told of a fleet's rollout, each thing once, whichever of its hosts tells it."""

import json

import pytest

from world.faults import ask
from world.fleet import CLUSTER, FROM, TO, Centre, policy
from world.standins import GATEWAY, PUMP
from world.tykup import DAEMON
from world.waiting import wait_for
from world.webhooks import NAME, WebhookSink

pytestmark = pytest.mark.formats("apt")

GATEWAYS = ("gw-1", "gw-2")


@pytest.fixture
def sink(scene):
    sink = WebhookSink(scene)
    yield sink
    sink.stop()


@pytest.fixture
def telling(fleet, sink):
    """Two gateways that have a [notify], and the host of a Pump, where their operator sits, that has none."""
    fleet.offer_new()
    fleet.member("pump-1", PUMP, centre="edge", topology="oss", timeout="10s")
    for name in GATEWAYS:
        member = fleet.member(name, GATEWAY, centre="edge", topology="oss", timeout="10s", start=False,
                              fleet_lines=f'[notify]\n[[notify.webhook]]\nurl = "{sink.url()}"\n')
        member.host.knows(NAME, sink.line.address)
        member.tykup.start()
    fleet.make(policy(Centre("edge", "oss"), max_unavailable=2))
    wait_until_told(fleet, sink, ["new-version", "new-version"])
    return fleet


def events(sink):
    return [told["event"] for told in sink.taken()]


def wait_until_told(fleet, sink, expected, within=120):
    """All of it, in this order, and nothing else; returns the last."""
    wait_for(lambda: len(events(sink)) >= len(expected), lambda: f"{expected} are told\n{events(sink)}\n{fleet.text()}\n{fleet.tails()}", within=within)
    assert events(sink) == expected, sink.taken()
    return sink.taken()[-1]


def teller(fleet):
    """The host that tells people at present; nothing while there is none."""
    value = fleet.etcd.control("get", "--print-value-only", f"/tykup/1/{CLUSTER}/teller").stdout
    return json.loads(value)["host"] if value.strip() else None


def make_sick(fleet, sick):
    for name in GATEWAYS:
        ask(fleet.members[name].host, GATEWAY, TO[GATEWAY], **({"never_healthy": True} if sick else {}))


def figure(member, name):
    """The sample of this host's metrics, as text; nothing where it tells none."""
    text = member.host.read("/run/tykup-metrics/tykup.prom")
    return next((line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith(name)), None)


def test_fleet_tells_each_thing_once(telling, sink):
    told = ["new-version", "new-version"]
    make_sick(telling, True)
    telling.start()
    telling.first.run("fleet", "pause", "--reason", "lunch")
    started, paused = wait_until_told(telling, sink, told := [*told, "rollout-started", "rollout-paused"]) and sink.taken()[2:]
    assert started["title"].endswith(f"has begun: gateway {TO[GATEWAY]}, pump {TO[PUMP]}") and started["cluster"] == CLUSTER, started
    assert "lunch" in paused["title"] and "root@pump-1" in paused["title"] and paused["next"] == "tykup fleet resume", paused
    telling.first.run("fleet", "resume")

    failed = telling.wait_until("stopped", within=180)["rollout"]["failures"][0]["host"]
    stopped = wait_until_told(telling, sink, told := [*told, "rollout-stopped"])
    assert f"IS STOPPED: gateway failed on {failed}" in stopped["title"] and f"`tykup fleet retry {failed}`" in stopped["next"], stopped
    assert [(c["component"], c["host"], c["result"]) for c in stopped["components"]] == [("gateway", failed, "failed")]
    assert all(figure(member, f'tykup_fleet_rollout_state{{cluster="{CLUSTER}",state="stopped"}}') == "1" for member in telling.members.values())

    make_sick(telling, False)
    telling.first.run("fleet", "exclude", failed, "--reason", "its disk is bad")
    telling.first.run("fleet", "resume")
    stalled = wait_until_told(telling, sink, told := [*told, "rollout-stalled"], within=240)
    other = next(name for name in GATEWAYS if name != failed)
    assert [(c["host"], f"tykup fleet release-slot {failed}" in c["next"]) for c in stalled["components"]] == [(other, True)], stalled
    who = teller(telling)
    assert {figure(telling.members[name], "tykup_fleet_stalled{") for name in telling.members if name != who} == {None}
    assert figure(telling.members[who], "tykup_fleet_stalled{") == "1"

    telling.first.run("fleet", "release-slot", failed, "--yes")
    telling.wait_until("done", within=200)
    done = wait_until_told(telling, sink, [*told, "rollout-done"])
    assert f"{failed} by root@pump-1: its disk is bad" in done["text"], done
    assert {each["host"] for each in sink.taken()} <= set(GATEWAYS) and {each["cluster"] for each in sink.taken()} == {CLUSTER}
    assert len({each["id"] for each in sink.taken()}) == len(sink.taken())


@pytest.mark.in_full
def test_fleet_another_host_tells_when_the_one_that_did_is_lost(telling, sink):
    for member in telling.members.values():
        member.host.systemctl("enable", DAEMON)
    first = wait_for(lambda: teller(telling), "one of the hosts tells", within=60)
    second = next(name for name in GATEWAYS if name != first)
    telling.members[first].host.crash()
    telling.start()
    told = wait_until_told(telling, sink, ["new-version", "new-version", "rollout-started"], within=240)
    assert told["host"] == second == teller(telling)
    telling.members[first].host.boot()
    telling.wait_until("done", within=300)
    done = wait_until_told(telling, sink, ["new-version", "new-version", "rollout-started", "rollout-done"])
    assert done["host"] == second and teller(telling) == second
    assert telling.members[first].versions() != {GATEWAY: FROM[GATEWAY]}
