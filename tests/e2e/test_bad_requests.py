"""Requests that the executor must not carry out, whoever manages to send them."""

import itertools
import json

import pytest

from world.snapshot import snapshot
from world.stack import NEW
from world.standins import GATEWAY
from world.tykup import closed_window, config
from world.waiting import wait_for

NUMBERS = itertools.count()

# Sends what it gets to the executor as it is, and prints what comes back.
CLIENT = """use IO::Socket::UNIX;
$SIG{PIPE} = 'IGNORE';
my $socket = IO::Socket::UNIX->new(Peer => '/run/tykup/executor.sock') or die "connect: $!\\n";
local $/;
print {$socket} <STDIN>;
$socket->flush;
print <$socket>;
"""


def send(host, text, user="tykup", check=True):
    return host.run("perl", "-e", CLIENT, user=user, input=text, check=check)


def answer_to(host, text, user="tykup"):
    """The last line that the executor answers, as it is: {"ok": …} or {"error": …}."""
    return json.loads(send(host, text, user).stdout.splitlines()[-1])


def request(operation, job=None, protocol=1, **arguments):
    """A request; each has a job id of its own unless one is given."""
    job = job or f"test-{next(NUMBERS)}"
    return json.dumps({"protocol": protocol, "job": job, "operation": operation, "arguments": arguments}) + "\n"


def pin(deb):
    return {"name": deb.name, "version": deb.version, "sha256": deb.sha256}


def apply(*pins, direction="upgrade", component="gateway", run="taken-over"):
    return request("apply", step={"run": run, "component": component}, direction=direction, packages=list(pins), lock_wait_us=0)


REFUSED = {
    "no-json": ("hello\n", "bad_request"),
    "http": ("GET / HTTP/1.1\r\nHost: tykup\r\n\r\n", "bad_request"),
    "half-a-line": ('{"protocol":1', "bad_request"),
    "two-requests": (request("inspect") * 2, "bad_request"),
    "oversized": (request("inspect", components=["x" * (1 << 20)]), "bad_request"),
    "other-protocol": (request("inspect", protocol=2), "other_version"),
    "unknown-operation": (request("install"), "bad_request"),
    "unknown-argument": (request("refresh", url="http://elsewhere.test"), "bad_request"),
    "job-with-a-path": (request("refresh", job="../../../etc/passwd"), "bad_request"),
    "run-with-a-path": (request("backup", step={"run": "../..", "component": "gateway"}), "bad_request"),
    "component-of-another-topology": (request("download", component="mdcb", packages=[]), "not_allowed"),
    "component-mistyped": (request("backup", step={"run": "r", "component": "gatway"}), "not_allowed"),
    "package-outside-the-configuration": (apply({"name": "bash", "version": "9", "sha256": "0" * 64}), "not_allowed"),
    "no-package-at-all": (apply(), "bad_request"),
    "package-that-no-repository-knows": (
        request("download", component="gateway", packages=[{"name": "tyk-gateway-ee", "version": "5.8.15", "sha256": "0" * 64}]), "unknown_package"),
    "step-without-a-record": (apply({"name": "tyk-gateway", "version": NEW[GATEWAY], "sha256": "0" * 64}, run="unknown"), "not_found"),
    "version-that-nobody-offers": (apply({"name": "tyk-gateway", "version": "9.9.9", "sha256": "0" * 64}), "unknown_version"),
}


class TestTheExecutor:
    @pytest.fixture
    def ready(self, subscribed, old_and_new):
        """Everything is fetched; an older Gateway is offered as well; the Gateway's step has its record and backup."""
        self.older = old_and_new.offer(GATEWAY, "5.8.13")
        subscribed.configure(config(window=closed_window()))
        subscribed.start()
        subscribed.wait_for_state("waiting")
        assert "ok" in answer_to(subscribed.host, request("backup", step={"run": "taken-over", "component": "gateway"}))
        return subscribed.host

    def test_what_is_malformed_or_not_configured_is_refused(self, ready):
        before = snapshot(ready)
        jobs = ready.names_in("/var/lib/tykup-executor/jobs")
        for name, (text, kind) in REFUSED.items():
            answer = answer_to(ready, text)
            assert answer.get("error", {}).get("code") == kind, f"{name}: {answer}"
            assert answer["error"]["message"], name
        mistyped = answer_to(ready, request("backup", step={"run": "r", "component": "gatway"}))
        assert 'did you mean "gateway"?' in mistyped["error"]["message"]
        assert snapshot(ready) == before
        assert all(name.startswith("test-") for name in set(ready.names_in("/var/lib/tykup-executor/jobs")) - set(jobs))
        assert "ok" in answer_to(ready, request("inspect"))

    def test_a_downgrade_that_no_record_knows_is_refused(self, ready):
        before = snapshot(ready)
        wanted = [pin(self.older)]
        assert "ok" in answer_to(ready, request("download", component="gateway", packages=wanted))
        for direction, says in (("upgrade", "is below the installed"), ("rollback", "it is no rollback of that step")):
            answer = answer_to(ready, apply(*wanted, direction=direction))
            assert answer["error"]["code"] == "not_allowed" and says in answer["error"]["message"]
        assert snapshot(ready) == before

    @pytest.mark.formats(full="rpm")
    def test_another_user_is_not_heard(self, ready):
        refused = send(ready, request("inspect"), user="nobody", check=False)
        assert refused.returncode != 0 and "Permission denied" in refused.stderr
        ready.run("chmod", "666", "/run/tykup/executor.sock")
        answer = answer_to(ready, request("inspect"), user="nobody")
        assert answer["error"]["code"] == "not_allowed" and "user id 65534 may not ask" in answer["error"]["message"]

    @pytest.mark.formats(full="rpm")
    def test_silent_peers_do_not_block_it(self, ready):
        silent = [ready.start("runuser", "-u", "tykup", "--", "perl", "-e", CLIENT.replace("print {$socket} <STDIN>;", "sleep 30;"))
                  for _ in range(12)]
        assert "ok" in wait_for(lambda: send(ready, request("inspect"), check=False).stdout, "the executor answers", within=40)
        for process in silent:
            process.kill()
            process.wait(20)
