"""Changing a package is silent; the one outage is the restart that we do."""

from world.faults import hold
from world.prober import Prober
from world.stack import NEW, OLD, is_healthy
from world.standins import GATEWAY
from world.tykup import config
from world.waiting import wait_for

# systemd sends the signal first and notes the time then.
GRACE = 100_000


def test_package_change_is_silent(subscribed):
    host = subscribed.host
    subscribed.configure(config(components=[GATEWAY]))
    wait_for(lambda: is_healthy(host, GATEWAY, OLD[GATEWAY]), "the gateway is healthy")
    old_process = host.main_pid(GATEWAY.unit)
    held = hold(host, GATEWAY)

    with Prober(host, GATEWAY) as prober:
        prober.wait_for_answers(100)
        subscribed.start()
        held.wait_until_reached()
        in_the_middle = len(prober.requests())
        assert host.package_state(GATEWAY.package) == ("half-way", NEW[GATEWAY])
        prober.wait_for_answers(200)
        held.let_go()
        run = subscribed.wait_for_first_run()
        prober.wait_for_answers(100)

    assert run["result"] == "done"
    unit = host.unit(GATEWAY.unit)
    stopping, serving = int(unit["ActiveExitTimestampMonotonic"]), int(unit["ActiveEnterTimestampMonotonic"])
    requests = prober.requests()
    before = [r for r in requests if r.end < stopping - GRACE]
    assert len(before) > in_the_middle + 200
    assert [r for r in before if r.failed] == []
    assert {r.version for r in before} == {"v" + OLD[GATEWAY]}
    the_old_process_served_until(host, old_process, stopping)

    failed = [r for r in requests if r.failed]
    assert failed and failed[0].end >= stopping - GRACE
    recovered = next(r for r in requests if r.end > serving and not r.failed)
    after = [r for r in requests if r.begin >= recovered.begin]
    assert {(r.code, r.version) for r in after} == {(200, "v" + NEW[GATEWAY])}
    assert recovered.end - stopping < 5_000_000


def the_old_process_served_until(host, pid, stopping):
    """Its own last word came when systemd stopped it, and its unit was stopped but once."""
    words = [e for e in host.journal(GATEWAY.unit) if e.get("_PID") == str(pid)]
    assert "Shutdown signal received" in words[-1]["MESSAGE"]
    assert abs(int(words[-1]["__MONOTONIC_TIMESTAMP"]) - stopping) < 5_000_000
    assert sum("Shutdown signal received" in str(e.get("MESSAGE")) for e in host.journal(GATEWAY.unit)) == 1
