"""Where upgrading Tyk on an rpm host hurts: scripts that stop the service, scripts that take its unit away."""

import pytest

from world.faults import ask, hold
from world.prober import Prober, failures
from world.stack import NEW, OLD, install_on, is_healthy
from world.standins import DASHBOARD, GATEWAY, MDCB, PUMP
from world.story import REPAIRED, moments, only_moment
from world.tykup import DAEMON, Tykup, config
from world.waiting import wait_for

pytestmark = pytest.mark.formats("rpm")
PLAIN_FILE = "/opt/tyk-gateway/templates/error.json"


def changes(host, component):
    """What dnf's history says was done to a component's package: (word, from, to), oldest first."""
    return [tuple(change) for _, *change in host.packages.changes(component.package)]


def repairs(host, component):
    """What the journal says was put right, as one text."""
    told = host.journal(DAEMON, matches=[f"MESSAGE_ID={REPAIRED}", f"TYKUP_COMPONENT={component.name}"])
    return "\n".join(entry["MESSAGE"] for entry in told)


def serves(host, component, version):
    """It is installed, running on the new program, enabled, with a unit file that systemd knows."""
    wait_for(lambda: is_healthy(host, component, version), f"{component.name} {version} is healthy")
    assert host.installed(component.package) == version
    assert host.output("readlink", f"/proc/{host.main_pid(component.unit)}/exe") == f"{component.folder}/{component.binary}"
    assert host.output("systemctl", "is-enabled", component.unit) == "enabled"
    unit = host.unit(component.unit)
    assert host.exists(unit["FragmentPath"]) and unit["NeedDaemonReload"] == "no"
    return True


def test_rpm_service_is_up_after_upgrade(subscribed):
    """Plain dnf leaves each of them stopped: the replaced package's last script takes the upgrade for a removal."""
    host = subscribed.host
    before = host.cursor()
    subscribed.start()
    run = subscribed.wait_for_first_run()
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("done", ["done"] * 3), run
    for component, version in NEW.items():
        assert serves(host, component, version)
        assert changes(host, component) == [("upgrade", OLD[component], version)]
        only_moment(host, component.unit, "stopping", before)
        only_moment(host, component.unit, "started", before)
    assert host.failed_units() == [] and host.packages.complaints() == ""
    host.reboot()
    for component, version in NEW.items():
        assert serves(host, component, version)


@pytest.fixture
def prepared(scene, packagecloud, tykup_only):
    """A function that makes a host on old versions of some eras, subscribed, and offers new ones; tykup is not started."""

    def prepare(old, new, topology="self-managed"):
        host = scene.host("tyk", tykup_only)
        for versions in (old, new):
            for component, (version, era) in versions.items():
                packagecloud.offer(component, version, era=era)
        install_on(host, packagecloud, {component: version for component, (version, _) in old.items()})
        operator = Tykup(host)
        operator.configure(config(topology, components=list(old)))
        for component in old:
            operator.subscribe_to(packagecloud, component)
            assert host.is_active(component.unit)
        return operator

    return prepare


@pytest.fixture
def upgrading(prepared):
    """The same, and tykup runs once."""

    def run(*how):
        operator = prepared(*how)
        operator.start()
        return operator, operator.wait_for_first_run()

    return run


def test_rpm_init_scripts_removed_are_reinstalled(upgrading):
    old = {DASHBOARD: ("1.4.2", "A"), GATEWAY: ("2.4.2", "A")}
    new = {DASHBOARD: ("1.9.2", "B"), GATEWAY: ("2.9.4.2", "B")}
    operator, run = upgrading(old, new)
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("done", ["done"] * 2), run
    for component, (version, _) in new.items():
        assert serves(operator.host, component, version)
        assert ("reinstall", version, version) in changes(operator.host, component)
        assert f"{component.unit}" in repairs(operator.host, component)


def test_rpm_unit_removed_by_later_era(upgrading):
    operator, run = upgrading({GATEWAY: ("3.0.6", "C")}, {GATEWAY: ("3.0.7", "D")})
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("done", ["done"]), run
    assert serves(operator.host, GATEWAY, "3.0.7")


def test_rpm_unit_that_a_reinstall_does_not_bring_is_restored(prepared):
    """The old package's script takes the unit away, and something takes it away again under the reinstall's own script."""
    operator = prepared({GATEWAY: ("2.4.1", "A")}, {GATEWAY: ("2.4.2", "A")})
    host = operator.host
    leaving = hold(host, GATEWAY, "postrm")
    operator.start()
    leaving.wait_until_reached()
    again = hold(host, GATEWAY, "postinst")
    leaving.let_go()
    again.wait_until_reached()
    host.remove(f"/lib/systemd/system/{GATEWAY.unit}")
    again.let_go()
    run = operator.wait_for_first_run()
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("done", ["done"]), run
    assert serves(host, GATEWAY, "2.4.2")
    said = repairs(host, GATEWAY)
    assert "installed once more" in said
    assert f"/lib/systemd/system/{GATEWAY.unit} was gone after the change" in said and "install/inits" in said


@pytest.mark.scenario("rpm_reinstall_is_silent")
def test_rpm_reinstall_keeps_running(subscribed):
    """A file of the new package is gone before its transaction ends: the package is installed again, and nobody notices."""
    host = subscribed.host
    subscribed.configure(config(components=[GATEWAY]))
    wait_for(lambda: is_healthy(host, GATEWAY, OLD[GATEWAY]), "the gateway is healthy")
    held = hold(host, GATEWAY, "posttrans")
    with Prober(host, GATEWAY) as prober:
        prober.wait_for_answers(100)
        subscribed.start()
        held.wait_until_reached()
        host.remove(PLAIN_FILE)
        held.let_go()
        run = subscribed.wait_for_first_run()
        prober.wait_for_answers(100)
    assert run["result"] == "done", run
    assert changes(host, GATEWAY) == [("upgrade", OLD[GATEWAY], NEW[GATEWAY]), ("reinstall", NEW[GATEWAY], NEW[GATEWAY])]
    assert PLAIN_FILE in repairs(host, GATEWAY) and NEW[GATEWAY] in host.read(PLAIN_FILE)
    assert serves(host, GATEWAY, NEW[GATEWAY])
    # One gap, that of our one restart, which comes after both transactions.
    assert len(failures(prober.requests())) == 1
    assert len(moments(host, GATEWAY.unit, "stopping")) == 1


def test_rpm_downgrade_keeps_running(subscribed):
    """The new version is never healthy: the old package goes back under the new process, which serves to the restart."""
    host = subscribed.host
    subscribed.configure(config(components=[GATEWAY], timeout="8s"))
    wait_for(lambda: is_healthy(host, GATEWAY, OLD[GATEWAY]), "the gateway is healthy")
    ask(host, GATEWAY, NEW[GATEWAY], never_healthy=True)
    with Prober(host, GATEWAY) as prober:
        prober.wait_for_answers(100)
        subscribed.start()
        run = subscribed.wait_for_first_run()
        prober.wait_for_answers(100)
    assert (run["result"], run["steps"][0]["result"]) == ("stopped", "rolled-back"), run
    assert changes(host, GATEWAY) == [("upgrade", OLD[GATEWAY], NEW[GATEWAY]), ("downgrade", NEW[GATEWAY], OLD[GATEWAY])]
    assert serves(host, GATEWAY, OLD[GATEWAY])
    # Two restarts, two gaps: neither transaction made one.
    assert len(failures(prober.requests())) == 2
    assert len(moments(host, GATEWAY.unit, "stopping")) == 2


def test_rpm_mdcb_control_plane_order(upgrading):
    old = {MDCB: ("2.10.0", "D"), PUMP: ("1.15.0", "D"), DASHBOARD: ("5.8.14", "D"), GATEWAY: ("5.8.14", "D")}
    new = {MDCB: ("2.12.0", "D"), PUMP: ("1.16.0", "D"), DASHBOARD: ("5.8.15", "D"), GATEWAY: ("5.8.15", "D")}
    operator, run = upgrading(old, new, "mdcb-control-plane")
    host = operator.host
    assert (run["result"], [s["component"] for s in run["steps"]]) == ("done", ["mdcb", "pump", "dashboard", "gateway"]), run
    starts = [moments(host, component.unit, "started")[-1] for component in new]
    assert starts == sorted(starts)
    for earlier, later in zip(new, list(new)[1:]):
        assert host.packages.changes(later.package)[0][0] >= moments(host, earlier.unit, "started")[-1] // 1_000_000 * 1_000_000
    for component, (version, _) in new.items():
        assert serves(host, component, version)


def test_rpm_unit_file_removed_by_hand_while_it_ran_is_brought_back(subscribed):
    """The unit runs, its file is gone: an upgrade by evidence brings it back, and the state stays what it was."""
    host = subscribed.host
    subscribed.configure(config(components=[PUMP]))
    held = hold(host, PUMP, "postrm")
    subscribed.start()
    held.wait_until_reached()
    host.remove(f"/lib/systemd/system/{PUMP.unit}", f"/etc/init.d/{PUMP.package}")
    held.let_go()
    run = subscribed.wait_for_first_run()
    assert run["result"] == "done", run
    assert serves(host, PUMP, NEW[PUMP])
    assert PUMP.unit in repairs(host, PUMP) or f"/etc/init.d/{PUMP.package}" in repairs(host, PUMP)
