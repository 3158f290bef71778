"""What is not to be believed is not installed, and the operator's own marks stay as they are."""

import itertools
import shlex

import pytest

from world.snapshot import snapshot
from world.stack import NEW, OLD, is_healthy
from world.standins import GATEWAY, PUMP, standin
from world.tykup import closed_window, config

ARCHIVE = "/var/cache/tykup-executor/archives"
NEW_GATEWAY = NEW[GATEWAY]


def url_of(packagecloud, component):
    """How status and journal name the repository of a component."""
    return packagecloud.source_name(component.repository)


def gates(operator, component):
    return [reason["gate"] for reason in operator.component(component.name)["reasons"]]


def installed(host):
    return {component: host.package_state(component.package)[1] for component in OLD}


def wait_for_another_run(operator, *known):
    return operator.wait_for_runs_beyond({run["id"] for run in known}, within=180)


def refused_but_the_dashboard_goes(operator, because):
    """The Dashboard comes first and is upgraded; the Gateway stays for that reason, and the Pump behind it, untouched."""
    before = snapshot(operator.host, GATEWAY, PUMP)
    operator.start()
    run = operator.wait_for_first_run()
    assert [step["component"] for step in run["steps"]] == ["dashboard"]
    operator.wait_for_state("idle")
    assert gates(operator, GATEWAY) == ["trust"]
    assert because in operator.reasons("gateway")
    assert snapshot(operator.host, GATEWAY, PUMP) == before
    return run


def test_unsigned_metadata_is_refused(subscribed, old_and_new):
    gateway = old_and_new.repository_of(GATEWAY)
    gateway.unsign()
    run = refused_but_the_dashboard_goes(subscribed, "is not signed")
    problem = subscribed.status()["source_problems"][url_of(old_and_new, GATEWAY)]
    assert "is not signed" in problem and problem.endswith("(repository_unsigned)")
    said = subscribed.wait_for_journal("is not signed")
    assert said["TYKUP_REASON"] == "repository_unsigned" and said["PRIORITY"] == "4"
    shown = subscribed.run("status", check=False)
    assert shown.returncode == 1 and "repository_unsigned" in shown.stdout
    gateway.heal()
    subscribed.run("check")
    rest = wait_for_another_run(subscribed, run)
    assert [step["component"] for step in rest["steps"]] == ["gateway", "pump"]
    assert installed(subscribed.host) == NEW and is_healthy(subscribed.host, GATEWAY, NEW_GATEWAY)


@pytest.mark.formats("apt")
def test_apt_expired_is_refused(subscribed, old_and_new):
    """Fetched and planned while it was valid; expired when its time comes."""
    subscribed.configure(config(window=closed_window()))
    subscribed.start()
    assert len(subscribed.wait_for_state("waiting")["plan"]["steps"]) == 3
    before = snapshot(subscribed.host)
    for component in OLD:
        old_and_new.repository_of(component).expire()
    assert subscribed.run("check", check=False).returncode == 1
    status = subscribed.wait_for_state("idle")
    assert status["plan"]["steps"] == []
    for component in OLD:
        problem = status["source_problems"][url_of(old_and_new, component)]
        assert "expired" in problem and problem.endswith("(repository_expired)")
        assert "trust" in gates(subscribed, component)
    refused = subscribed.run("run", "--yes", check=False)
    assert refused.returncode == 5, refused.stdout + refused.stderr
    assert snapshot(subscribed.host) == before
    for component in OLD:
        old_and_new.repository_of(component).heal()
    subscribed.run("check")
    assert len(subscribed.wait_for_state("waiting")["plan"]["steps"]) == 3


# An entry that says so itself: its line, whether plain tools then install what nobody signed, what we call it.
WEAK_ENTRIES = {"apt": ("Trusted: yes", "trusted=yes"), "rpm": ("repo_gpgcheck=0", "repo_gpgcheck=0")}


@pytest.mark.scenario("apt_trusted_yes_is_refused")
def test_an_entry_that_switches_a_check_off_is_refused(subscribed, old_and_new):
    """The plain package manager would take it: the entry says so and nobody has signed the metadata."""
    host = subscribed.host
    line, named = WEAK_ENTRIES[host.packages.format]
    entry = host.output("sh", "-c", f"grep -l tyk-gateway/ {host.packages.entries}")
    host.shell(f"cp {entry} /root/entry; sed -i '/^{line.partition('=')[0]}=/d' {entry}; echo '{line}' >> {entry}")
    old_and_new.repository_of(GATEWAY).unsign()
    host.packages.refresh()
    host.packages.would_install({"tyk-gateway": NEW_GATEWAY})
    run = refused_but_the_dashboard_goes(subscribed, named)
    problem = subscribed.component("gateway")["subscription"]["problem"]
    assert entry in problem and named in problem
    source = subscribed.status()["source_problems"][url_of(old_and_new, GATEWAY)]
    assert source.endswith("(repository_unsigned)")
    host.shell(f"cp /root/entry {entry}")
    old_and_new.repository_of(GATEWAY).heal()
    subscribed.run("check")
    wait_for_another_run(subscribed, run)
    assert installed(host) == NEW


# For the whole host: where it is said, how, what we call it.
WEAK_OPTIONS = {
    "apt": [("/etc/apt/apt.conf.d/99insecure", 'Acquire::AllowInsecureRepositories "true";', "Acquire::AllowInsecureRepositories"),
            ("/etc/apt/apt.conf.d/99insecure", 'APT::Get::AllowUnauthenticated "true";', "APT::Get::AllowUnauthenticated")],
    "rpm": [("/etc/dnf/dnf.conf", "sslverify=0", "sslverify=0")],
}


@pytest.mark.formats(full="rpm")
def test_an_option_that_switches_checks_off_is_refused(subscribed):
    host = subscribed.host
    for path, line, named in WEAK_OPTIONS[host.packages.format]:
        host.shell(f"[ ! -e {path} ] || cp {path} /root/kept; echo {shlex.quote(line)} >> {path}")
        if path.endswith("dnf.conf"):
            host.shell(f"sed -i /^sslverify/d {host.packages.entries}")
        before = snapshot(host)
        subscribed.start()
        subscribed.run("check", check=False)
        subscribed.wait_for_state("idle")
        for component in OLD:
            assert "trust" in gates(subscribed, component)
            assert named in subscribed.reasons(component.name)
        assert snapshot(host) == before and subscribed.runs() == []
        host.shell(f"rm {path}; [ ! -e /root/kept ] || mv /root/kept {path}")
    subscribed.run("check")
    assert subscribed.wait_for_first_run()["result"] == "done"


@pytest.mark.scenario("rpm_versionlock_is_respected")
def test_hold_survives(subscribed):
    host = subscribed.host
    host.packages.hold("tyk-gateway")
    host.packages.came_along("tyk-pump")
    before = snapshot(host)
    untouched = snapshot(host, GATEWAY)
    subscribed.start()
    run = subscribed.wait_for_first_run()
    assert run["result"] == "done" and [step["component"] for step in run["steps"]] == ["dashboard", "pump"]
    assert installed(host) == {**NEW, GATEWAY: OLD[GATEWAY]}
    assert snapshot(host, GATEWAY) == untouched
    after = snapshot(host)
    assert (after["held"], after["manual"]) == (before["held"], before["manual"])
    assert "tyk-gateway" in after["held"]
    assert "tyk-pump" not in after["manual"].split() and "tyk-gateway" in after["manual"].split()
    subscribed.wait_for_state("idle")
    assert set(gates(subscribed, GATEWAY)) == {"hold"} and host.packages.unhold_command("tyk-gateway") in subscribed.reasons("gateway")


def forged_like(genuine, format):
    """A package that would be installed, with the name, version and size of the genuine one and other bytes."""
    wanted = genuine.path.stat().st_size
    for number in itertools.count():
        forged = standin(GATEWAY, NEW_GATEWAY, format=format, build=f"f{number:03}")
        if forged.path.stat().st_size == wanted and forged.sha256 != genuine.sha256:
            return forged


@pytest.mark.scenario("truncated_and_tampered_package")
@pytest.mark.formats(full="rpm")
def test_kept_package_tampered(subscribed, old_and_new):
    host, genuine = subscribed.host, old_and_new.offer(GATEWAY, NEW_GATEWAY, build="f999")
    subscribed.configure(config(window=closed_window()))
    subscribed.start()
    subscribed.wait_for_state("waiting")
    kept = next(f"{ARCHIVE}/{name}" for name in host.names_in(ARCHIVE) if genuine.sha256 in name)
    host.bring(forged_like(genuine, host.packages.format).path, "/root/forged")
    host.shell(f"cat /root/forged > {kept}")
    assert int(host.output("stat", "-c", "%s", kept)) == genuine.path.stat().st_size
    before = snapshot(host, GATEWAY, PUMP)

    assert subscribed.run("run", "--yes", check=False).returncode == 1
    run = subscribed.runs()[0]
    results = {step["component"]: step["result"] for step in run["steps"]}
    assert results == {"dashboard": "done", "gateway": "not-done", "pump": "pending"} and run["result"] == "stopped"
    reason = run["steps"][1]["reason"]
    assert kept in reason and "was changed after it was kept" in reason and reason.endswith("(hash_mismatch)")
    assert snapshot(host, GATEWAY, PUMP) == before

    # It is fetched again, and what is fetched is the genuine one.
    assert subscribed.run("run", "--yes").returncode == 0
    assert host.output("sha256sum", kept).split()[0] == genuine.sha256
    assert installed(host) == NEW
    assert '"5.8.15f999"' in host.read("/opt/tyk-gateway/templates/error.json")
