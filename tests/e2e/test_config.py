"""What the operator made on a host outlives an upgrade: files, states of units, and his window."""

from datetime import datetime, timedelta, timezone

import pytest

from world.stack import NEW, OLD, hello, is_healthy
from world.standins import DASHBOARD, GATEWAY, PUMP
from world.story import moments
from world.tykup import config, window_at
from world.waiting import wait_for

POLICIES = "/opt/tyk-gateway/policies/policies.json"
MINE = {
    POLICIES: '{"mine": "a policy"}\n',
    "/opt/tyk-gateway/templates/error.json": '{"mine": "a template"}\n',
    "/opt/tyk-gateway/apps/orders.json": '{"mine": "an API that no package knows"}\n',
    "/opt/tyk-gateway/middleware/mine.js": "// a plugin of ours\n",
    "/opt/tyk-dashboard/lang/en-us.json": '{"mine": "words"}\n',
    "/etc/default/tyk-gateway": "TYK_GW_HEALTHCHECKENDPOINTNAME=alive\n",
    "/etc/systemd/system/tyk-gateway.service.d/limits.conf": "[Service]\nLimitNOFILE=54321\n",
}


def test_config_survives(subscribed):
    host = subscribed.host
    for path, text in MINE.items():
        host.write(path, text)
    host.run("chown", "tyk:adm", POLICIES)
    host.run("chmod", "640", POLICIES)
    host.edit_json(GATEWAY.config_path, listen_port=8088, secret="mine")
    host.edit_json(DASHBOARD.config_path, admin_secret="mine")
    host.systemctl("daemon-reload")
    host.systemctl("restart", GATEWAY.unit)
    alive = "http://127.0.0.1:8088/alive"
    wait_for(lambda: host.get(alive)[0] == 200, "the gateway answers where the operator wants it")
    kept = [*MINE, GATEWAY.config_path, DASHBOARD.config_path, PUMP.config_path]
    before = {path: host.read(path) for path in kept}

    subscribed.start()
    run = subscribed.wait_for_first_run()

    assert run["result"] == "done"
    assert {path: host.read(path) for path in kept} == before
    assert host.output("stat", "--format=%U:%G %a", POLICIES) == "tyk:adm 640"
    assert '"version":"v5.8.15"' in host.get(alive)[1]
    assert host.unit(GATEWAY.unit)["LimitNOFILE"] == "54321"
    the_new_shipped_file_is_beside_and_reported(host, run)
    the_backup_holds_what_was_there(host, run)


def the_new_shipped_file_is_beside_and_reported(host, run):
    notes = "\n".join(next(s for s in run["steps"] if s["component"] == "gateway")["notes"])
    assert f"put back the operator's {POLICIES}" in notes
    assert NEW[GATEWAY] in host.read(POLICIES + ".tykup-new") and POLICIES + ".tykup-new" in notes
    assert "orders.json" not in notes


def the_backup_holds_what_was_there(host, run):
    for component in OLD:
        step = next(s for s in run["steps"] if s["component"] == component.name)
        [backup] = [note.removeprefix("backup ") for note in step["notes"] if note.startswith("backup ")]
        assert host.output("stat", "--format=%U %a", backup) == "root 600"
        held = host.output("tar", "--zstd", "--list", "--file", backup).splitlines()
        expected = [component.config_path, *(path for path in MINE if component.package in path)]
        assert {path.lstrip("/") for path in expected} <= {name.lstrip("./") for name in held}


@pytest.mark.scenario("rpm_config_noreplace")
def test_config_changed_by_both(subscribed, old_and_new):
    host = subscribed.host
    old_and_new.offer(GATEWAY, "5.8.16", ships={"new_default": 1})
    subscribed.configure(config(components=[GATEWAY]))
    host.edit_json(GATEWAY.config_path, mine=True)
    before = host.read(GATEWAY.config_path)

    subscribed.start()
    run = subscribed.wait_for_first_run()

    assert run["result"] == "done"
    assert host.package_state(GATEWAY.package) == ("installed", "5.8.16")
    assert is_healthy(host, GATEWAY, "5.8.16")
    assert host.read(GATEWAY.config_path) == before
    beside = GATEWAY.config_path + host.packages.new_config
    assert '"new_default": 1' in host.read(beside)
    assert beside in "\n".join(run["steps"][0]["notes"])
    assert beside in subscribed.run("history", run["id"]).stdout


STATES = {
    "stopped": (["stop"], "inactive", "enabled"),
    "stopped_and_disabled": (["stop", "disable"], "inactive", "disabled"),
    "disabled_but_running": (["disable"], "active", "disabled"),
    "masked": (["stop", "mask"], "inactive", "masked"),
}


@pytest.mark.part({"apt-stopped_and_disabled", "apt-disabled_but_running", "apt-masked", "rpm-stopped"})
@pytest.mark.scenario("rpm_stopped_and_masked_stay")
@pytest.mark.parametrize("state", STATES)
def test_stopped_service_stays_stopped(subscribed, state):
    verbs, active, enabled = STATES[state]
    host = subscribed.host
    subscribed.configure(config(components=[GATEWAY]))
    wait_for(lambda: is_healthy(host, GATEWAY, OLD[GATEWAY]), "the gateway is healthy")
    for verb in verbs:
        host.systemctl(verb, GATEWAY.unit)
    links = host.output("find", "/etc/systemd/system", "-name", GATEWAY.unit, "-printf", "%p %l\n")
    before = host.cursor()

    subscribed.start()
    run = subscribed.wait_for_first_run()

    assert run["result"] == "done"
    assert host.installed(GATEWAY.package) == NEW[GATEWAY]
    assert host.output("systemctl", "is-active", GATEWAY.unit, check=False) == active
    assert host.output("systemctl", "is-enabled", GATEWAY.unit, check=False) == enabled
    assert host.output("find", "/etc/systemd/system", "-name", GATEWAY.unit, "-printf", "%p %l\n") == links
    starts = len(moments(host, GATEWAY.unit, "started", before))
    if active == "active":
        assert starts == 1 and is_healthy(host, GATEWAY, NEW[GATEWAY])
    else:
        assert starts == 0 and hello(host)[0] == 0
        subscribed.wait_for_journal("it was not running and stays so")
        host.systemctl("unmask", GATEWAY.unit)
        host.systemctl("start", GATEWAY.unit)
        wait_for(lambda: is_healthy(host, GATEWAY, NEW[GATEWAY]), "the operator starts the new version")


@pytest.mark.formats(full="rpm")
def test_outside_window_waits(subscribed):
    host = subscribed.host
    opens = (datetime.now(timezone.utc) + timedelta(seconds=40)).replace(microsecond=0)
    subscribed.configure(config(window=window_at(opens, "2h")))
    before = host.cursor()

    subscribed.start()
    document = subscribed.wait_for_state("waiting", within=opens.timestamp() - datetime.now().timestamp())
    assert document["window"]["open"] is False and document["window"]["opens"] == f"{opens:%Y-%m-%dT%H:%M:%SZ}"
    assert [s["component"] for s in document["plan"]["steps"]] == ["dashboard", "gateway", "pump"]
    for component in OLD:
        assert "window: next window" in subscribed.reasons(component.name)
    kept = " ".join(host.checksums("/var/cache/tykup-executor/archives"))
    assert all(f"{component.package}_{host.packages.full(version)}_" in kept for stack in (OLD, NEW) for component, version in stack.items())
    assert "waiting: next window" in host.output("systemctl", "status", "--no-pager", "tykupd")

    run = subscribed.wait_for_first_run()

    assert (run["result"], run["trigger"]) == ("done", "window")
    opening = opens.timestamp() * 1e6
    for component in OLD:
        assert min(moments(host, component.unit, "stopping", before)) >= opening
        assert host.packages.changes(component.package)[0][0] >= opening
    assert min(moments(host, "tykupd.service", "Run ", before)) <= opening + 30e6
