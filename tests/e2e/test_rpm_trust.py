"""What rpm hosts alone have to be wary of: packages that bear signatures of their own, keys that come with the repository,
metadata that does not expire."""

from datetime import datetime, timedelta, timezone

import pytest

from world.snapshot import snapshot
from world.stack import NEW, OLD, is_healthy
from world.standins import DASHBOARD, GATEWAY, PUMP
from world.tykup import closed_window, config
from world.waiting import wait_for

pytestmark = pytest.mark.formats("rpm")


@pytest.mark.parametrize("signer, kind", [(None, "repository_unsigned"), ("stranger", "repository_wrong_key")])
def test_rpm_unsigned_package_is_refused(subscribed, old_and_new, signer, kind):
    """Signed metadata names it, and its publisher has not signed it."""
    old_and_new.offer(DASHBOARD, "5.8.16", signer=signer)
    subscribed.configure(config(window=closed_window()))
    before = snapshot(subscribed.host)
    subscribed.start()
    status = wait_for(lambda: subscribed.status()["hindrance"] and subscribed.status(), "the fetch fails", within=60)
    assert "dashboard" in status["hindrance"] and status["hindrance"].endswith(f"({kind})")
    assert subscribed.wait_for_journal(f"({kind})")["TYKUP_REASON"] == kind
    assert snapshot(subscribed.host) == before
    old_and_new.offer(DASHBOARD, "5.8.16")
    subscribed.run("check", check=False)
    subscribed.wait_for_state("waiting")
    assert subscribed.run("run", "--yes").returncode == 0
    assert is_healthy(subscribed.host, DASHBOARD) and subscribed.host.installed(DASHBOARD.package) == "5.8.16"


def test_rpm_swapped_key_is_refused(subscribed, old_and_new, stranger_key):
    """Whoever holds the server puts another key there and signs everything again: plain libdnf would believe him."""
    host, gateway = subscribed.host, old_and_new.repository_of(GATEWAY)
    old_and_new.offer(GATEWAY, "5.8.16", signer="stranger")
    gateway.serve_key(stranger_key)
    gateway.sign_with(stranger_key)
    before = snapshot(host, GATEWAY, PUMP)
    subscribed.start()
    run = subscribed.wait_for_first_run()
    assert [step["component"] for step in run["steps"]] == ["dashboard"]
    subscribed.wait_for_state("idle")
    problem = subscribed.status()["source_problems"][old_and_new.source_name(GATEWAY.repository)]
    assert problem.endswith("(repository_wrong_key)") and "trust" in subscribed.reasons("gateway")
    assert snapshot(host, GATEWAY, PUMP) == before
    assert stranger_key.fingerprint[-8:].lower() not in host.output("rpm", "--query", "--all", "gpg-pubkey")
    gateway.serve_key(old_and_new.key)
    gateway.heal()
    old_and_new.offer(GATEWAY, "5.8.16")
    subscribed.run("check")
    subscribed.wait_for_runs_beyond({run["id"]}, within=180)
    assert host.installed(GATEWAY.package) == "5.8.16" and host.installed(PUMP.package) == NEW[PUMP]


def test_rpm_stale_metadata_is_refused(subscribed, old_and_new):
    """Rightly signed, and older than what was seen: somebody holds new versions back."""
    subscribed.configure(config(window=closed_window()))
    subscribed.start()
    assert len(subscribed.wait_for_state("waiting")["plan"]["steps"]) == 3
    before = snapshot(subscribed.host)
    for component in OLD:
        repository = old_and_new.repository_of(component)
        repository.remove(component.package, NEW[component])
        repository.go_back_to(datetime.now(timezone.utc) - timedelta(days=90))
    subscribed.run("check", check=False)
    problems = wait_for(lambda: subscribed.status()["source_problems"], "the old metadata is noticed", within=60)
    for component in OLD:
        assert problems[old_and_new.source_name(component.repository)].endswith("(repository_stale)")
    assert subscribed.run("status", check=False).returncode == 1
    assert subscribed.wait_for_journal("(repository_stale)")["TYKUP_REASON"] == "repository_stale"
    assert snapshot(subscribed.host) == before


def test_rpm_metadata_signature_is_waived_by_the_operators_word_only(operator, old_and_new):
    """The way out where the host refuses the repository's key: the packages' own signatures stay required, and it is told
    for as long as it lasts."""
    host = operator.host
    operator.configure(config())
    for component in OLD:
        old_and_new.repository_of(component).unsign()
        operator.run("subscribe", component.name, "--without-metadata-signature", "--package-key", old_and_new.package_key_url,
                     "--package-fingerprint", old_and_new.package_key.fingerprint)
    operator.start()
    operator.wait_for_state("idle")
    assert "repo_gpgcheck=0" in operator.reasons("gateway") and operator.runs() == []
    host.write("/etc/tykup/tykup.toml.d/waived.toml", '[repository]\nmetadata_signature = "waived"\n', mode=0o644)
    operator.reload()
    wait_for(lambda: operator.run("check", check=False).returncode == 0, "the repositories are taken as they are", every=1)
    assert operator.wait_for_first_run()["result"] == "done"
    assert {component: host.installed(component.package) for component in OLD} == NEW
    assert "the signature of its metadata is not checked" in operator.component("gateway")["subscription"]["weakness"]
    assert "signature" in operator.run("status", check=False).stdout
