"""Another program holds the package manager's lock longer than tykup may wait."""

import pytest

from world.faults import hold
from world.snapshot import snapshot
from world.stack import NEW, OLD, is_healthy
from world.standins import DASHBOARD, IDENTITY_BROKER
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


@pytest.mark.scenario("concurrent_apt_get")
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


@pytest.mark.scenario("concurrent_apt_get")
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


# The words of the operator's own tool that installs a package while another of its kind is at work.
THEIRS = {"apt": ("apt-get", "--yes", "-o", "DPkg::Lock::Timeout=0", "install"), "rpm": ("dnf", "--assumeyes", "install")}


@pytest.fixture
def operators_package(subscribed, packagecloud):
    """A package that an operator installs by his own tool, and whose script stops in the middle."""
    packagecloud.offer(IDENTITY_BROKER, "1.7.0")
    packagecloud.subscribe_by_hand(subscribed.host, IDENTITY_BROKER)
    return [*THEIRS[subscribed.host.packages.format], IDENTITY_BROKER.package]


def test_concurrent_apt_get(subscribed, operators_package):
    """Theirs came first: our step waits for the lock, says who has it, and goes on when he lets go of it."""
    host = subscribed.host
    held = hold(host, IDENTITY_BROKER)
    theirs = host.start(*operators_package)
    held.wait_until_reached()
    before = snapshot(host)
    subscribed.start()

    def waits():
        progress = (subscribed.status()["run"] or {}).get("progress")
        return progress and progress["phase"] == "waiting for lock" and progress["message"]

    said = wait_for(waits, lambda: f"the step waits for the lock\n{subscribed.tail()}", within=120)
    tool = operators_package[0]
    assert f"{tool} (pid {host.output('pgrep', '-o', '-x', tool)}): " in said and IDENTITY_BROKER.package in said, said
    # The Identity Broker is one of ours, too: half-way as it is, it is waited for before anything begins.
    assert subscribed.status()["run"]["phase"] in ("applying", "recovering")
    assert snapshot(host) == before
    held.let_go()
    assert theirs.wait(60) == 0
    run = subscribed.wait_for_first_run()
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("done", ["done"] * 3), run
    assert {component: host.installed(component.package) for component in OLD} == NEW
    assert host.installed(IDENTITY_BROKER.package) == "1.7.0" and host.packages.complaints() == ""


@pytest.mark.formats("apt")
@pytest.mark.scenario("concurrent_apt_get")
def test_the_operators_own_apt_get_keeps_out_of_our_change(subscribed, operators_package):
    """Ours came first: theirs is refused, as always, and ours is whole."""
    host = subscribed.host
    held = hold(host, DASHBOARD)
    subscribed.start()
    held.wait_until_reached(within=120)
    refused = host.run(*operators_package, check=False)
    assert refused.returncode == 100 and "lock" in refused.stderr, refused.stderr
    assert host.package_state(DASHBOARD.package)[0] == "half-way" and host.installed(IDENTITY_BROKER.package) is None
    held.let_go()
    run = subscribed.wait_for_first_run()
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("done", ["done"] * 3), run
    assert {component: host.installed(component.package) for component in OLD} == NEW
    assert host.packages.complaints() == ""


RACE = """
while [ ! -e /run/race-is-over ]; do {tool} > /run/race.log 2>&1 && echo . >> /run/race.won || echo . >> /run/race.lost; done
"""
AGAIN = {"apt": "apt-get --yes -o DPkg::Lock::Timeout=5 install --reinstall {package}", "rpm": "dnf --assumeyes --quiet reinstall {package}"}


@pytest.mark.takes_minutes
@pytest.mark.formats(full="rpm")
@pytest.mark.scenario("concurrent_apt_get")
def test_a_whole_run_races_with_somebody_who_installs_without_end(subscribed, packagecloud, operators_package):
    """Now one has the lock, now the other; both come to their end, and every package is whole."""
    host, package = subscribed.host, IDENTITY_BROKER.package
    host.packages.install({package: "1.7.0"})
    race = host.start("sh", "-c", RACE.format(tool=AGAIN[host.packages.format].format(package=package)))
    wait_for(lambda: host.exists("/run/race.won"), "the other one installs", within=60)
    subscribed.start()
    run = subscribed.wait_for_first_run(within=400)
    host.write("/run/race-is-over", "")
    assert race.wait(120) == 0
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("done", ["done"] * 3), run
    for component, version in NEW.items():
        assert [change for _, *change in host.packages.changes(component.package)] == [["upgrade", OLD[component], version]]
        assert is_healthy(host, component, version)
    assert host.installed(package) == "1.7.0" and host.packages.complaints() == ""
    assert len(host.read("/run/race.won")) > 2
