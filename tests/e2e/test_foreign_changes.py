"""Somebody else's package manager was cut short before our run: it is finished first, inside the window and not before."""

from pathlib import Path

import pytest

from world.faults import hold
from world.standins import DASHBOARD, IDENTITY_BROKER, PUMP
from world.stack import NEW, OLD, is_healthy
from world.tykup import closed_window, config
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")

BROKEN_BY = {"apt": ("dpkg", "--install"), "rpm": ("rpm", "--upgrade")}


def install_and_kill(host, packagecloud):
    """Somebody upgrades the Identity Broker by hand, and the package manager is killed within its script."""
    brought = {}
    for version in ("1.7.0", "1.7.1"):
        package = packagecloud.offer(IDENTITY_BROKER, version)
        brought[version] = f"/root/{Path(package.path).name}"
        host.bring(package.path, brought[version])
    tool = BROKEN_BY[host.packages.format]
    host.run(*tool, brought["1.7.0"])
    held = hold(host, IDENTITY_BROKER)
    theirs = host.start(*tool, brought["1.7.1"])
    held.wait_until_reached()
    host.run("pkill", "-KILL", "-x", tool[0])
    held.let_go()
    theirs.wait(30)
    assert host.package_state(IDENTITY_BROKER.package) == ("half-way", "1.7.1")


def state_of_broken(host):
    return host.package_state(IDENTITY_BROKER.package), host.output("sha256sum", *DATABASE[host.packages.format])


DATABASE = {"apt": ["/var/lib/dpkg/status"], "rpm": ["/var/lib/rpm/rpmdb.sqlite"]}


@pytest.mark.scenario("rpm_duplicates_of_a_stranger_are_resolved")
def test_dpkg_interrupted_is_recovered(subscribed, packagecloud):
    """dpkg leaves the package half-configured, rpm leaves both versions in its database."""
    host = subscribed.host
    install_and_kill(host, packagecloud)
    broken = state_of_broken(host)
    subscribed.configure(config(window=closed_window()))
    subscribed.start()
    status = subscribed.wait_for_state("waiting")

    # The window is shut: it is told, and nothing is touched.
    told = next(c for c in status["concerns"] if c["kind"] == "interrupted-change")
    assert IDENTITY_BROKER.package in told["text"] and told["remedy"]
    shown = subscribed.run("status", check=False)
    assert IDENTITY_BROKER.package in shown.stdout
    assert subscribed.wait_for_journal("a package change was interrupted")["TYKUP_REASON"] == "interrupted-change"
    subscribed.run("check", check=False)  # the Identity Broker has no subscription
    subscribed.wait_for_state("waiting")
    assert state_of_broken(host) == broken and subscribed.runs() == []

    # It opens: what was cut short is finished first, and then the run goes on.
    subscribed.configure(config())
    subscribed.reload()
    run = subscribed.wait_for_first_run()
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("done", ["done"] * 3), run
    assert host.package_state(IDENTITY_BROKER.package) == ("installed", "1.7.1") and host.packages.complaints() == ""
    finished = subscribed.wait_for_journal("An interrupted package change was finished")
    begun = subscribed.wait_for_journal("Step begins: dashboard")
    assert IDENTITY_BROKER.package in finished["MESSAGE"]
    assert int(finished["__REALTIME_TIMESTAMP"]) < int(begun["__REALTIME_TIMESTAMP"])
    assert {component: host.installed(component.package) for component in NEW} == NEW
    assert all(is_healthy(host, component, version) for component, version in NEW.items())
    subscribed.wait_for_state("idle")
    assert all(c["kind"] != "interrupted-change" for c in subscribed.status()["concerns"])


# What a killed dpkg may leave of a package; its next script is not held any more.
AT = {"before it unpacks": "preinst", "after it has unpacked": "postrm"}


@pytest.mark.formats("apt")
@pytest.mark.parametrize("place", AT.values(), ids=AT.keys())
def test_one_of_our_own_packages_that_somebody_left_half_way_is_finished_first(subscribed, place):
    """An operator's apt-get was killed while it upgraded the Pump by itself; our run finds it so."""
    host = subscribed.host
    host.packages.refresh()
    held = hold(host, PUMP, place)
    theirs = host.start("apt-get", "--yes", "install", f"{PUMP.package}={NEW[PUMP]}")
    held.wait_until_reached()
    host.run("pkill", "-KILL", "-x", "apt-get|dpkg")
    held.let_go()
    theirs.wait(30)
    subscribed.start()
    wait_for(lambda: host.package_state(DASHBOARD.package) == ("installed", NEW[DASHBOARD]), "the dashboard is upgraded", within=180)
    wait_for(lambda: host.package_state(PUMP.package) == ("installed", NEW[PUMP]), "the pump is whole", within=180)
    subscribed.wait_for_state("idle")
    assert host.packages.complaints() == ""
    assert {component: host.installed(component.package) for component in NEW} == NEW
    assert all(is_healthy(host, component, version) for component, version in NEW.items())
