"""What the operator asks for by hand, and what he reads."""

import pytest

from world.faults import hold
from world.stack import NEW, OLD
from world.standins import DASHBOARD, GATEWAY
from world.tykup import DAEMON, closed_window, config
from world.waiting import wait_for

BEFORE_THE_WINDOW = {"nothing to do": 5, "not confirmed": 6}


pytestmark = pytest.mark.formats(full="rpm")


@pytest.fixture
def waiting(subscribed):
    """A host whose plan is fetched and waits for a window that opens in some hours."""
    subscribed.configure(config(window=closed_window()))
    subscribed.start()
    subscribed.wait_for_state("waiting")
    return subscribed


def on_a_terminal(operator, command, typed):
    """Runs a command line on a terminal of its own, at which somebody types."""
    return operator.host.run("script", "--quiet", "--return", "--command", command, "/dev/null", input=typed, check=False, within=180)


def changes(host):
    """The three changes of the plan in tykup's words, in order."""
    return [f"{c.name} {host.packages.full(OLD[c])} → {host.packages.full(NEW[c])}" for c in OLD]


def whole_plan(host):
    return ", ".join(changes(host))


def status_line(operator):
    """The line of `systemctl status`."""
    return operator.host.output("systemctl", "show", "--value", "--property=StatusText", DAEMON)


def test_run_begins_now_after_a_confirmation(waiting):
    host = waiting.host
    unasked = waiting.run("run", check=False)
    assert unasked.returncode == BEFORE_THE_WINDOW["not confirmed"] and "--yes" in unasked.stderr
    declined = on_a_terminal(waiting, "tykup run", "no\n")
    assert declined.returncode == BEFORE_THE_WINDOW["not confirmed"] and "nothing was begun" in declined.stdout
    assert {c: host.installed(c.package) for c in OLD} == OLD and waiting.runs() == []
    agreed = on_a_terminal(waiting, "tykup run", "yes\n")
    assert agreed.returncode == 0 and "Type yes to go on" in agreed.stdout and "done" in agreed.stdout
    [run] = waiting.runs()
    assert (run["result"], run["trigger"], run["by"]) == ("done", "operator", "root")
    assert {c: host.installed(c.package) for c in NEW} == NEW
    again = waiting.run("run", "--yes", check=False)
    assert again.returncode == BEFORE_THE_WINDOW["nothing to do"]


def test_run_with_yes_asks_nobody_and_follows_to_the_end(waiting):
    told = waiting.run("run", "--yes").stdout
    first, _, last = changes(waiting.host)
    assert f"1/3 {first}: begins" in told and f"3/3 {last}: done" in told
    assert {c: waiting.host.installed(c.package) for c in NEW} == NEW
    assert "(asked for by root)" in waiting.journal()


def test_nobody_but_root_may_run_or_stop(waiting):
    waiting.host.run("useradd", "--create-home", "visitor")
    refused = waiting.run("run", "--yes", check=False, user="visitor")
    assert refused.returncode == 4, refused
    assert waiting.run("stop", check=False, user="visitor").returncode == 4
    assert "waiting" in waiting.run("status", user="visitor").stdout
    assert waiting.runs() == []


def test_stop_ends_the_run_after_the_step_at_work(waiting):
    host, held = waiting.host, hold(waiting.host, DASHBOARD)
    following = host.start("tykup", "run", "--yes")
    held.wait_until_reached()
    waiting.run("stop")
    held.let_go()
    told, _ = following.communicate(timeout=120)
    assert following.returncode == 1
    [run] = waiting.runs()
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("partial", ["done", "not-done", "pending"]), run
    assert "asked the run to stop" in run["reason"] and "asked the run to stop" in told
    assert host.installed(DASHBOARD.package) == NEW[DASHBOARD]
    assert host.installed(GATEWAY.package) == OLD[GATEWAY]
    assert waiting.run("stop", check=False).returncode == 1


def test_check_shows_a_new_version_at_once(waiting, packagecloud):
    full = waiting.host.packages.full
    assert waiting.component("gateway")["newest"] == full("5.8.15")
    packagecloud.offer(GATEWAY, "5.8.16")
    assert "5.8.16" in waiting.run("check").stdout
    waiting.wait_for_state("waiting")
    assert waiting.component("gateway")["target"] == full("5.8.16")
    waiting.wait_for_journal(f"First seen: tyk-gateway {full('5.8.16')}")
    assert "No version is new" in waiting.run("check").stdout


def test_status_line_and_journal_tell_the_story(waiting):
    host = waiting.host
    line = status_line(waiting)
    assert line.startswith(f"Ready: {whole_plan(host)}; waiting: ") and "window" in line
    shown = host.systemctl("status", "--no-pager", "--full", "--lines=0", DAEMON).stdout
    assert f'Status: "{line}"' in shown
    held = hold(host, GATEWAY)
    following = host.start("tykup", "run", "--yes")
    held.wait_until_reached()
    [run] = waiting.runs()
    assert status_line(waiting) == f"Run {run['id']}, step 2/3: {changes(host)[1]}, changing the package"
    assert waiting.component("gateway")["name"] == "gateway" and waiting.status()["state"] == "running"
    held.let_go()
    assert following.wait(120) == 0
    wait_for(lambda: status_line(waiting).startswith("Idle: nothing to upgrade; next refresh at 20"), "the line says that all is done")
    story = waiting.journal()
    order = [f"Plan {run['plan_hash'][:12]}: {whole_plan(host)}.", f"Everything for {whole_plan(host)} is fetched and verified; waiting: ",
             f"Run {run['id']} begins: {whole_plan(host)} (asked for by root)."]
    for component, change in zip(OLD, changes(host)):
        order += [f"Step begins: {change}.", f"{change}: the package is changed, the old process still serves",
                  f"{component.unit} was restarted on the new version.", f"Done: {change}, healthy."]
    order.append(f"Run {run['id']} is done: every component is new and healthy.")
    places = [story.find(text) for text in order]
    assert -1 not in places and places == sorted(places), dict(zip(order, places))


def test_the_journal_can_be_asked_by_component_and_run(waiting):
    waiting.run("run", "--yes")
    host, [run] = waiting.host, waiting.runs()
    of_gateway = host.journal(DAEMON, matches=["TYKUP_COMPONENT=gateway", f"TYKUP_RUN={run['id']}"])
    assert [e["TYKUP_STEP"] for e in of_gateway] == ["2/3"] * len(of_gateway) and len(of_gateway) >= 4
    assert {(e["TYKUP_FROM"], e["TYKUP_TO"]) for e in of_gateway} == {(host.packages.full("5.8.14"), host.packages.full("5.8.15"))}
    explained = host.output("journalctl", "--no-pager", "--catalog", f"--unit={DAEMON}", f"TYKUP_RUN={run['id']}")
    assert "-- Subject:" in explained or "░░ Subject:" in explained
    assert all("MESSAGE_ID" in e for e in of_gateway)
