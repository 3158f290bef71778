"""What stops a rollout besides a host that fails: a pinned file that is gone, a gate of the operator's own, a promote hook."""

import pytest

from world.faults import hold
from world.fleet import FROM, TO, Centre, policy
from world.standins import GATEWAY, PUMP
from world.waiting import wait_for

pytestmark = [pytest.mark.formats("apt"), pytest.mark.in_full]

HOOKS = "/etc/tykup/hooks"
LOG = "/root/asked.log"


def hook(member, place, script):
    member.host.write(f"{HOOKS}/{place}", f"#!/bin/sh\n{script}\n", mode=0o755)


def asked(member):
    return member.host.read(LOG).splitlines() if member.host.exists(LOG) else []


def gate(**lines):
    return "\n[[gate]]\n" + "".join(f'{key} = "{value}"\n' for key, value in lines.items())


def assert_all_new(fleet):
    assert all(member.is_new() for member in fleet.members.values()), fleet.text()


def test_fleet_pulled(fleet):
    """Who has still to install what was pulled stops everybody; a server that is away proves nothing."""
    fleet.offer_new()
    fleet.member("pump-1", PUMP, centre="edge", topology="oss")
    for name in ("gw-1", "gw-2"):
        fleet.member(name, GATEWAY, centre="edge", topology="oss")
    fleet.make(policy(Centre("edge", "oss")))
    held = {name: hold(fleet.members[name].host, GATEWAY) for name in ("gw-1", "gw-2")}
    fleet.start()
    begun = wait_for(lambda: next((name for name, _ in fleet.steps()), None), lambda: f"a gateway begins\n{fleet.text()}\n{fleet.tails()}", within=150)
    held[begun].wait_until_reached()
    fleet.members[next(name for name in held if name != begun)].host.remove("/run/standin")
    fleet.scene.packagecloud.repository_of(PUMP).remove(PUMP.package, TO[PUMP])
    fleet.members["pump-1"].tykup.run("check")
    stopped = fleet.wait_until("stopped", within=120)
    [pulled] = stopped["rollout"]["pulled"]
    assert stopped["rollout"]["halt"] == "pulled"
    assert (pulled["host"], pulled["component"], pulled["package"]) == ("pump-1", "pump", PUMP.package) and pulled["version"].startswith(TO[PUMP])
    assert "is not offered to pump-1 any more" in stopped["text"] and "tykup fleet abort" in stopped["remedy"]
    fleet.members["pump-1"].tykup.wait_for_journal("of the fleet is stopped: ")
    assert "is not offered to pump-1 any more" in fleet.first.run("fleet", "history").stdout
    held[begun].let_go()
    fleet.wait_for_step(begun, GATEWAY, "done")
    assert fleet.steps() == [(begun, "gateway")], "what had begun is finished, nobody follows"
    refused = fleet.first.run("fleet", "resume", check=False)
    assert refused.returncode != 0 and "is not offered to pump-1 any more: have it offered again" in refused.stdout + refused.stderr
    fleet.scene.packagecloud.offer(PUMP, TO[PUMP])
    fleet.members["pump-1"].tykup.run("check")
    wait_for(lambda: fleet.first.run("fleet", "resume", check=False).returncode == 0, lambda: f"it is resumed\n{fleet.text()}\n{fleet.tails()}", within=120)
    fleet.wait_until("done", within=200)
    assert_all_new(fleet)


def test_fleet_gate_is_asked_and_stops(fleet):
    fleet.offer_new()
    fleet.member("pump-1", PUMP, centre="edge", topology="oss")
    for name in ("gw-1", "gw-2"):
        fleet.member(name, GATEWAY, centre="edge", topology="oss")
    gateways = [fleet.members[name] for name in ("gw-1", "gw-2")]
    fleet.make(policy(Centre("edge", "oss")) + gate(name="errors", after="stage", command="error-rate"))
    lacking = fleet.first.run("fleet", "start", "--yes", check=False)
    assert lacking.returncode != 0 and "gate.d/error-rate" in lacking.stdout + lacking.stderr
    for member in fleet.members.values():
        hook(member, "gate.d/error-rate", f'echo "$TYKUP_AFTER $TYKUP_DATACENTER $TYKUP_COMPONENT" >> {LOG}; [ ! -e /root/bad ] || {{ echo "7 % of all requests fail"; exit 1; }}')
        member.host.write("/root/bad", "yes")
        member.tykup.run("check")
    wait_for(lambda: fleet.first.run("fleet", "start", "--yes", check=False).returncode == 0, lambda: f"it begins\n{fleet.text()}\n{fleet.tails()}", within=120)
    stopped = fleet.wait_until("stopped", within=240)
    assert stopped["rollout"]["halt"] == "gate"
    assert "gate errors after gateway in edge" in stopped["text"] and "7 % of all requests fail" in stopped["text"]
    assert all(member.is_new() for member in gateways) and fleet.members["pump-1"].versions() == {PUMP: FROM[PUMP]}
    asker = next(member for member in gateways if asked(member))
    assert asked(asker) == ["stage edge gateway"] and sum(len(asked(member)) for member in gateways) == 1
    assert fleet.step(asker.name, GATEWAY)["text"].startswith("asks gate errors")
    for member in fleet.members.values():
        member.host.remove("/root/bad")
    fleet.first.run("fleet", "resume")
    fleet.wait_until("done", within=200)
    assert_all_new(fleet)
    assert asked(asker) == ["stage edge gateway"] * 2 and asked(fleet.members["pump-1"]) == ["stage edge pump"]


def test_fleet_promote_hooks(fleet):
    fleet.offer_new()
    for name, group in (("gw-1", "green"), ("gw-2", "blue"), ("gw-3", "blue")):
        member = fleet.member(name, GATEWAY, centre="edge", topology="oss", group=group, start=False)
        hook(member, "promote.d/10-switch", f'echo "$TYKUP_POINT $TYKUP_GROUP" >> {LOG}; [ ! -e /root/bad ]')
        member.host.write("/root/bad", "yes")
        member.tykup.start()
    fleet.make(policy(Centre("edge", "oss"), strategy="blue-green", groups=["blue", "green"]))
    fleet.start()
    fleet.wait_until("promotion", within=200)
    fleet.first.run("fleet", "promote")
    stopped = fleet.wait_until("stopped", within=120)
    assert stopped["rollout"]["halt"] == "gate" and "promote.d/10-switch ended with exit status 1" in stopped["text"]
    assert fleet.members["gw-1"].versions() == {GATEWAY: FROM[GATEWAY]}
    for member in fleet.members.values():
        member.host.remove("/root/bad")
    fleet.first.run("fleet", "promote")
    fleet.wait_until("done", within=200)
    assert_all_new(fleet)
    assert sorted(len(asked(fleet.members[name])) for name in ("gw-2", "gw-3")) == [0, 2] and not asked(fleet.members["gw-1"])
