"""Every verb as people and programs meet it: text, documented JSON, exit status; as root, as somebody else, without tykupd."""

import json
from xml.etree import ElementTree

import pytest
import schemas

from world.faults import ask
from world.stack import NEW, OLD
from world.standins import DASHBOARD, GATEWAY, PUMP
from world.tykup import DAEMON, config
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")

FINE, FAILED, MISTYPED, UNREACHABLE, DENIED, NOTHING_TO_DO = range(6)
READING = [["status"], ["plan"], ["history"], ["windows"], ["check-config"]]
CHANGING = [["check"], ["run", "--yes"], ["stop"], ["hold", "gateway"], ["release"], ["approve", "0123456789abcdef"], ["forget-bad"]]
ROOTS_OWN = [["subscribe", "gateway"], ["keep-off"]]
XML = "/usr/share/dbus-1/interfaces/org.tykup1.Manager.xml"


@pytest.fixture
def waiting(subscribed):
    """A host whose plan is fetched and waits for a window that opens in some hours; a failing Gateway is found out soon."""
    subscribed.start_with_a_window_to_come(timeout="4s", settle="1s")
    return subscribed


def text_of(operator, *words, code=FINE, user=None):
    """What a verb prints for people where nobody looks on: plain text, and nothing on the other stream where all is well."""
    result = operator.run(*words, check=False, user=user)
    assert result.returncode == code, result
    assert result.stdout.isprintable() or "\033" not in result.stdout, result.stdout
    assert (result.stderr == "") == (code not in (MISTYPED, UNREACHABLE, DENIED)) or code == FAILED, result.stderr
    return result.stdout


def json_of(operator, *words, code=FINE, user=None, schema=None):
    """The document that it prints, which is as documented."""
    result = operator.run(*words, "--json", check=False, user=user)
    assert result.returncode == code, result
    return schemas.check(json.loads(result.stdout), schema or schemas.OF_VERB[words[0]])


def refusal_of(operator, *words, code, user=None):
    """What a verb says that does nothing: on standard error, with and without --json."""
    said = []
    for more in ([], ["--json"]):
        result = operator.run(*words, *more, check=False, user=user)
        shows_first = words[0] == "run" and not more  # the plan that it would run
        assert result.returncode == code and (shows_first or result.stdout == ""), result
        said.append(result.stderr)
    assert said[0] == said[1]
    return said[0]


def test_every_verb_speaks_to_people_and_to_programs(waiting, old_and_new):
    host = waiting.host
    assert "gateway" in text_of(waiting, "status") and json_of(waiting, "status")["state"] == "waiting"
    assert "dashboard" in text_of(waiting, "plan") and [s["component"] for s in json_of(waiting, "plan")["steps"]] == [c.name for c in OLD]
    assert "No version is new" in text_of(waiting, "check") and json_of(waiting, "check")["schema"] == 1
    assert text_of(waiting, "history") and json_of(waiting, "history")["runs"] == []
    assert "no run" in refusal_of(waiting, "history", "20260101T000000Z-abcdef", code=FAILED).lower()
    assert "UTC" in text_of(waiting, "windows") and len(json_of(waiting, "windows")["openings"]) == 5
    assert "is fine" in text_of(waiting, "check-config") and json_of(waiting, "check-config")["ok"]
    assert "No run is at work" in refusal_of(waiting, "stop", code=FAILED)
    assert "need no approval" in refusal_of(waiting, "approve", "0123456789abcdef", code=FAILED)
    assert "No bad version" in refusal_of(waiting, "forget-bad", code=FAILED)
    assert "gatway" in refusal_of(waiting, "hold", "gatway", code=FAILED)

    assert "Held: pump" in text_of(waiting, "hold", "pump", "--until", "3d", "--reason", "the audit")
    [held] = json_of(waiting, "hold", "pump", "--reason", "the audit")["holds"]
    assert (held["component"], held["by"], held["reason"]) == ("pump", "root", "the audit")
    waiting.wait_for_state("waiting")
    pump = waiting.component(PUMP.name)
    assert [r["gate"] for r in pump["reasons"]] == ["hold"] and pump["reasons"][0]["remedy"] == "tykup release pump"
    assert json_of(waiting, "release", "pump")["holds"] == []
    waiting.wait_for_state("waiting")

    ask(host, GATEWAY, NEW[GATEWAY], never_healthy=True)
    [run] = json_of(waiting, "run", "--yes", code=FAILED)["runs"]
    assert [s["result"] for s in run["steps"]] == ["done", "rolled-back", "pending"]
    assert run["id"] in text_of(waiting, "history") and "rolled back" in text_of(waiting, "history", run["id"])
    assert json_of(waiting, "history", run["id"])["runs"] == [run]
    assert "Trouble" in text_of(waiting, "status", code=FAILED) and json_of(waiting, "status", code=FAILED)["trouble"]["run"] == run["id"]
    [bad] = json_of(waiting, "plan")["bad_versions"]
    assert (bad["component"], bad["in_force"]) == ("gateway", True)
    ask(host, GATEWAY, NEW[GATEWAY])
    assert json_of(waiting, "forget-bad", "gateway")["bad_versions"] == []
    waiting.wait_for_state("stopped")
    assert "done" in text_of(waiting, "run", "--yes")
    assert {c: host.installed(c.package) for c in NEW} == NEW
    assert json_of(waiting, "run", "--yes", code=NOTHING_TO_DO, schema="plan")["steps"] == []


def test_roots_own_verbs_speak_to_programs_too(operator, old_and_new):
    operator.configure(config())
    words = operator.words_to_subscribe(old_and_new, GATEWAY)
    [first] = json_of(operator, "subscribe", *words)["subscriptions"]
    assert (first["component"], first["reused"]) == ("gateway", False) and operator.host.exists(first["file"])
    assert old_and_new.key.fingerprint in first["fingerprints"]
    [again] = json_of(operator, "subscribe", *words)["subscriptions"]
    assert again == {**first, "reused": True}
    assert operator.run("subscribe", "--fingerprnt", "x", check=False).returncode == MISTYPED
    kept_off = json_of(operator, "keep-off")
    assert json_of(operator, "keep-off", "--undo") == {"schema": 1, "undone": True, "files": kept_off["files"]}


def test_anybody_reads_and_only_who_may_changes(waiting):
    waiting.host.run("useradd", "--create-home", "visitor")
    for words in READING:
        assert text_of(waiting, *words, user="visitor")
        json_of(waiting, *words, user="visitor")
    for words in CHANGING:
        said = refusal_of(waiting, *words, code=DENIED, user="visitor")
        assert said.startswith("tykup: visitor may not do this: polkit did not authorize the action org.tykup1."), said
        assert "sudo" in said, said
    for words in ROOTS_OWN:
        said = refusal_of(waiting, *words, code=DENIED, user="visitor")
        assert "sudo tykup" in said, said
    status = waiting.status()
    assert status["holds"] == [] and status["state"] == "waiting" and waiting.runs() == []
    assert {c: waiting.host.installed(c.package) for c in OLD} == OLD


def test_polkit_lets_whom_the_site_says(waiting):
    host = waiting.host
    host.run("useradd", "--create-home", "visitor")
    host.write("/etc/polkit-1/rules.d/50-tykup.rules", """polkit.addRule(function(action, subject) {
        if (action.id == "org.tykup1.hold" && subject.user == "visitor") return polkit.Result.YES;
    });""", mode=0o644)
    [held] = wait_for(lambda: hold_by(waiting, "visitor"), "polkit has read its rules")
    assert (held["component"], held["by"]) == ("pump", "visitor")
    assert "org.tykup1.stop" in refusal_of(waiting, "stop", code=DENIED, user="visitor")


def hold_by(operator, user):
    return operator.run("hold", "pump", check=False, user=user).returncode == FINE and operator.status()["holds"]


def test_without_the_daemon_every_verb_says_how_to_start_it(subscribed):
    needs_it = [words for words in READING if words[0] not in ("windows", "check-config")] + CHANGING
    for words in needs_it:
        said = refusal_of(subscribed, *words, code=UNREACHABLE)
        assert "tykupd does not answer" in said and "sudo systemctl start tykupd" in said, said
    for words in (["windows"], ["check-config"], ["keep-off"]):
        json_of(subscribed, *words)
    subscribed.host.remove("/etc/tykup/tykup.toml")
    said = refusal_of(subscribed, "status", code=UNREACHABLE)
    assert "/etc/tykup/tykup.toml does not exist" in said and "examples/tykup.toml" in said


def members(xml):
    """Methods with their arguments, properties with their types and how they change, of our interface."""
    interface = next(i for i in ElementTree.fromstring(xml).iter("interface") if i.get("name") == "org.tykup1.Manager")
    found = {}
    for member in interface:
        words = [(arg.get("name"), arg.get("type"), arg.get("direction")) for arg in member.iter("arg")]
        notes = [(note.get("name"), note.get("value")) for note in member.iter("annotation")]
        found[(member.tag, member.get("name"))] = (words, notes, member.get("type"), member.get("access"))
    return found


def test_what_busctl_shows_is_the_shipped_description(waiting):
    host = waiting.host
    shown = members(host.output("busctl", "introspect", "--xml-interface", "org.tykup1", "/org/tykup1"))
    assert shown == members(host.read(XML)) and ("method", "GetStatus") in shown
    told = host.output("busctl", "get-property", "org.tykup1", "/org/tykup1", "org.tykup1.Manager", "State")
    assert told == 's "waiting"'
    told = json.loads(host.output("busctl", "--json=short", "call", "org.tykup1", "/org/tykup1", "org.tykup1.Manager", "GetStatus"))
    schemas.check(json.loads(told["data"][0]), "status")


def test_every_entry_has_its_explanation(waiting):
    host = waiting.host
    waiting.run("run", "--yes")
    entries = [e for e in host.journal(DAEMON) if "TYKUP_EVENT" in e]
    assert {"run-started", "step-started", "package-changed", "step-done", "run-done"} <= {e["TYKUP_EVENT"] for e in entries}
    known = host.output("journalctl", "--list-catalog")
    assert [e["TYKUP_EVENT"] for e in entries if e["MESSAGE_ID"] not in known] == []
    of_dashboard = [e for e in entries if e.get("TYKUP_COMPONENT") == DASHBOARD.name and e.get("TYKUP_RUN")]
    assert all({"TYKUP_STEP", "TYKUP_FROM", "TYKUP_TO", "UNIT"} <= e.keys() for e in of_dashboard) and of_dashboard
