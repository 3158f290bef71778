"""Whatever stops in the middle of a run, the run comes to its end, once, and the package manager with it."""

import pytest

from world.deb import Recipe
from world.faults import ask, hold
from world.stack import NEW, OLD, is_healthy
from world.standins import DASHBOARD, GATEWAY, PUMP
from world.tykup import DAEMON, closed_window, config
from world.waiting import wait_for

EXECUTORS = "tykup-executor@*.service"
SLICE = r"system-tykup\x2dexecutor.slice"
SOCKET = "tykup-executor.socket"


def assert_the_run_was_one(operator, run):
    """One run in history, every step done, one change of each package, every component new and healthy."""
    host = operator.host
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("done", ["done"] * 3), run
    assert [r["id"] for r in operator.runs()] == [run["id"]]
    for component, version in NEW.items():
        assert [change for _, *change in host.packages.changes(component.package)] == [["upgrade", OLD[component], version]]
        assert host.package_state(component.package) == ("installed", version)
        assert is_healthy(host, component, version)
    assert host.packages.complaints() == ""
    assert host.failed_units() == []


def kill_the_daemon(operator):
    """kill -9; returns when systemd has started it again."""
    killed = operator.host.main_pid(DAEMON)
    operator.host.run("kill", "-9", killed)
    wait_for(lambda: operator.host.main_pid(DAEMON) not in (0, killed) and operator.host.is_active(DAEMON),
             "systemd starts tykupd again", within=30)
    operator.host.systemctl("reset-failed", DAEMON)  # the limit of starts is not what is tested


def restart_the_daemon(operator):
    operator.restart()


def executor_states(host):
    """The sub-state of every executor that is there."""
    listing = host.output("systemctl", "list-units", "--all", "--plain", "--no-legend", EXECUTORS)
    return [line.split()[3] for line in listing.splitlines()]


def wait_for_phase(operator, phase, component=None, within=60):
    """Waits until the run at work is in that phase, of that component's step."""

    def there():
        run = (operator.status_or_none() or {}).get("run")
        return run and run["phase"] == phase and component in (None, run["component"])

    wait_for(there, lambda: f"the run is in {phase}\n{operator.tail()}", within=within)


def start_systemd_anew(operator):
    operator.host.systemctl("daemon-reexec")


@pytest.mark.part({"apt-restart_the_daemon", "apt-start_systemd_anew", "rpm-kill_the_daemon"})
@pytest.mark.parametrize("end", [restart_the_daemon, kill_the_daemon, start_systemd_anew])
def test_daemon_restart_mid_apply(subscribed, end):
    host, held = subscribed.host, hold(subscribed.host, GATEWAY)
    subscribed.start()
    held.wait_until_reached(within=120)
    executors = executor_states(host)
    end(subscribed)
    assert host.package_state(GATEWAY.package)[0] == "half-way"
    assert "running" in executors and "running" in executor_states(host)
    assert subscribed.status()["run"]["phase"] == "applying"
    held.let_go()
    run = subscribed.wait_for_first_run()
    assert_the_run_was_one(subscribed, run)
    begun = [e for e in host.journal(DAEMON) if e["MESSAGE"].startswith("Step begins: gateway")]
    assert len(begun) == 1


@pytest.mark.formats(full="rpm")
def test_daemon_restarted_in_each_phase_ends_with_one_run(subscribed, packagecloud):
    host, web = subscribed.host, packagecloud.web
    pool = packagecloud.packages_of("tyk-gateway")
    web.hangs(f"/tyk/tyk-gateway/{packagecloud.index_folder}")
    subscribed.start()
    subscribed.wait_for_state("refreshing")
    web.heal()
    web.hangs(pool)
    kill_the_daemon(subscribed)
    subscribed.wait_for_state("downloading")
    ask(host, DASHBOARD, OLD[DASHBOARD], hang=True)
    web.heal()
    kill_the_daemon(subscribed)
    wait_for_phase(subscribed, "baseline", "dashboard")
    kill_the_daemon(subscribed)
    wait_for_phase(subscribed, "baseline", "dashboard")
    # Without its socket the next job of the executor waits; starting tykupd starts the socket again.
    host.systemctl("stop", SOCKET)
    held = hold(host, DASHBOARD)
    ask(host, DASHBOARD, OLD[DASHBOARD])
    wait_for_phase(subscribed, "backing-up", "dashboard")
    kill_the_daemon(subscribed)
    held.wait_until_reached()
    host.systemctl("stop", SOCKET)
    held.let_go()
    wait_for_phase(subscribed, "restarting", "dashboard")
    ask(host, DASHBOARD, NEW[DASHBOARD], start_ms=4000)
    kill_the_daemon(subscribed)
    wait_for_phase(subscribed, "gating", "dashboard")
    kill_the_daemon(subscribed)
    wait_for_phase(subscribed, "gating", "dashboard")
    host.systemctl("stop", SOCKET)
    wait_for_phase(subscribed, "preflight", "gateway")
    kill_the_daemon(subscribed)
    assert_the_run_was_one(subscribed, subscribed.wait_for_first_run())


@pytest.mark.formats(full="rpm")
@pytest.mark.parametrize("unit", [EXECUTORS, SLICE])
def test_stop_of_the_executor_lets_the_change_finish(subscribed, unit):
    host, held = subscribed.host, hold(subscribed.host, GATEWAY)
    subscribed.start()
    held.wait_until_reached(within=120)
    stop = host.start("systemctl", "stop", unit)
    wait_for(lambda: "stop-sigterm" in executor_states(host), "systemd tells the executor to stop")
    assert host.package_state(GATEWAY.package)[0] == "half-way"
    held.let_go()
    run = subscribed.wait_for_first_run()
    stop.communicate(timeout=30)  # of the slice it may say "canceled": the next job of the run needs it again
    assert_the_run_was_one(subscribed, run)


@pytest.mark.scenario("rpm_duplicates_after_kill_are_resolved", "dpkg_interrupted_is_recovered")
def test_a_killed_executor_is_recovered_from(subscribed):
    """dpkg has the package half-configured then, rpm has both versions in its database."""
    host, held = subscribed.host, hold(subscribed.host, GATEWAY)
    subscribed.start()
    held.wait_until_reached(within=120)
    assert host.package_state(GATEWAY.package) == ("half-way", NEW[GATEWAY])
    host.remove(f"/run/standin/{GATEWAY.package}.postinst")  # its next run is not held
    host.systemctl("kill", "--signal=KILL", EXECUTORS)
    run = subscribed.wait_for_first_run()
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("done", ["done"] * 3), run
    assert {c: host.installed(c.package) for c in NEW} == NEW
    assert all(is_healthy(host, component, version) for component, version in NEW.items())
    assert f"finished: {GATEWAY.package}" in subscribed.journal()
    assert host.package_state(GATEWAY.package) == ("installed", NEW[GATEWAY])
    assert host.packages.complaints() == ""


@pytest.mark.formats(full="rpm")
def test_a_job_that_is_stopped_before_it_began_is_only_put_off(subscribed):
    host = subscribed.host
    ask(host, DASHBOARD, OLD[DASHBOARD], hang=True)
    subscribed.start()
    wait_for_phase(subscribed, "baseline", "dashboard", within=120)
    # The lock of the executors: the next one waits for it.
    host.run("mkfifo", "/run/release")
    lock = host.start("flock", "/var/lib/tykup-executor/lock", "sh", "-c", "touch /run/locked; read -r _ < /run/release")
    wait_for(lambda: host.exists("/run/locked"), "the lock is taken")
    ask(host, DASHBOARD, OLD[DASHBOARD])
    wait_for_phase(subscribed, "backing-up", "dashboard")
    wait_for(lambda: "running" in executor_states(host), "the executor waits for the lock")
    stop = host.start("systemctl", "stop", EXECUTORS)
    wait_for(lambda: "stop-sigterm" in executor_states(host), "systemd tells the executor to stop")
    host.shell("echo go > /run/release")
    run = subscribed.wait_for_first_run()
    assert (stop.wait(30), lock.wait(30)) == (0, 0)
    assert_the_run_was_one(subscribed, run)


def test_stop_and_poweroff_let_the_change_finish(subscribed):
    host, held = subscribed.host, hold(subscribed.host, GATEWAY)
    host.systemctl("enable", "--now", DAEMON)
    held.wait_until_reached(within=120)
    host.run("systemctl", "poweroff")
    wait_for(lambda: not host.is_active(GATEWAY.unit), "the host goes down")
    wait_for(lambda: not host.is_active(DAEMON), "tykupd ends with the host")
    assert host.is_on and host.package_state(GATEWAY.package)[0] == "half-way"
    held.let_go()
    host.wait_until_off()
    assert host.package_state(GATEWAY.package) == ("installed", NEW[GATEWAY])
    assert host.packages.complaints() == ""
    assert host.package_state(PUMP.package) == ("installed", OLD[PUMP])
    host.boot()
    run = subscribed.wait_for_first_run()
    assert_the_run_was_one(subscribed, run)
    healthy = subscribed.wait_for_journal("Done: gateway")
    assert "healthy" in healthy["MESSAGE"]


@pytest.mark.formats(full="rpm")
def test_a_reboot_while_waiting_keeps_the_plan(subscribed, packagecloud):
    host = subscribed.host
    subscribed.configure(config(window=closed_window()))
    host.systemctl("enable", "--now", DAEMON)
    plan = subscribed.wait_for_state("waiting")["plan"]
    assert [s["component"] for s in plan["steps"]] == ["dashboard", "gateway", "pump"]
    packagecloud.web.forget()
    host.reboot()
    assert subscribed.wait_for_state("waiting")["plan"] == plan
    assert packagecloud.web.requests("." + host.packages.suffix) == []
    assert subscribed.runs() == []
    assert {c: host.installed(c.package) for c in OLD} == OLD


STRANGER_UNIT = "[Service]\nExecStart=/usr/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
STRANGER_POSTINST = """#!/bin/sh
if [ -e /run/stranger-fails ]; then exit 1; fi
echo "${SYSTEMD_OFFLINE-none}" > /run/stranger-saw
systemctl daemon-reload
systemctl restart stranger.service
"""


def strangers_package(folder, version):
    recipe = Recipe({"Package": "stranger", "Version": version, "Architecture": "all", "Maintainer": "Somebody <x@example.org>",
                     "Description": "a service that is none of ours"})
    recipe.add("/lib/systemd/system/stranger.service", STRANGER_UNIT)
    recipe.scripts["postinst"] = STRANGER_POSTINST
    return recipe.build(folder / f"stranger_{version}_all.deb")


@pytest.fixture
def half_configured(subscribed, tmp_path):
    """A stranger's package whose upgrade failed in its script: unpacked as 2, its service still runs as of 1."""
    host = subscribed.host
    for version in ("1", "2"):
        host.bring(strangers_package(tmp_path, version).path, f"/root/stranger-{version}.deb")
    host.run("dpkg", "--install", "/root/stranger-1.deb")
    host.write("/run/stranger-fails", "")
    host.run("dpkg", "--install", "/root/stranger-2.deb", check=False)
    assert host.package_state("stranger") == ("half-way", "2")
    host.remove("/run/stranger-saw")
    return subscribed


@pytest.mark.formats("apt")
def test_apt_foreign_half_configured_first(half_configured):
    host = half_configured.host
    old_process = host.main_pid("stranger.service")
    host.remove("/run/stranger-fails")
    half_configured.start()
    run = half_configured.wait_for_first_run()
    assert_the_run_was_one(half_configured, run)
    assert host.package_state("stranger") == ("installed", "2")
    assert host.read("/run/stranger-saw") == "none\n"
    assert host.main_pid("stranger.service") not in (0, old_process)
    log = host.read("/var/log/dpkg.log")
    assert log.index("status installed stranger:all 2") < log.index(f"upgrade {DASHBOARD.package}:amd64")
    said = half_configured.wait_for_journal("An interrupted package change was finished")
    assert "stranger" in said["MESSAGE"]


@pytest.mark.formats("apt")
def test_a_foreign_package_that_stays_broken_stops_the_run(half_configured):
    host = half_configured.host
    half_configured.start()
    run = half_configured.wait_for_first_run()
    assert (run["result"], run["steps"][0]["result"]) == ("stopped", "not-done")
    assert "stranger" in run["reason"]
    assert "stranger" in half_configured.status()["trouble"]["text"]
    assert {c: host.installed(c.package) for c in OLD} == OLD
