"""One run on a host: the order of the components, and what stops it half-way."""

import pytest

from world.faults import ask
from world.stack import NEW, OLD, is_healthy
from world.standins import DASHBOARD, GATEWAY, PUMP
from world.story import REPAIRED, moments, only_moment
from world.tykup import DAEMON, config
from world.waiting import wait_for

SECOND = 1_000_000


def wait_until_the_old_stack_is_healthy(host):
    for component, version in OLD.items():
        wait_for(lambda: is_healthy(host, component, version), f"{component.name} is healthy")


def step_of(run, component):
    return next(step for step in run["steps"] if step["component"] == component.name)


def test_self_managed_order(subscribed):
    host, full = subscribed.host, subscribed.host.packages.full
    ask(host, DASHBOARD, NEW[DASHBOARD], start_ms=2500)
    host.edit_json(GATEWAY.config_path, liveness_check={"check_duration": 3 * 10**9})
    wait_until_the_old_stack_is_healthy(host)
    before = host.cursor()

    subscribed.start()
    run = subscribed.wait_for_first_run()

    assert run["result"] == "done"
    assert [(s["component"], s["from"], s["to"], s["result"]) for s in run["steps"]] == [
        (c.name, full(OLD[c]), full(NEW[c]), "done") for c in (DASHBOARD, GATEWAY, PUMP)]
    for component, version in NEW.items():
        assert host.installed(component.package) == version
        assert is_healthy(host, component, version)
    assert host.failed_units() == []

    # A Dashboard answers when it listens, a Gateway is healthy when its first tick has filled its details; each must
    # stay so for `settle` before the next one is touched. systemd itself calls both "started" at once.
    settle = 2 * SECOND
    healthy = {DASHBOARD: only_moment(host, DASHBOARD.unit, "--> Listening on port", before),
               GATEWAY: only_moment(host, GATEWAY.unit, "--> Listening on port", before) + 3 * SECOND,
               PUMP: only_moment(host, PUMP.unit, "Serving health check endpoint", before)}
    for earlier, later in ((DASHBOARD, GATEWAY), (GATEWAY, PUMP)):
        assert only_moment(host, later.unit, "stopping", before) >= healthy[earlier] + settle
        [(changed, *_)] = host.packages.changes(later.package)
        assert changed >= healthy[earlier] // SECOND * SECOND + settle
    for component in NEW:
        only_moment(host, component.unit, "started", before)

    the_operator_reads_it(subscribed, run)


def the_operator_reads_it(operator, run):
    host, full = operator.host, operator.host.packages.full
    status = operator.run("status")
    for version in NEW.values():
        assert version in status.stdout
    document = operator.wait_for_state("idle")
    assert document["trouble"] is None
    assert {c["name"]: c["installed"] for c in document["components"]} == {c.name: full(v) for c, v in NEW.items()}
    assert "nothing to upgrade" in host.output("systemctl", "status", "--no-pager", DAEMON)
    history = operator.run("history", run["id"]).stdout
    # On an rpm host each change breaks something that is put right: an entry more.
    told = [e for e in host.journal(DAEMON, matches=[f"TYKUP_RUN={run['id']}"]) if e["MESSAGE_ID"] != REPAIRED]
    for component, version in NEW.items():
        assert component.name in history and version in history
        words = [e["MESSAGE"] for e in told if e.get("TYKUP_COMPONENT") == component.name]
        change = f"{component.name} {full(OLD[component])} → {full(version)}"
        assert [change in words[0], "package is changed" in words[1], "restarted" in words[2], "Done: " + change in words[3]] == [True] * 4
    assert "every component is new and healthy" in told[-1]["MESSAGE"]


def test_unhealthy_stops_the_run(subscribed):
    host = subscribed.host
    wait_until_the_old_stack_is_healthy(host)
    ask(host, GATEWAY, NEW[GATEWAY], never_healthy=True)
    settings = host.checksums(GATEWAY.folder)
    pump = host.main_pid(PUMP.unit)
    before = host.cursor()

    subscribed.start()
    run = subscribed.wait_for_first_run()

    assert run["result"] == "stopped"
    assert [(s["component"], s["result"]) for s in run["steps"]] == [
        ("dashboard", "done"), ("gateway", "rolled-back"), ("pump", "pending")]
    reason = "it has not checked its dependencies yet (no details in http://127.0.0.1:8080/hello)"
    assert "not healthy within 20s" in step_of(run, GATEWAY)["reason"] and reason in step_of(run, GATEWAY)["reason"]

    assert is_healthy(host, DASHBOARD) and host.installed(DASHBOARD.package) == NEW[DASHBOARD]
    assert is_healthy(host, GATEWAY, OLD[GATEWAY]) and host.installed(GATEWAY.package) == OLD[GATEWAY]
    assert host.checksums(GATEWAY.folder) == settings
    assert len(moments(host, GATEWAY.unit, "started", before)) == 2
    assert host.installed(PUMP.package) == OLD[PUMP] and host.packages.changes(PUMP.package) == []
    assert host.main_pid(PUMP.unit) == pump and moments(host, PUMP.unit, "stopping", before) == []

    the_operator_learns_why(subscribed, run, reason)


def the_operator_learns_why(operator, run, reason):
    full = operator.host.packages.full(OLD[GATEWAY])
    document = operator.wait_for_state("stopped")
    assert document["trouble"]["component"] == "gateway" and document["trouble"]["run"] == run["id"]
    assert reason in document["trouble"]["text"] and run["id"] in document["trouble"]["remedy"]
    assert "bad_version: " in operator.reasons("gateway") and reason in operator.reasons("gateway")
    assert "order: gateway comes first" in operator.reasons("pump")
    shown = operator.run("status", check=False)
    assert shown.returncode == 1 and "it has not checked its dependencies yet" in " ".join(shown.stdout.split())
    assert "LAST RUN STOPPED" in operator.host.output("systemctl", "status", "--no-pager", DAEMON)
    told = operator.host.journal(DAEMON, matches=["TYKUP_COMPONENT=gateway", "PRIORITY=3"])
    assert any(reason in e["MESSAGE"] and "The old version goes back" in e["MESSAGE"] for e in told)
    assert any(f"gateway is back on {full} and healthy" in e["MESSAGE"] for e in told)


ANSWERS = {
    "garbage": ({"garbage": True}, 'which is no health report of a Gateway'),
    "hangs": ({"hang": True}, "http://127.0.0.1:8080/hello does not answer: no answer in"),
    "old_version": ({"answers_version": OLD[GATEWAY]}, "http://127.0.0.1:8080/hello answers as 5.8.14, not 5.8.15"),
    "deaf": ({"deaf": True}, "http://127.0.0.1:8080/hello does not answer: connection refused"),
    "no_redis": ({"redis": "fail"}, 'redis: "fail", could not reach redis'),
    "never_ready": ({"never_ready": True}, 'http://127.0.0.1:8080/ready answers HTTP 503: "A successful API reload did not happen"'),
    "fatal_log": ({"log": ["Node secret is not set"]}, 'its journal says "Node secret is not set"'),
    # Whoever looks first says so: the executor, that it has no process any more, or the gate, what its last words were.
    "unit_does_not_start": ({"crash_at_start": True}, ("it has no main process", 'its journal says "Redis connection details not set')),
    "does_not_stay_up": ({"crash_after_ms": 1500}, "it does not stay up"),
}


@pytest.mark.formats(full="rpm")
@pytest.mark.part({"apt-garbage", "apt-hangs", "apt-no_redis", "apt-fatal_log", "apt-unit_does_not_start"})
@pytest.mark.parametrize("answer", ANSWERS)
def test_bad_answer_is_rolled_back(subscribed, answer):
    fault, reasons = ANSWERS[answer]
    host = subscribed.host
    subscribed.configure(config(components=[GATEWAY], timeout="12s"))
    wait_until_the_old_stack_is_healthy(host)
    ask(host, GATEWAY, NEW[GATEWAY], **fault)

    subscribed.start()
    run = subscribed.wait_for_first_run()

    [step] = run["steps"]
    assert (run["result"], step["result"]) == ("stopped", "rolled-back")
    [reason] = [one for one in ([reasons] if isinstance(reasons, str) else reasons) if one in step["reason"]]
    assert host.installed(GATEWAY.package) == OLD[GATEWAY] and is_healthy(host, GATEWAY, OLD[GATEWAY])
    assert host.failed_units() == []
    assert reason in subscribed.wait_for_state("stopped")["trouble"]["text"]
