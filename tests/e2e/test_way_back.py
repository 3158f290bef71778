"""A step that fails goes back, loudly where it cannot; a dependency's failure is none of the version's."""

import pytest

from world.faults import ask, hold, make_script_fail
from world.stack import NEW, OLD, is_healthy
from world.standins import DASHBOARD, GATEWAY, PUMP
from world.tykup import DAEMON, config
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")

POLICY = 'track = "latest"\nsoak = "0s"'
GATEWAY_ONLY = {"components": [GATEWAY], "timeout": "12s"}


def wait_until_healthy(host, *components):
    for component in components:
        wait_for(lambda c=component: is_healthy(host, c, OLD[c]), f"{component.name} is healthy", within=60)


def results(run):
    return {s["component"]: s["result"] for s in run["steps"]}


def step_of(run, component):
    return next(s for s in run["steps"] if s["component"] == component.name)


def changes(host, component):
    return [change for _, *change in host.packages.changes(component.package)]


def assert_old_and_healthy(host, component):
    assert host.package_state(component.package) == ("installed", OLD[component])
    assert is_healthy(host, component, OLD[component])


def test_rollback_on_unhealthy(subscribed):
    host = subscribed.host
    subscribed.configure(config(**GATEWAY_ONLY))
    wait_until_healthy(host, GATEWAY)
    ask(host, GATEWAY, NEW[GATEWAY], never_healthy=True)
    settings = host.checksums(GATEWAY.folder)
    enabled = host.output("systemctl", "is-enabled", GATEWAY.unit)

    subscribed.start()
    run = subscribed.wait_for_first_run()

    step = step_of(run, GATEWAY)
    assert (run["result"], step["result"], step["kind"]) == ("stopped", "rolled-back", "unhealthy"), run
    assert_old_and_healthy(host, GATEWAY)
    assert host.checksums(GATEWAY.folder) == settings
    assert host.output("systemctl", "is-enabled", GATEWAY.unit) == enabled
    assert len(changes(host, GATEWAY)) == 2, "there and back, once each"
    assert host.packages.complaints() == "" and host.failed_units() == []
    subscribed.wait_for_state("stopped")
    assert "bad_version: " in subscribed.reasons("gateway")


def assert_left_alone(operator):
    """Needs an administrator, before and after a restart of the daemon and of the host, and nothing is touched."""
    host = operator.host
    before = (host.package_state(GATEWAY.package), changes(host, GATEWAY))
    for again in (operator.restart, host.reboot):
        again()
        assert operator.wait_for_state("needs-admin")["trouble"]["component"] == "gateway"
        assert (host.package_state(GATEWAY.package), changes(host, GATEWAY)) == before
    refused = operator.run("run", "--yes", check=False)
    assert refused.returncode != 0


def assert_said(operator, run, *parts):
    """What was tried, what is on disk and what to do is in the journal, the status and the history."""
    said = operator.wait_for_journal("needs an administrator")["MESSAGE"]
    trouble = operator.status()["trouble"]
    notes = " ".join(step_of(run, GATEWAY)["notes"])
    for part in (*parts, f"/var/lib/tykup-executor/backups/{run['id']}/gateway.tar.zst", f"kept: {GATEWAY.package}"):
        assert part in said and (part in trouble["text"] or part in trouble["remedy"]), part
    assert f"/backups/{run['id']}/gateway.tar.zst" in notes
    assert "tykup check" in said and "tykup check" in trouble["remedy"]
    shown = operator.run("status", check=False)
    assert shown.returncode != 0 and "NEEDS AN ADMINISTRATOR" in shown.stdout.upper()


@pytest.mark.formats("apt")
def test_rollback_fails_loudly(subscribed):
    """The script of the old package fails when it goes back."""
    host = subscribed.host
    subscribed.configure(config(**GATEWAY_ONLY))
    wait_until_healthy(host, GATEWAY)
    ask(host, GATEWAY, NEW[GATEWAY], never_healthy=True)
    make_script_fail(host, GATEWAY, "postinst", OLD[GATEWAY])

    subscribed.start()
    run = subscribed.wait_for_first_run()

    assert (run["result"], results(run)) == ("needs-admin", {"gateway": "needs-admin"}), run
    assert host.package_state(GATEWAY.package)[0] == "half-way"
    assert_said(subscribed, run, "putting the old package back failed", f"{GATEWAY.package} {OLD[GATEWAY]} (half-configured)",
                "dpkg --configure -a")
    assert_left_alone(subscribed)

    host.shell("rm -f /run/standin/*.fails; dpkg --configure -a")
    host.systemctl("restart", GATEWAY.unit)
    wait_until_healthy(host, GATEWAY)
    subscribed.run("check", check=False)
    found = subscribed.wait_for_journal("says that the host was put right")["MESSAGE"]
    assert f"gateway is at {GATEWAY.package} {OLD[GATEWAY]}, the old version, and healthy" in found
    subscribed.wait_for_state("idle")
    assert subscribed.status()["trouble"] is None
    assert "bad_version: " in subscribed.reasons("gateway")


@pytest.mark.formats(full="rpm")
def test_rollback_fails_loudly_where_the_old_version_is_ill_by_then(subscribed):
    host = subscribed.host
    subscribed.configure(config(**GATEWAY_ONLY))
    wait_until_healthy(host, GATEWAY)
    held = hold(host, GATEWAY)
    subscribed.start()
    held.wait_until_reached(within=120)
    ask(host, GATEWAY, "*", never_healthy=True)
    held.let_go()
    run = subscribed.wait_for_first_run()
    assert (run["result"], results(run)) == ("needs-admin", {"gateway": "needs-admin"}), run
    assert host.package_state(GATEWAY.package) == ("installed", OLD[GATEWAY])
    assert_said(subscribed, run, "the old version is installed again, but is not healthy either", f"{GATEWAY.unit} is active (running)")
    assert_left_alone(subscribed)


@pytest.mark.formats(full="rpm")
def test_rollback_run(subscribed):
    host = subscribed.host
    subscribed.configure(config(policy=POLICY + '\non_failure = "rollback-run"', timeout="12s"))
    wait_until_healthy(host, DASHBOARD, GATEWAY, PUMP)
    ask(host, GATEWAY, NEW[GATEWAY], never_healthy=True)

    subscribed.start()
    run = subscribed.wait_for_first_run()

    assert (run["result"], results(run)) == ("stopped", {"dashboard": "rolled-back", "gateway": "rolled-back", "pump": "pending"}), run
    assert "gateway" in step_of(run, DASHBOARD)["reason"] and "gone back with it: dashboard" in run["reason"]
    for component in OLD:
        assert_old_and_healthy(host, component)
    assert (len(changes(host, DASHBOARD)), len(changes(host, GATEWAY)), changes(host, PUMP)) == (2, 2, [])
    status = subscribed.wait_for_state("stopped")
    assert status["trouble"]["component"] == "gateway"
    assert "bad_version: " in subscribed.reasons("gateway") and "bad_version: " not in subscribed.reasons("dashboard")
    told = [e["MESSAGE"] for e in host.journal(DAEMON) if " is back on " in e["MESSAGE"]]
    assert [text.split()[0] for text in told] == ["gateway", "dashboard"]


@pytest.mark.formats(full="rpm")
def test_dependency(subscribed):
    """Redis goes away during the step."""
    host = subscribed.host
    subscribed.configure(config(**GATEWAY_ONLY))
    wait_until_healthy(host, GATEWAY)
    held = hold(host, GATEWAY)
    subscribed.start()
    held.wait_until_reached(within=120)
    ask(host, GATEWAY, "*", redis="fail")
    held.let_go()
    run = subscribed.wait_for_first_run()

    step = step_of(run, GATEWAY)
    assert (run["result"], step["result"], step["kind"]) == ("stopped", "rolled-back", "dependency"), run
    assert host.package_state(GATEWAY.package) == ("installed", OLD[GATEWAY])
    trouble = subscribed.wait_for_state("stopped")["trouble"]
    assert "redis" in trouble["text"] and "what it depends on is away" in trouble["text"]
    assert "bad_version: " not in subscribed.reasons("gateway")
    assert host.failed_units() == []

    ask(host, GATEWAY, "*")
    wait_until_healthy(host, GATEWAY)
    subscribed.run("run", "--yes", within=300)
    assert host.package_state(GATEWAY.package) == ("installed", NEW[GATEWAY])
