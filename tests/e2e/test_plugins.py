"""Go plugins: a Gateway is not upgraded to a version that would not load one of them."""

import pytest

from world.faults import ask
from world.stack import NEW, OLD, is_healthy
from world.standins import GATEWAY, PUMP
from world.tykup import config
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")

MIDDLEWARE = "/opt/tyk-gateway/middleware"
PLUGIN = f"{MIDDLEWARE}/auth.so"
OLD_BUILD = f"{MIDDLEWARE}/auth_v5.8.14_linux_amd64.so"
NEW_BUILD = f"{MIDDLEWARE}/auth_v5.8.15_linux_amd64.so"
API = "/opt/tyk-gateway/apps/orders.json"
COMPILER = "tykio/tyk-plugin-compiler:v5.8.15"


def api_with(*plugins):
    """A classic API definition whose requests go through these plugins."""
    hooks = [{"name": "AuthenticateOrders", "path": path} for path in plugins]
    return {"name": "orders", "api_id": "orders", "active": True, "custom_middleware": {"driver": "goplugin", "pre": hooks}}


@pytest.fixture
def with_plugin(subscribed):
    """An API of the host's Gateway needs a plugin, which was built for the installed version."""
    host = subscribed.host
    host.write_json(API, api_with(PLUGIN))
    host.write(OLD_BUILD, "built for 5.8.14\n")
    wait_for(lambda: is_healthy(host, GATEWAY, OLD[GATEWAY]), "the gateway is healthy")
    return subscribed


def wait_until_held(operator, *texts):
    def held():
        reasons = operator.status_or_none() and operator.reasons("gateway")
        return reasons if reasons and all(text in reasons for text in texts) else None

    return wait_for(held, lambda: f"the gateway is held, because {texts}\n{operator.tail()}", within=90)


def the_gateway_was_not_touched(host, pid):
    assert host.installed(GATEWAY.package) == OLD[GATEWAY] and host.packages.changes(GATEWAY.package) == []
    assert host.main_pid(GATEWAY.unit) == pid and is_healthy(host, GATEWAY, OLD[GATEWAY])


def test_plugin_gate_holds(with_plugin):
    host = with_plugin.host
    pid = host.main_pid(GATEWAY.unit)

    with_plugin.start()
    run = with_plugin.wait_for_first_run()
    assert [(s["component"], s["result"]) for s in run["steps"]] == [("dashboard", "done")]
    reasons = wait_until_held(with_plugin, "plugin: ", PLUGIN, API, f"{NEW_BUILD} is missing", COMPILER)
    assert "Gateway 5.8.15" in reasons
    assert "order: gateway comes first" in with_plugin.reasons("pump")
    with_plugin.wait_for_journal(f"{NEW_BUILD} is missing")
    assert COMPILER in with_plugin.run("status", check=False).stdout.replace("\n", " ")

    # A file of the right name is no proof: the new program itself says that it is a build for another version.
    host.write(NEW_BUILD, "built for 5.8.16\n")
    with_plugin.run("check")
    wait_until_held(with_plugin, f"does not load in Gateway 5.8.15, from {NEW_BUILD}: ", "built with a different version of package tyk")
    with_plugin.wait_for_journal("plugin was built with a different version of package tyk")

    # Nothing of it is left on the host, and it is not asked again while nothing changes.
    with_plugin.wait_for_state("idle", "stopped")
    asked = host.output("journalctl", "--no-pager", "--output=cat", "--grep=tykup asks a new program").count("Started")
    assert asked >= 1
    with_plugin.run("check")
    with_plugin.wait_for_state("idle", "stopped")
    wait_until_held(with_plugin, "does not load")
    assert host.output("journalctl", "--no-pager", "--output=cat", "--grep=tykup asks a new program").count("Started") == asked
    assert not host.exists("/var/cache/tykup-executor/checks") and host.failed_units() == []
    the_gateway_was_not_touched(host, pid)
    assert host.installed(PUMP.package) == OLD[PUMP]

    # A definition that cannot be read may name anything.
    host.write(API, '{"custom_middleware": {"driver": "gop')
    with_plugin.run("check")
    wait_until_held(with_plugin, f"its Go plugins are not all known: cannot read {API}")
    the_gateway_was_not_touched(host, pid)


def test_plugin_gate_passes(with_plugin):
    host = with_plugin.host
    host.write_json(API, api_with(PLUGIN, f"{MIDDLEWARE}/log.so"))
    host.write(f"{MIDDLEWARE}/log.so", "built for 5.8.15\n")  # says no version, and loads all the same
    with_plugin.start()
    assert [s["component"] for s in with_plugin.wait_for_first_run()["steps"]] == ["dashboard"]
    wait_until_held(with_plugin, f"{NEW_BUILD} is missing")

    host.write(NEW_BUILD, "built for 5.8.15\n", mode=0o600)
    with_plugin.run("check")
    run = with_plugin.wait_for_run()

    assert (run["result"], [(s["component"], s["result"]) for s in run["steps"]]) == ("done", [("gateway", "done"), ("pump", "done")])
    assert host.installed(GATEWAY.package) == NEW[GATEWAY] and is_healthy(host, GATEWAY, NEW[GATEWAY])
    assert host.failed_units() == [] and not host.exists("/var/cache/tykup-executor/checks")


@pytest.mark.formats("apt")
def test_plugin_is_loaded_where_it_reaches_nothing(with_plugin):
    host = with_plugin.host
    with_plugin.configure(config(components=[GATEWAY]))
    host.write(NEW_BUILD, "escape\n")
    host.run("chmod", "644", GATEWAY.config_path)
    said = host.run(f"{GATEWAY.folder}/{GATEWAY.binary}", "plugin", "load", "-f", NEW_BUILD, "-s", "X", check=False)
    for what in ("root", "the network", "the system bus", "writing to /opt/tyk-gateway", "reading /etc/tykup/tykup.toml",
                 f"reading {GATEWAY.config_path}", "other processes"):
        assert what in said.stderr

    with_plugin.start()
    wait_until_held(with_plugin, "it reached nothing")


PROGRAMS = {
    "of_another_version": ({"says_version": "5.8.13"}, 'says that it is another version: {"Version":"v5.8.13"'),
    "that_crashes": ({"cannot_run": True}, "does not run: it was killed by signal 6"),
}


@pytest.mark.formats("apt", full="rpm")
@pytest.mark.parametrize("program", PROGRAMS)
def test_new_program_goes_back(subscribed, program):
    fault, reason = PROGRAMS[program]
    host = subscribed.host
    subscribed.configure(config(components=[GATEWAY]))
    wait_for(lambda: is_healthy(host, GATEWAY, OLD[GATEWAY]), "the gateway is healthy")
    ask(host, GATEWAY, NEW[GATEWAY], **fault)

    subscribed.start()
    run = subscribed.wait_for_first_run()

    [step] = run["steps"]
    assert (run["result"], step["result"]) == ("stopped", "rolled-back") and reason in step["reason"]
    assert host.installed(GATEWAY.package) == OLD[GATEWAY] and is_healthy(host, GATEWAY, OLD[GATEWAY])
    assert host.failed_units() == []
