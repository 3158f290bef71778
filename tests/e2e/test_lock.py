"""Another program holds the package manager's lock longer than tykup may wait."""

import pytest

from world.faults import hold
from world.snapshot import snapshot
from world.stack import NEW, OLD
from world.standins import IDENTITY_BROKER
from world.tykup import config
from world.waiting import wait_for

# Takes the lock as dpkg and rpm do, and keeps it until it is ended.
HOLDER = """use Fcntl;
open(my $lock, '+>>', $ARGV[0]) or die $!;
my $whole_file = pack('s s x4 q q l x4', F_WRLCK, SEEK_SET, 0, 0, 0);
fcntl($lock, F_SETLK, $whole_file) or die $!;
open(my $said, '>', '/run/lock-is-held') or die $!;
print {$said} $$;
close($said);
sleep 3600;
"""
NIGHTLY = "/root/nightly-maintenance"


def hold_the_lock(host):
    """Returns the process that holds the lock and its number inside the host."""
    host.write(NIGHTLY, HOLDER)
    holder = host.start("perl", "-MFcntl=:seek", NIGHTLY, host.packages.lock)

    def held():
        assert holder.poll() is None, holder.communicate()[0]
        return host.exists("/run/lock-is-held") and host.read("/run/lock-is-held")

    return holder, wait_for(held, "somebody holds the lock")


def test_lock_held_is_named(subscribed):
    host, lock = subscribed.host, subscribed.host.packages.lock
    subscribed.configure(config(policy='track = "latest"\nsoak = "0s"\nlock_wait = "3s"'))
    before = snapshot(host)
    holder, pid = hold_the_lock(host)
    subscribed.start()
    run = subscribed.wait_for_first_run()
    named = f"{lock} is held by perl (pid {pid}): perl -MFcntl=:seek {NIGHTLY} {lock}"
    assert run["result"] == "partial" and run["steps"][0]["result"] == "not-done"
    assert named in run["steps"][0]["reason"] and run["steps"][0]["reason"].endswith("(lock_held)")
    said = subscribed.wait_for_journal(f"{lock} is held by")
    assert named in said["MESSAGE"] and said["TYKUP_COMPONENT"] == "dashboard"
    assert snapshot(host) == before and subscribed.status()["trouble"] is None

    host.run("kill", pid)
    holder.wait(20)
    again = subscribed.wait_for_runs_beyond({run["id"]}, within=240)
    assert again["result"] == "done" and again["trigger"] == "window"
    assert {component: host.installed(component.package) for component in OLD} == NEW


@pytest.mark.formats("rpm")
def test_dnf_running_is_named(subscribed, packagecloud):
    """dnf keeps others away by a file of its own; what it holds is a script of another package."""
    host = subscribed.host
    subscribed.configure(config(policy='track = "latest"\nsoak = "0s"\nlock_wait = "3s"'))
    packagecloud.offer(IDENTITY_BROKER, "1.7.0")
    packagecloud.subscribe_by_hand(host, IDENTITY_BROKER)
    held = hold(host, IDENTITY_BROKER)
    operators = host.start("dnf", "--assumeyes", "install", IDENTITY_BROKER.package)
    held.wait_until_reached()
    pid = host.read("/var/lib/dnf/rpmdb_lock.pid").strip()
    before = snapshot(host)
    subscribed.start()
    run = subscribed.wait_for_first_run()
    reason = run["steps"][0]["reason"]
    assert (run["result"], run["steps"][0]["result"]) == ("partial", "not-done"), run
    assert f"(pid {pid})" in reason and "dnf" in reason and reason.endswith("(lock_held)")
    assert snapshot(host) == before
    held.let_go()
    assert operators.wait(60) == 0
    assert subscribed.run("run", "--yes").returncode == 0
    assert {component: host.installed(component.package) for component in OLD} == NEW
