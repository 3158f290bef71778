"""People are told: by a real mail system and by webhooks, whatever is down meanwhile."""

import email
import json

import pytest

from world.faults import ask
from world.stack import NEW, OLD, old_stack_with_mail_layer
from world.standins import GATEWAY
from world.tykup import DAEMON, Tykup, closed_window, config
from world.waiting import wait_for
from world.webhooks import NAME, WebhookSink

pytestmark = pytest.mark.formats(full="rpm")

MAILBOX = "/var/mail/ops"
URL_FILE = "/etc/tykup/slack-url"
RUNS = ["run-done", "run-failed", "rollback"]
GATEWAY_ONLY = {"components": [GATEWAY], "timeout": "12s"}


@pytest.fixture
def sink(scene):
    sink = WebhookSink(scene)
    yield sink
    sink.stop()


@pytest.fixture
def subscribed(subscribed, sink):
    subscribed.host.knows(NAME, sink.line.address)
    return subscribed


@pytest.fixture
def with_mail(scene, session, old_and_new, sink):
    """The operator of a host with a mail system, subscribed."""
    operator = Tykup(scene.host("tyk", old_stack_with_mail_layer(session)))
    operator.host.knows(NAME, sink.line.address)
    operator.configure(config())
    for component in OLD:
        operator.subscribe_to(old_and_new, component)
    return operator


def notify(*events, email=(), webhooks=()):
    """The [notify] of a configuration; `webhooks` are the lines of each."""
    lines = ["[notify]"] + ([f"events = {json.dumps(events)}"] if events else [])
    lines += [f"email = {json.dumps(email)}"] if email else []
    return "\n".join([*lines, *(f"[[notify.webhook]]\n{lines}" for lines in webhooks), ""])


def mails(host):
    """What lies in the mailbox of the user ops, oldest first."""
    if not host.exists(MAILBOX):
        return []
    text = "\n" + host.read(MAILBOX)
    return [email.message_from_string(part.split("\n", 1)[1]) for part in text.split("\nFrom ")[1:]]


def ways(operator):
    return {way["to"]: way for way in operator.status()["notify"]}


def restart_count(host):
    return int(host.unit(DAEMON)["NRestarts"])


@pytest.mark.formats("apt")
def test_a_run_that_is_done_is_told_by_mail_and_webhooks(with_mail, sink):
    host = with_mail.host
    host.write(URL_FILE, sink.url("/services/SLACK") + "\n", mode=0o640, owner="root:tykup")
    with_mail.configure(config("self-managed", notify(email=["ops"], webhooks=[
        f'url = "{sink.url()}"', f'url_file = "{URL_FILE}"\nformat = "slack"'])))
    with_mail.start()
    run = with_mail.wait_for_first_run()
    assert run["result"] == "done"

    told = wait_for(lambda: len(sink.taken()) == 4 and sink.taken(), "the webhook is told", within=30)
    assert [each["event"] for each in told] == ["new-version"] * 3 + ["run-done"]
    assert {(each["host"], each["schema"]) for each in told} == {(host.name, 1)} and len({each["id"] for each in told}) == 4
    assert told[3]["run"] == run["id"]
    assert {c["component"]: (c["to"], c["result"]) for c in told[3]["components"]} == {c.name: (NEW[c], "done") for c in NEW}

    slack = wait_for(lambda: len(sink.taken("/services/SLACK")) == 4 and sink.taken("/services/SLACK"), "Slack is told", within=30)
    assert set(slack[3]) == {"text"} and slack[3]["text"].startswith("*[tykup tyk] run done: dashboard 5.8.14 to 5.8.15, ")

    got = wait_for(lambda: len(mails(host)) == 4 and mails(host), "ops has the mail", within=30)
    assert got[3]["Subject"] == "[tykup tyk] run done: dashboard 5.8.14 to 5.8.15, gateway 5.8.14 to 5.8.15, pump 1.15.0 to 1.16.0"
    assert got[3]["Message-ID"] == f"<{told[3]['id']}@tyk>" and got[3]["Auto-Submitted"] == "auto-generated"
    assert run["id"] in got[3].get_payload() and "tykup" in got[3]["From"]
    assert host.failed_units() == [] and ways(with_mail)["ops"]["trouble"] is None
    # Its own part may become another user; the daemon may not.
    assert host.unit(DAEMON)["NoNewPrivileges"] == "yes"
    assert host.output("stat", "-c", "%a %U", "/run/tykup/mail.sock") == "600 tykup"

    with_mail.restart()
    with_mail.wait_for_state("idle")
    with_mail.run("check")
    assert (len(mails(host)), len(sink.taken())) == (4, 4), "nothing is told again"


def test_a_failure_that_goes_back_is_told(subscribed, sink):
    subscribed.configure(config("self-managed", notify(*RUNS, webhooks=[f'url = "{sink.url()}"']), **GATEWAY_ONLY))
    ask(subscribed.host, GATEWAY, NEW[GATEWAY], never_healthy=True)
    subscribed.start()
    run = subscribed.wait_for_first_run()
    rollback, failed = wait_for(lambda: len(sink.taken()) == 2 and sink.taken(), "the webhook is told of both", within=30)
    full = subscribed.host.packages.full
    assert (rollback["event"], rollback["title"]) == ("rollback", f"gateway is back on {full('5.8.14')}: {full('5.8.15')} failed")
    assert (failed["event"], failed["title"]) == ("run-failed", "RUN FAILED, gateway is back on the old version")
    assert [c["result"] for c in failed["components"]] == ["rolled-back"]
    assert f"tykup history {run['id']}" in failed["next"] and run["id"] in failed["text"]


def test_a_receiver_that_is_down_holds_nothing_up_and_is_told_after_a_restart(subscribed, sink):
    sink.stop()
    subscribed.configure(config("self-managed", notify(*RUNS, webhooks=[f'url = "{sink.url()}"'])))
    subscribed.start()
    assert subscribed.wait_for_first_run()["result"] == "done"
    failing = wait_for(lambda: ways(subscribed)[f"https://{NAME}"]["trouble"], "the status tells of it", within=30)
    assert failing["why"] == "connection refused" and ways(subscribed)[f"https://{NAME}"]["waiting"] == 1
    shown = subscribed.run("status", check=False)
    assert shown.returncode == 1 and "Notifications do not get through" in shown.stdout
    assert f"https://{NAME} since " in shown.stdout and "connection refused; 1 waiting" in shown.stdout
    said = f"Notifications to https://{NAME} do not get through: connection refused"
    subscribed.wait_for_journal(said)
    figures = lambda: subscribed.host.read("/run/tykup-metrics/tykup.prom")
    wait_for(lambda: f'to="https://{NAME}"}} 1' in figures(), "the figures tell of it", within=60)
    metrics = figures()
    assert "tykup_notify_waiting" in metrics

    subscribed.restart()
    sink.start()
    subscribed.reload()
    told = wait_for(lambda: sink.taken(), "it is told", within=30)
    assert [each["event"] for each in told] == ["run-done"]
    subscribed.wait_for_journal(f"Notifications to https://{NAME} get through again")
    wait_for(lambda: ways(subscribed)[f"https://{NAME}"]["trouble"] is None, "nothing is wrong any more", within=30)
    journal = subscribed.journal()
    assert journal.count(said) == 1, "said once, also over a restart"
    assert "S3CR3T" not in journal + shown.stdout + metrics


def test_a_wrong_certificate_is_refused_and_a_named_authority_is_trusted(subscribed, sink, scene):
    host = subscribed.host
    sink.shows_certificate_for("elsewhere.test")
    subscribed.configure(config("self-managed", notify("new-version", webhooks=[f'url = "{sink.url()}"']), window=closed_window()))
    subscribed.start()
    trouble = wait_for(lambda: ways(subscribed)[f"https://{NAME}"]["trouble"], "the certificate is refused", within=60)
    assert trouble["why"] == "its certificate is not trusted: hostname mismatch" and sink.posts() == []
    # The right name, but trusted is somebody else.
    sink.shows_certificate_for(NAME)
    host.shell("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other -keyout /dev/null -out /etc/tykup/other.pem 2>&1")
    host.run("chmod", "644", "/etc/tykup/other.pem")
    subscribed.configure(config("self-managed", notify("new-version", webhooks=[f'url = "{sink.url()}"\nca_file = "/etc/tykup/other.pem"']), window=closed_window()))
    subscribed.reload()
    wait_for(lambda: "not trusted: " in why(subscribed) and "mismatch" not in why(subscribed), "the other authority does not vouch", within=30)
    assert sink.posts() == []
    host.bring(scene.authority.certificate, "/etc/tykup/other.pem")
    subscribed.reload()
    wait_for(lambda: len(sink.taken()) == 3, "the named authority does", within=30)


def why(operator):
    trouble = ways(operator)[f"https://{NAME}"]["trouble"]
    return trouble["why"] if trouble else ""


def test_a_webhook_that_is_no_more_is_given_up_and_shown(subscribed, sink):
    sink.answers(410)
    subscribed.configure(config("self-managed", notify(*RUNS, webhooks=[f'url = "{sink.url()}"'])))
    subscribed.start()
    subscribed.wait_for_first_run()
    subscribed.wait_for_journal(f"to https://{NAME} is given up: it answered 410")
    subscribed.restart()
    shown = wait_for(lambda: subscribed.run("status", check=False).stdout, "the status")
    assert "it answered 410: there is no such webhook" in shown and "1 given up" in shown
    assert [code for code, _ in sink.posts()] == [410], "not tried again"


def test_a_host_without_a_mail_system_says_so_and_holds_nothing_up(subscribed):
    subscribed.configure(config("self-managed", notify(*RUNS, email=["ops"])))
    subscribed.start()
    assert subscribed.wait_for_first_run()["result"] == "done"
    subscribed.wait_for_journal("Notifications to ops do not get through: sendmail ended with status 127: there is no /usr/sbin/sendmail on this host")
    assert subscribed.host.failed_units() == []


def test_a_plan_that_waits_for_an_operator_is_told_once(subscribed, sink):
    policy = 'track = "latest"\nsoak = "0s"\napprove = "manual"'
    subscribed.configure(config("self-managed", notify("approval", webhooks=[f'url = "{sink.url()}"']), policy=policy))
    subscribed.start()
    plan = subscribed.wait_for_state("waiting")["plan"]["hash"]
    [told] = wait_for(lambda: sink.taken(), "the webhook is told", within=30)
    assert told["event"] == "approval" and told["plan"] == plan and f"tykup approve {plan[:12]}" in told["next"]
    subscribed.run("check")
    subscribed.restart()
    subscribed.wait_for_state("waiting")
    assert len(sink.taken()) == 1


@pytest.mark.formats("apt")
def test_what_is_typed_wrong_is_named_with_its_place(operator):
    operator.configure(config("self-managed", notify("run-dnoe", email=["Ops <ops@example.com>"], webhooks=['url = "http://hooks.test/S3CR3T"\nfromat = "slack"'])))
    refused = operator.run("check-config", check=False)
    assert refused.returncode != 0
    for expected in ('unknown event "run-dnoe"; did you mean "run-done"?', "expected one address", "use https://", 'did you mean "format"?'):
        assert expected in refused.stderr + refused.stdout, expected
    assert "S3CR3T" not in refused.stderr + refused.stdout
