"""A host that goes down in the middle, an executor that is told to stop, and what stands still."""

import time

import pytest

from test_interruptions import EXECUTORS, SOCKET, assert_the_run_was_one, executor_states, wait_for_phase
from world.faults import ask, hold
from world.stack import NEW, OLD
from world.standins import DASHBOARD, GATEWAY, PUMP
from world.story import moments
from world.tykup import DAEMON, config
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")


def package_changed_and_restart_pending(subscribed):
    """The gateway's package is changed, its process is the old one, and no executor can be reached for the restart."""
    host, held = subscribed.host, hold(subscribed.host, GATEWAY)
    host.systemctl("enable", "--now", DAEMON)
    held.wait_until_reached(within=120)
    host.systemctl("stop", SOCKET)
    held.let_go()
    wait_for_phase(subscribed, "restarting", "gateway")


def starts_of_this_boot(host, unit):
    return len(moments(host, unit, "started"))


@pytest.mark.formats(full="rpm")
def test_poweroff_between_package_and_restart(subscribed):
    package_changed_and_restart_pending(subscribed)
    host = subscribed.host
    host.poweroff()
    assert host.package_state(GATEWAY.package) == ("installed", NEW[GATEWAY])
    host.boot()
    assert_the_run_was_one(subscribed, subscribed.wait_for_first_run())
    assert starts_of_this_boot(host, GATEWAY.unit) == 1, host.journal_text(GATEWAY.unit)
    assert "runs the new version since the boot of the host" in subscribed.journal()


@pytest.mark.formats(full="rpm")
def test_poweroff_before_the_restart_of_a_service_that_no_boot_starts(subscribed):
    host = subscribed.host
    host.systemctl("disable", GATEWAY.unit)
    package_changed_and_restart_pending(subscribed)
    host.poweroff()
    host.boot()
    assert_the_run_was_one(subscribed, subscribed.wait_for_first_run())
    assert starts_of_this_boot(host, GATEWAY.unit) == 1
    assert host.unit(GATEWAY.unit)["UnitFileState"] == "disabled"


@pytest.mark.formats(full="rpm")
def test_poweroff_during_the_restart(subscribed):
    host = subscribed.host
    ask(host, GATEWAY, OLD[GATEWAY], stop_ms=8000)
    host.systemctl("restart", GATEWAY.unit)
    host.systemctl("enable", "--now", DAEMON)
    wait_for(lambda: host.unit(GATEWAY.unit)["ActiveState"] == "deactivating", "the old gateway is being stopped", within=120, every=0.05)
    wait_for_phase(subscribed, "restarting", "gateway")
    host.poweroff()
    host.boot()
    assert_the_run_was_one(subscribed, subscribed.wait_for_first_run())
    assert starts_of_this_boot(host, GATEWAY.unit) == 1, host.journal_text(GATEWAY.unit)
    said = host.journal_text(DAEMON, this_boot=False)
    assert "The old version goes back" not in said, said


@pytest.mark.formats(full="rpm")
@pytest.mark.part({"apt-disabled"})
@pytest.mark.parametrize("state", ["enabled", "disabled"])
def test_reboot_while_gating(subscribed, state):
    host = subscribed.host
    if state == "disabled":
        host.systemctl("disable", GATEWAY.unit)
    ask(host, GATEWAY, NEW[GATEWAY], start_ms=5000)
    host.systemctl("enable", "--now", DAEMON)
    wait_for_phase(subscribed, "gating", "gateway", within=120)
    host.reboot()
    assert_the_run_was_one(subscribed, subscribed.wait_for_first_run())
    assert starts_of_this_boot(host, GATEWAY.unit) == 1, host.journal_text(GATEWAY.unit)
    assert host.unit(GATEWAY.unit)["UnitFileState"] == state


@pytest.mark.formats("apt", full="rpm")
def test_logind_is_asked_to_wait_while_a_package_changes(subscribed):
    host, held = subscribed.host, hold(subscribed.host, GATEWAY)
    subscribed.start()
    held.wait_until_reached(within=120)
    listed = host.output("systemd-inhibit", "--list", "--no-legend", "--no-pager")
    line = next((line for line in listed.splitlines() if line.startswith("tykup ")), "")
    assert all(word in line for word in ("shutdown:sleep:idle", "the package of gateway is being changed", "block")), listed
    held.let_go()
    assert_the_run_was_one(subscribed, subscribed.wait_for_first_run())
    wait_for(lambda: "tykup " not in host.output("systemd-inhibit", "--list", "--no-legend", "--no-pager"), "it is let go")


@pytest.mark.formats("apt")
def test_a_host_without_logind_is_no_trouble(subscribed):
    host = subscribed.host
    host.systemctl("mask", "--now", "systemd-logind.service")
    subscribed.start()
    assert_the_run_was_one(subscribed, subscribed.wait_for_first_run())
    said = "\n".join(host.journal_text(unit) for unit in (DAEMON, EXECUTORS))
    assert "login" not in said and "nhibit" not in said, said


@pytest.mark.formats(full="rpm")
def test_poweroff_waits_for_no_server(subscribed, packagecloud):
    host, web = subscribed.host, packagecloud.web
    web.hangs(packagecloud.packages_of("tyk-gateway"))
    host.systemctl("enable", "--now", DAEMON)
    subscribed.wait_for_state("downloading")
    wait_for(lambda: "running" in executor_states(host), "the executor fetches")
    begun = time.monotonic()
    host.poweroff(within=40)
    assert time.monotonic() - begun < 30, "a fetch is no reason to keep a host up"
    web.heal()
    host.boot()
    assert_the_run_was_one(subscribed, subscribed.wait_for_first_run())
    assert "failed" not in "\n".join(str(e["MESSAGE"]) for e in host.journal(DAEMON) if int(e["PRIORITY"]) <= 4)


@pytest.mark.takes_minutes
def test_a_server_that_stands_still_is_named_and_given_up(subscribed, packagecloud):
    web = packagecloud.web
    web.hangs(f"/tyk/tyk-gateway/{packagecloud.index_folder}")
    subscribed.start()
    subscribed.wait_for_state("refreshing")
    problem = wait_for(lambda: next(iter((subscribed.status_or_none() or {}).get("source_problems", {}).values()), None),
                       "the refresh is given up", within=150)
    assert "tyk-gateway" in problem and "stands still: no byte of " in problem and " for 1min" in problem, problem
    assert problem.endswith("(repository_unreachable)"), problem
    web.heal()
    wait_for(lambda: subscribed.status()["run"] is None and subscribed.status()["state"] in ("idle", "waiting"), "nothing is at work", within=180)
    subscribed.run("check", check=False)
    wait_for(lambda: subscribed.status()["source_problems"] == {}, "the repository is read again", within=60)


@pytest.mark.in_full
@pytest.mark.takes_minutes
def test_a_download_that_stops_in_the_middle_is_named_and_given_up(subscribed, packagecloud):
    web = packagecloud.web
    web.hangs(packagecloud.packages_of("tyk-pump"))
    subscribed.start()
    said = subscribed.wait_for_journal("stands still: no byte of ", within=200)
    assert PUMP.package in said["MESSAGE"] and "(repository_unreachable)" in said["MESSAGE"], said["MESSAGE"]
    assert {c: subscribed.host.installed(c.package) for c in OLD} == OLD
    web.heal()
    subscribed.run("check")
    assert_the_run_was_one(subscribed, subscribed.wait_for_first_run())


@pytest.mark.formats(full="rpm")
def test_a_script_that_hangs_is_reported_and_not_killed(subscribed):
    host, held = subscribed.host, hold(subscribed.host, GATEWAY)
    host.write(f"/etc/systemd/system/{DAEMON}.d/quick.conf", "[Service]\nExecStart=\nExecStart=/usr/sbin/tykupd --slow-after 3s\n")
    host.systemctl("daemon-reload")
    subscribed.start()
    held.wait_until_reached(within=120)
    slow = subscribed.wait_for_journal("apply of gateway has been at ")
    assert "nothing is killed; `systemctl status 'tykup-executor@*'` shows its processes" in slow["MESSAGE"]
    assert slow["TYKUP_EVENT"] == "job-slow" and slow["PRIORITY"] == "4"
    wait_for(lambda: subscribed.journal().count("nothing is killed") == 2, "it is said again, later", within=30)
    assert "SLOW: apply of gateway has been at " in subscribed.status()["status"]
    assert "SLOW: apply of gateway has been at " in host.unit(DAEMON)["StatusText"]
    assert f"{GATEWAY.package}.postinst" in host.output("systemctl", "status", "--no-pager", EXECUTORS, check=False) or host.packages.format == "rpm"
    assert host.package_state(GATEWAY.package)[0] == "half-way"
    held.let_go()
    assert_the_run_was_one(subscribed, subscribed.wait_for_first_run())
    assert "SLOW" not in subscribed.status()["status"]
