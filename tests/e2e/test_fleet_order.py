"""Who goes when: back in reverse, a host that comes late first, groups one after the other, control plane before data centres."""

import pytest

from world.faults import hold
from world.fleet import FROM, TO, Centre, policy
from world.stack import digest_of
from world.standins import DASHBOARD, GATEWAY, MDCB, PUMP
from world.tykup import CONFIG, closed_window, open_window
from world.waiting import wait_for

pytestmark = [pytest.mark.formats(full="rpm"), pytest.mark.in_full]


def stack_of(fleet, *more):
    """A self-managed stack, a host for each component; the first is the Pump's, where the operator sits."""
    fleet.offer_new()
    for name, component in (("pump-1", PUMP), ("dash-1", DASHBOARD), ("gw-1", GATEWAY), *more):
        fleet.member(name, component, centre="main")
    fleet.make(policy(Centre("main")))
    return fleet


def assert_all_new(fleet):
    assert all(member.is_new() for member in fleet.members.values()), fleet.text()


def assert_all_old(fleet):
    assert all(member.versions() == {c: FROM[c] for c in member.components} for member in fleet.members.values()), fleet.text()


def test_fleet_rollback_reverses_the_order(fleet):
    stack_of(fleet)
    fleet.start()
    fleet.wait_until("done", within=150)
    assert_all_new(fleet)
    there = len(fleet.steps())
    fleet.first.run("fleet", "rollback", "--yes")
    fleet.wait_until("done", within=200)
    assert fleet.status()["rollout"]["direction"] == "back"
    assert_all_old(fleet)
    assert fleet.steps()[there:] == [("pump-1", "pump"), ("gw-1", "gateway"), ("dash-1", "dashboard")]


def test_fleet_late_old_host_blocks_later_stages(fleet):
    stack_of(fleet)
    held = hold(fleet.members["gw-1"].host, GATEWAY)
    fleet.start()
    held.wait_until_reached(within=150)
    late = fleet.member("dash-2", DASHBOARD, centre="main", start=False)
    late_held = hold(late.host, DASHBOARD)
    late.tykup.start()
    wait_for(lambda: "dash-2" in fleet.hosts(), lambda: f"dash-2 is registered\n{fleet.text()}\n{fleet.tails()}", within=60)
    held.let_go()
    fleet.wait_for_step("gw-1", GATEWAY, "done")
    late_held.wait_until_reached(within=120)
    pump = fleet.step("pump-1", PUMP)
    assert pump["state"] == "waiting" and "dash-2 (dashboard)" in pump["text"], pump
    late_held.let_go()
    fleet.wait_until("done", within=150)
    assert_all_new(fleet)
    assert fleet.steps() == [("dash-1", "dashboard"), ("gw-1", "gateway"), ("dash-2", "dashboard"), ("pump-1", "pump")]


def test_fleet_new_release_mid_rollout(fleet):
    """Everybody gets what was pinned, and not what appears meanwhile."""
    stack_of(fleet, ("gw-2", GATEWAY))
    held = hold(fleet.members["dash-1"].host, DASHBOARD)
    fleet.start()
    held.wait_until_reached(within=150)
    fleet.offer(GATEWAY, "5.8.16")
    for name in ("gw-1", "gw-2"):
        fleet.members[name].tykup.run("check")
    held.let_go()
    fleet.wait_until("done", within=200)
    assert_all_new(fleet)
    assert "5.8.16" in fleet.first.run("fleet", "plan").stdout


def test_fleet_canary(fleet):
    fleet.offer_new()
    fleet.member("gw-1", GATEWAY, centre="edge", topology="oss")
    fleet.member("gw-2", GATEWAY, centre="edge", topology="oss")
    fleet.member("gw-3", GATEWAY, centre="edge", topology="oss", group="canary")
    fleet.make(policy(Centre("edge", "oss"), strategy="canary", groups=["canary"], canary_soak="15s", max_unavailable=2))
    fleet.start()
    soaking = wait_for(lambda: "soaking" in stages(fleet) and fleet.status(), lambda: f"the canary soaks\n{fleet.text()}\n{fleet.tails()}", within=150, every=0.3)
    assert fleet.members["gw-3"].is_new() and fleet.steps() == [("gw-3", "gateway")]
    assert "soak" in fleet.step("gw-1", GATEWAY)["text"] or "soaking" not in stages(fleet), soaking
    fleet.wait_until("done", within=200)
    assert_all_new(fleet)
    assert fleet.steps()[0] == ("gw-3", "gateway") and len(fleet.steps()) == 3


def stages(fleet):
    return [stage["state"] for centre in fleet.status().get("datacenters", ()) for stage in centre["stages"]]


def test_fleet_blue_green(fleet):
    fleet.offer_new()
    for name, group in (("gw-1", "green"), ("gw-2", "blue")):
        fleet.member(name, GATEWAY, centre="edge", topology="oss", group=group)
    fleet.make(policy(Centre("edge", "oss"), strategy="blue-green", groups=["blue", "green"]))
    held = hold(fleet.members["gw-2"].host, GATEWAY)
    fleet.start()
    held.wait_until_reached(within=150)
    early = fleet.first.run("fleet", "promote", check=False)
    assert early.returncode != 0 and "gw-2" in early.stdout + early.stderr
    held.let_go()
    waiting = fleet.wait_until("promotion", within=150)
    assert "tykup fleet promote" in waiting["remedy"]
    assert fleet.steps() == [("gw-2", "gateway")] and fleet.members["gw-1"].versions() == {GATEWAY: FROM[GATEWAY]}
    fleet.first.run("fleet", "promote")
    fleet.wait_until("done", within=150)
    assert_all_new(fleet)
    assert fleet.steps() == [("gw-2", "gateway"), ("gw-1", "gateway")]


@pytest.mark.formats("apt")
def test_fleet_mdcb(fleet):
    """A control plane of apt hosts, then a data centre of rpm hosts, then one that has both."""
    fleet.offer_new()
    for name, component in (("mdcb-1", MDCB), ("dash-1", DASHBOARD), ("pump-1", PUMP)):
        fleet.member(name, component, centre="core", topology="mdcb-control-plane")
    for centre, formats in (("eu", ("rpm", "rpm")), ("us", ("apt", "rpm"))):
        for number, format in enumerate(formats, 1):
            fleet.member(f"{centre}-gw-{number}", GATEWAY, centre=centre, topology="mdcb-data-plane", format=format)
    fleet.make(policy(Centre("core", "mdcb-control-plane"), Centre("eu", "mdcb-data-plane", 1), Centre("us", "mdcb-data-plane", 2)))
    fleet.start()
    fleet.wait_until("done", within=300)
    assert_all_new(fleet)
    assert_pinned_for_both(fleet)
    order = [name.rstrip("12") for name, _ in fleet.steps()]
    assert order[:1] == ["mdcb-"] and order[1:3] == ["pump-", "dash-"] and order[3:] == ["eu-gw-"] * 2 + ["us-gw-"] * 2, order


def assert_pinned_for_both(fleet):
    """One version for all, and for each class of hosts what its package manager calls it and the digest of its own file."""
    (pin,) = (pin for pin in fleet.status()["rollout"]["pins"] if pin["component"] == "gateway")
    clouds = {"deb": fleet.scene.packagecloud_of("apt"), "rpm": fleet.scene.packagecloud_of("rpm")}
    files = {format: cloud.repository_of(GATEWAY).path_of(GATEWAY.package, TO[GATEWAY]) for format, cloud in clouds.items()}
    assert pin["version"] == TO[GATEWAY], pin
    assert {build["format"]: build["version"] for build in pin["files"]} == {"deb": TO[GATEWAY], "rpm": f"{TO[GATEWAY]}-1"}, pin
    assert {build["format"]: build["sha256"] for build in pin["files"]} == {format: digest_of(file) for format, file in files.items()}


def test_fleet_closed_window_is_waited_for(fleet):
    """A host whose window is shut holds up nobody of its own stage, and all who come after it."""
    fleet.offer_new()
    fleet.member("pump-1", PUMP, centre="edge", topology="oss")
    fleet.member("gw-1", GATEWAY, centre="edge", topology="oss")
    shut = fleet.member("gw-2", GATEWAY, centre="edge", topology="oss", window=closed_window())
    fleet.make(policy(Centre("edge", "oss")))
    fleet.start()
    fleet.wait_for_step("gw-1", GATEWAY, "done")
    waiting = fleet.step("gw-2", GATEWAY)
    assert waiting["state"] == "waiting" and "its window opens at" in waiting["text"], waiting
    assert "waiting for gw-2 (gateway)" in fleet.step("pump-1", PUMP)["text"]
    assert fleet.status()["condition"] == "running" and fleet.steps() == [("gw-1", "gateway")]
    shut.tykup.configure(shut.host.read(CONFIG).replace(closed_window_of(shut), open_window()))
    shut.tykup.reload()
    fleet.wait_until("done", within=150)
    assert_all_new(fleet)
    assert fleet.steps() == [("gw-1", "gateway"), ("gw-2", "gateway"), ("pump-1", "pump")]


def closed_window_of(member):
    """The table of its window, as its configuration has it."""
    text = member.host.read(CONFIG)
    return text[text.index("[[window]]"):text.index("[repository]")]
