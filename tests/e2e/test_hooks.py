"""The operator's own programs around a run, and what of the host itself keeps a run from beginning."""

import re

import pytest

from world.faults import ask
from world.stack import NEW, OLD, is_healthy
from world.standins import DASHBOARD, GATEWAY, PUMP
from world.tykup import DAEMON, closed_window, config
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")

HOOKS = "/etc/tykup/hooks"
LOG = "/root/hooks.log"
ONLY_GATEWAY = {"components": [GATEWAY]}


def hook(host, place, script, mode=0o755):
    host.write(f"{HOOKS}/{place}", f"#!/bin/sh\n{script}\n", mode=mode)


def log_at_every_point(host):
    """Each point writes down that it was there, with its whole environment."""
    for point in ("pre-run", "pre-step", "backup", "post-step", "post-run"):
        hook(host, f"{point}.d/50-log", f"echo \"$TYKUP_POINT $TYKUP_COMPONENT $TYKUP_FROM $TYKUP_TO $TYKUP_UNIT $TYKUP_RESULT\" >> {LOG}\n"
                                        f"env | cut -d= -f1 | sort | tr '\\n' ' ' > {LOG}.env")


def lines(host):
    return [" ".join(line.split()) for line in host.read(LOG).splitlines()] if host.exists(LOG) else []


def put_off_until_now(operator):
    """The next attempt is not waited for: an operator asks for it, again where the host is just being read."""
    wait_for(lambda: operator.run("run", "--yes", check=False).returncode == 0,
             lambda: f"an operator's run is done\n{operator.tail()}", within=120)


def told_versions(host, component):
    """From and to as the package manager of the host has them: a hook gets whole versions."""
    release = "-1" if host.packages.format == "rpm" else ""
    return f"{OLD[component]}{release} {NEW[component]}{release}"


def stays_old(host, component):
    assert host.installed(component.package) == OLD[component]
    # A Gateway says nothing of Redis in its first second.
    wait_for(lambda: is_healthy(host, component, OLD[component]), f"the old {component.name} is healthy", within=30)
    assert host.packages.changes(component.package) == []


def test_hooks_run_around_every_step_in_their_order(subscribed):
    host = subscribed.host
    log_at_every_point(host)
    hook(host, "pre-step.d/10-first", f"echo first >> {LOG}")
    subscribed.start()
    run = subscribed.wait_for_first_run()
    assert run["result"] == "done", run
    expected = ["pre-run"]
    for component in (DASHBOARD, GATEWAY, PUMP):
        what = f"{component.name} {told_versions(host, component)} {component.unit}"
        expected += ["first", f"pre-step {what}", f"post-step {what} done"]
    assert lines(host) == [*expected, "post-run done"], "and backup.d is for steps that migrate a shared database"
    names = [name for name in host.read(f"{LOG}.env").split() if name not in ("PWD", "SHLVL", "_", "OLDPWD")]
    assert names == ["HOME", "LANG", "PATH", "TYKUP_COMPONENT", "TYKUP_FROM", "TYKUP_POINT", "TYKUP_RESULT", "TYKUP_RUN", "TYKUP_TO", "TYKUP_UNIT"]


def test_hook_vetoes(subscribed):
    """A hook says no: nothing changes, the reason names it, it is asked again, and the run goes through when it is content."""
    host = subscribed.host
    subscribed.configure(config(**ONLY_GATEWAY))
    log_at_every_point(host)
    hook(host, "pre-step.d/20-ask", f"echo asked >> {LOG}\ntest -e /run/content && exit 0\necho '3 sessions are open'\nexit 5")
    subscribed.start()
    run = subscribed.wait_for_first_run()
    assert (run["result"], run["steps"][0]["result"]) == ("partial", "not-done"), run
    assert f"{HOOKS}/pre-step.d/20-ask ended with exit status 5: 3 sessions are open" in run["steps"][0]["reason"]
    what = f"gateway {told_versions(host, GATEWAY)} {GATEWAY.unit}"
    assert lines(host) == ["pre-run", "asked", f"post-step {what} not-done", "post-run partial"]
    stays_old(host, GATEWAY)
    status = subscribed.wait_for_state("waiting")
    assert "20-ask" in subscribed.reasons("gateway") and "tried again by itself" in subscribed.reasons("gateway")
    assert not any(c.get("bad") for c in status["components"])
    assert "tykup-hook" in host.output("journalctl", "-t", "tykup-hook", "-o", "short")
    assert "3 sessions are open" in host.journal_text(matches=["SYSLOG_IDENTIFIER=tykup-hook"])
    host.run("touch", "/run/content")
    put_off_until_now(subscribed)
    wait_for(lambda: host.installed(GATEWAY.package) == NEW[GATEWAY], "the gateway is upgraded")
    wait_for(lambda: subscribed.runs()[0]["result"] == "done", "the run is done")
    assert is_healthy(host, GATEWAY, NEW[GATEWAY])


@pytest.mark.formats(full="rpm")
def test_hook_that_does_not_end_is_ended_with_all_that_it_started(subscribed):
    host = subscribed.host
    subscribed.configure(config("self-managed", '[hooks]\nlimit = "2s"\n', **ONLY_GATEWAY))
    hook(host, "pre-step.d/slow", "sleep 4711 & echo 'still looking'; wait")
    subscribed.start()
    run = subscribed.wait_for_first_run()
    assert run["steps"][0]["result"] == "not-done"
    assert "was not done within its limit of 2s and was ended" in run["steps"][0]["reason"]
    assert host.run("pgrep", "-f", "sleep 4711", check=False).returncode == 1
    stays_old(host, GATEWAY)


@pytest.mark.formats(full="rpm")
def test_hook_that_others_can_write_is_refused_before_anything_begins(subscribed):
    host = subscribed.host
    subscribed.configure(config(**ONLY_GATEWAY))
    hook(host, "pre-run.d/open", f"echo ran >> {LOG}", mode=0o777)
    subscribed.start()
    subscribed.wait_for_state("waiting")
    assert f"{HOOKS}/pre-run.d/open can be written by others than root" in subscribed.reasons("gateway")
    assert "can be written by others" in subscribed.run("run", "--yes", check=False).stderr
    assert lines(host) == [] and subscribed.runs() == []
    stays_old(host, GATEWAY)
    host.run("chmod", "0755", f"{HOOKS}/pre-run.d/open")
    subscribed.run("check")
    assert subscribed.wait_for_first_run()["result"] == "done"
    assert lines(host) == ["ran"]


@pytest.mark.formats(full="rpm")
def test_hook_after_a_step_that_fails_stops_the_run_and_the_step_stays(subscribed):
    host = subscribed.host
    hook(host, "post-step.d/undrain", "echo 'the load balancer does not answer' >&2; exit 1")
    subscribed.start()
    run = subscribed.wait_for_first_run()
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("stopped", ["done", "pending", "pending"]), run
    assert "the load balancer does not answer" in run["reason"]
    assert host.installed(DASHBOARD.package) == NEW[DASHBOARD] and is_healthy(host, DASHBOARD, NEW[DASHBOARD])
    stays_old(host, GATEWAY)


@pytest.mark.formats(full="rpm")
def test_hook_after_a_step_is_told_of_a_rollback(subscribed):
    host = subscribed.host
    subscribed.configure(config(timeout="8s", **ONLY_GATEWAY))
    log_at_every_point(host)
    ask(host, GATEWAY, NEW[GATEWAY], never_healthy=True)
    subscribed.start()
    run = subscribed.wait_for_first_run()
    assert run["steps"][0]["result"] == "rolled-back", run
    assert lines(host)[-2:] == [f"post-step gateway {told_versions(host, GATEWAY)} {GATEWAY.unit} rolled-back", "post-run stopped"]


# --- room --------------------------------------------------------------------------------------------------------


def make_small(host, folder, mebibytes):
    """What is in the folder stays in it, on a file system of its own that has so much left."""
    host.shell(f"""
        mkdir -p {folder}; rm -rf /root/moved; cp -a {folder} /root/moved
        used=$(du -sm /root/moved | cut -f1)
        mount -t tmpfs -o size=$((used + {mebibytes}))M,mode=$(stat -c %a {folder}) tmpfs {folder}
        chown --reference=/root/moved {folder}; cp -a /root/moved/. {folder}/; rm -rf /root/moved
    """)


def make_room(host, folder):
    host.run("mount", "-o", "remount,size=2G", folder)


@pytest.mark.parametrize("folder, mebibytes, whose", [
    pytest.param("/var/lib/tykup-executor", 20, "the backup of gateway", id="backup"),
    pytest.param("/opt/tyk-gateway", 0, "the files of gateway", id="unpack"),
    pytest.param("/var/cache/tykup-executor", 0, "", id="download"),
])
def test_no_space_left(subscribed, folder, mebibytes, whose):
    """Nothing begins, the message names the file system and what is missing, and the run goes through when room is made."""
    host = subscribed.host
    subscribed.configure(config(**ONLY_GATEWAY))
    host.systemctl("stop", "tyk-gateway")
    make_small(host, folder, mebibytes)
    if folder == "/var/cache/tykup-executor":
        host.run("fallocate", "-l", host.output("sh", "-c", f"df -B1 --output=avail {folder} | tail -1"), f"{folder}/ballast")
    host.systemctl("start", "tyk-gateway")
    wait_for(lambda: is_healthy(host, GATEWAY, OLD[GATEWAY]), "the gateway is healthy")
    subscribed.start()
    said = wait_for(lambda: re.search(rf"the file system {folder} has [0-9.]+ MiB free, .*MiB are missing", everything_said(subscribed)),
                    lambda: f"the file system is named\n{subscribed.tail()}", within=90)
    assert whose in said.group(0)
    stays_old(host, GATEWAY)
    assert all(run["steps"][0]["result"] == "not-done" for run in subscribed.runs())
    make_room(host, folder)
    # It looks again by itself every five minutes; a refresh looks at once.
    subscribed.run("check")
    wait_for(lambda: host.installed(GATEWAY.package) == NEW[GATEWAY],
             lambda: f"the gateway is upgraded\n{subscribed.tail()}", within=120)
    wait_for(lambda: subscribed.runs() and subscribed.runs()[0]["result"] == "done", "the run is done", within=60)
    assert is_healthy(host, GATEWAY, NEW[GATEWAY])
    assert host.packages.complaints() == ""


def everything_said(operator):
    status = operator.status_or_none() or {}
    return operator.journal() + "\n" + str(status)


# --- who else is at work here ------------------------------------------------------------------------------------


@pytest.mark.formats(full="rpm")
def test_reboot_that_is_pending_is_waited_for_and_named(subscribed):
    host = subscribed.host
    subscribed.configure(config(**ONLY_GATEWAY))
    host.write("/run/reboot-required", "*** System restart required ***\n")
    host.write("/run/reboot-required.pkgs", "linux-image-6.1.0-99-amd64\n")
    host.systemctl("enable", "--now", DAEMON)
    subscribed.wait_for_state("waiting")
    assert "linux-image-6.1.0-99-amd64 ask(s) for it (/run/reboot-required)" in subscribed.reasons("gateway")
    subscribed.wait_for_journal("nothing is upgraded on its own before this host is booted anew")
    stays_old(host, GATEWAY)
    host.reboot()
    assert subscribed.wait_for_first_run()["result"] == "done"


@pytest.mark.formats("apt")
def test_shutdown_that_comes_too_soon_is_waited_for(subscribed):
    host = subscribed.host
    subscribed.configure(config("self-managed", '[component.gateway]\nexpected = "20m"\n', **ONLY_GATEWAY))
    host.run("shutdown", "-r", "+10", "maintenance of the rack")
    subscribed.start()
    subscribed.wait_for_state("waiting")
    assert "reboot is scheduled for" in subscribed.reasons("gateway")
    assert "reboot is scheduled for" in subscribed.run("run", "--yes", check=False).stderr, "an operator's run would not end either"
    host.run("shutdown", "-c")
    subscribed.run("check")
    assert subscribed.wait_for_first_run()["result"] == "done"


def taken_by_unattended_upgrades(host):
    """What the real unattended-upgrades says that it would upgrade now."""
    said = host.output("unattended-upgrade", "--dry-run", "--verbose")
    line = next((line for line in said.splitlines() if "will be upgraded:" in line), "")
    return line.rpartition(":")[2].split()


@pytest.mark.formats("apt")
def test_unattended_upgrades_is_named_and_kept_off_where_the_operator_asks(subscribed, debian_repository):
    host = subscribed.host
    subscribed.configure(config(window=closed_window()))
    debian_repository.subscribe_by_hand(host)
    host.packages.get("install", "--no-install-recommends", "unattended-upgrades")
    host.write("/etc/apt/apt.conf.d/60test", 'APT::Periodic::Unattended-Upgrade "1";\n#clear Unattended-Upgrade::Origins-Pattern;\n'
                                             'Unattended-Upgrade::Origins-Pattern { "origin=*"; };\n')
    ours = {component.package for component in OLD}
    subscribed.start()
    subscribed.wait_for_journal("unattended-upgrades is allowed to upgrade")
    subscribed.wait_for_state("waiting")
    assert "tykup keep-off" in str(subscribed.status()) and "unattended-upgrades" in subscribed.run("status", check=False).stdout
    assert ours <= set(taken_by_unattended_upgrades(host))
    assert "/etc/apt/apt.conf.d/52tykup" in subscribed.run("keep-off").stdout
    assert not ours & set(taken_by_unattended_upgrades(host))
    assert host.output("apt-mark", "showhold") == "", "nothing is held for anybody else"
    subscribed.run("check")
    wait_for(lambda: "unattended-upgrades" not in str(subscribed.status()), "it is not named any more")
    assert [step["component"] for step in subscribed.plan()["steps"]] == ["dashboard", "gateway", "pump"]
    subscribed.run("keep-off", "--undo")
    assert ours <= set(taken_by_unattended_upgrades(host))
    refused = subscribed.run("keep-off", user="nobody", check=False)
    assert refused.returncode == 4 and "must be run by root" in refused.stderr
