"""No other service is lost: what ran beside a component runs beside it still, or the step is taken back."""

import pytest

from world.faults import hold
from world.stack import NEW, OLD, is_healthy
from world.standins import PUMP
from world.tykup import config
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")

SERVICE = "[Service]\nExecStart=/usr/bin/sleep infinity\n"
AT_BOOT = "[Install]\nWantedBy=multi-user.target\n"
# Ends a moment after the process of the Pump that it began with.
LEANS_ON_THE_PUMP = """[Service]
ExecStart=/bin/sh -c 'pid=$$(systemctl show --property=MainPID --value tyk-pump.service); while kill -0 $$pid; do sleep 0.1; done; sleep 0.5; exit 1'
"""


def add_unit(host, name, text, *, enable=False, start=True):
    host.write(f"/etc/systemd/system/{name}", text)
    host.systemctl("daemon-reload")
    if enable:
        host.systemctl("enable", name)
    if start:
        host.systemctl("start", name)


def stop(host, name):
    host.systemctl("stop", name)


def kill(host, name):
    host.systemctl("kill", "--signal=KILL", name)
    wait_for(lambda: name in host.failed_units(), f"{name} has failed")


@pytest.fixture
def pump_only(subscribed):
    """An operator to whom only the Pump matters, and the Pump's script stops in the middle."""
    subscribed.configure(config(components=[PUMP]))
    subscribed.held = hold(subscribed.host, PUMP)
    return subscribed


def run_with(operator, what_happens):
    """The run during which this happens while the Pump's package changes."""
    operator.start()
    operator.held.wait_until_reached(within=120)
    what_happens()
    operator.held.let_go()
    return operator.wait_for_first_run()


def assert_taken_back(operator, run, lost):
    """The Pump is old and healthy, and what was lost is named wherever somebody looks."""
    host = operator.host
    assert (run["result"], run["steps"][0]["result"]) == ("stopped", "rolled-back"), run
    assert lost in run["steps"][0]["reason"] and run["ended"]
    assert host.package_state(PUMP.package) == ("installed", OLD[PUMP]) and is_healthy(host, PUMP, OLD[PUMP])
    assert lost in operator.status()["trouble"]["text"]
    assert operator.wait_for_journal("The old version goes back")["TYKUP_REASON"] == "unit_lost"
    assert operator.run("status", check=False).returncode == 1


def test_unit_lost_elsewhere_fails_the_step(pump_only):
    host = pump_only.host
    add_unit(host, "ledger.service", SERVICE + AT_BOOT, enable=True)
    run = run_with(pump_only, lambda: stop(host, "ledger.service"))
    assert_taken_back(pump_only, run, "ledger.service (stopped)")
    # What is lost is left for the operator to start: nobody knows who stopped it.
    assert not host.is_active("ledger.service")
    assert any("ledger.service (stopped)" in note for note in run["steps"][0]["notes"])
    host.systemctl("start", "ledger.service")
    cursor = host.cursor()
    pump_only.run("forget-bad", "pump")
    pump_only.wait_for_journal("Everything for pump", since_cursor=cursor)
    assert pump_only.run("run", "--yes").returncode == 0
    assert host.installed(PUMP.package) == NEW[PUMP] and host.is_active("ledger.service")


NEEDED = "[Unit]\nRequires=needed.service\nAfter=needed.service\n"
LOSSES = {
    "failed": ({"ledger.service": SERVICE}, kill, "ledger.service", "ledger.service (failed)"),
    "required": ({"needed.service": SERVICE, "ledger.service": NEEDED + "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
                  "ExecStart=/bin/true\n" + AT_BOOT}, stop, "needed.service", "needed.service (stopped)"),
    "socket": ({"mail@.service": SERVICE, "mail.socket": "[Socket]\nListenStream=/run/mail\nAccept=yes\nTriggerLimitBurst=1\n"},
               lambda host, name: host.shell("for i in 1 2 3; do curl -s --max-time 1 --unix-socket /run/mail http://x || :; done"),
               "mail.socket", "mail.socket (failed)"),
}


@pytest.mark.formats(full="rpm")
@pytest.mark.parametrize("kind", LOSSES)
def test_a_unit_of_any_kind_is_missed(pump_only, kind):
    """A service that was never enabled and fails; one that is needed by an enabled unit; a socket."""
    host, (units, happens, name, lost) = pump_only.host, LOSSES[kind]
    for unit, text in units.items():
        add_unit(host, unit, text, enable=AT_BOOT in text, start="@" not in unit)
    assert_taken_back(pump_only, run_with(pump_only, lambda: happens(host, name)), lost)


@pytest.mark.formats(full="rpm")
def test_what_falls_with_the_restart_is_missed(pump_only):
    """It is well while the package changes, and ends when the old process of the Pump has ended."""
    host = pump_only.host
    add_unit(host, "leaning.service", LEANS_ON_THE_PUMP)
    run = run_with(pump_only, lambda: None)
    assert_taken_back(pump_only, run, "leaning.service (failed)")


@pytest.mark.formats(full="rpm")
def test_what_comes_and_goes_by_itself_is_not_missed(pump_only):
    host = pump_only.host
    add_unit(host, "nightly.service", "[Service]\nType=oneshot\nExecStart=/bin/false\n" + AT_BOOT, enable=True, start=False)
    add_unit(host, "spare.service", SERVICE)
    host.run("systemd-run", "--unit=passing", "sleep", "infinity")
    host.run("systemd-run", "--unit=failing", "--property=RemainAfterExit=no", "sleep", "infinity")
    add_unit(host, "ledger.service", SERVICE + AT_BOOT, enable=True)

    def come_and_go():
        host.systemctl("start", "nightly.service", check=False)
        stop(host, "spare.service")
        stop(host, "passing.service")
        kill(host, "failing.service")
        host.systemctl("restart", "ledger.service")

    run = run_with(pump_only, come_and_go)
    assert (run["result"], run["steps"][0]["result"]) == ("done", "done"), run
    assert set(host.failed_units()) == {"nightly.service", "failing.service"}
    assert is_healthy(host, PUMP, NEW[PUMP])
