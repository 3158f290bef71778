"""Bad days of a repository, a wrong configuration, full disks, mistyped words: each is named, and the host stays as it is."""

from dataclasses import dataclass
from typing import Callable

import pytest

from world.snapshot import snapshot
from world.stack import NEW, OLD
from world.standins import DASHBOARD, GATEWAY, MDCB
from world.tykup import CONFIG, DAEMON, closed_window, config
from world.waiting import wait_for

NEW_DASHBOARD = ("tyk-dashboard", NEW[DASHBOARD])


def repositories(packagecloud):
    return [packagecloud.repository_of(component) for component in OLD]


@dataclass(frozen=True)
class Day:
    """How a day is bad, how it ends, what it is called and what the operator reads."""

    begins: Callable
    ends: Callable
    kind: str
    says: str


def every_repository(what, *arguments):
    return lambda cloud, stranger: [getattr(r, what)(*(stranger if a == "stranger" else a for a in arguments)) for r in repositories(cloud)]


def web(what, *arguments):
    return lambda cloud, stranger: getattr(cloud.web, what)(*arguments)


def dashboard(what):
    return lambda cloud, stranger: getattr(cloud.repository_of(DASHBOARD), what)(*NEW_DASHBOARD)


def take_the_file_away(cloud, stranger):
    cloud.repository_of(DASHBOARD).path_of(*NEW_DASHBOARD).unlink()


def offer_again(cloud, stranger):
    cloud.offer(DASHBOARD, NEW[DASHBOARD])


HEAL, HEAL_WEB = every_repository("heal"), web("heal")
DAYS = {
    "unreachable": Day(web("stop"), web("start"), "repository_unreachable", "cannot be reached"),
    "wrong-certificate": Day(web("shows_certificate_for", "elsewhere.test"), HEAL_WEB, "repository_certificate", "TLS certificate"),
    "stranger-certificate": Day(web("shows_stranger_certificate"), HEAL_WEB, "repository_certificate", "TLS certificate"),
    "server-error": Day(web("answers", 503), HEAL_WEB, "repository_unreachable", "cannot be reached"),
    "unsigned": Day(every_repository("unsign"), HEAL, "repository_unsigned", "is not signed"),
    "another-key": Day(every_repository("sign_with", "stranger"), HEAL, "repository_wrong_key", "a key that its source entry does not name"),
    "broken-index": Day(every_repository("break_index"), HEAL, "hash_mismatch", "differ from what was signed"),
}
DOWNLOADS = {
    "truncated": Day(dashboard("truncate"), offer_again, "hash_mismatch", "differ from what was signed"),
    "other-bytes": Day(dashboard("break_package"), offer_again, "hash_mismatch", "differ from what was signed"),
    "gone": Day(take_the_file_away, offer_again, "unknown_version", "its file is not there"),
}


@pytest.fixture
def waiting_config(subscribed):
    """A subscribed host whose window is shut: whatever it fetches, it changes nothing."""
    subscribed.configure(config(window=closed_window()))
    return subscribed


def recovers(operator):
    """After the next check everything is planned and fetched, and no trouble is told any more."""
    operator.run("check", check=False)
    status = operator.wait_for_state("waiting")
    assert [step["component"] for step in status["plan"]["steps"]] == [c.name for c in OLD]
    assert status["source_problems"] == {} and status["hindrance"] == ""
    assert operator.run("status").returncode == 0


class TestBadDaysOfARepository:
    @pytest.mark.part({"apt-unreachable", "apt-stranger-certificate", "apt-unsigned", "apt-broken-index", "rpm-wrong-certificate", "rpm-another-key"})
    @pytest.mark.parametrize("name", DAYS)
    def test_a_refresh_that_fails_is_named_and_changes_nothing(self, waiting_config, old_and_new, stranger_key, name):
        operator, day = waiting_config, DAYS[name]
        before = snapshot(operator.host)
        day.begins(old_and_new, stranger_key)
        operator.start()
        status = operator.wait_for_state("idle")
        assert set(status["source_problems"]) == {old_and_new.source_name(c.repository) for c in OLD}
        for problem in status["source_problems"].values():
            assert day.says in problem and problem.endswith(f"({day.kind})")
        shown = operator.run("status", check=False)
        assert shown.returncode == 1 and day.kind in shown.stdout and "TROUBLE" in status["status"]
        assert operator.wait_for_journal(f"({day.kind})")["TYKUP_REASON"] == day.kind
        assert snapshot(operator.host) == before
        day.ends(old_and_new, stranger_key)
        recovers(operator)
        assert snapshot(operator.host) == before

    @pytest.mark.scenario("truncated_and_tampered_package")
    @pytest.mark.part({"apt-truncated", "apt-other-bytes", "apt-gone", "rpm-other-bytes"})
    @pytest.mark.parametrize("name", DOWNLOADS)
    def test_a_package_that_cannot_be_fetched_is_named_and_changes_nothing(self, waiting_config, old_and_new, name):
        operator, day, full = waiting_config, DOWNLOADS[name], waiting_config.host.packages.full
        before = snapshot(operator.host)
        day.begins(old_and_new, None)
        operator.start()
        status = wait_for(lambda: operator.status()["hindrance"] and operator.status(), "the fetch fails", within=60)
        assert f"dashboard {full(OLD[DASHBOARD])} → {full(NEW[DASHBOARD])}" in status["hindrance"]
        assert day.says in status["hindrance"] and status["hindrance"].endswith(f"({day.kind})")
        shown = operator.run("status", check=False)
        assert shown.returncode == 1 and "Hindrance" in shown.stdout
        assert operator.wait_for_journal(f"({day.kind})")["TYKUP_REASON"] == day.kind
        assert snapshot(operator.host) == before
        day.ends(old_and_new, None)
        recovers(operator)

    @pytest.mark.formats(full="rpm")
    def test_a_version_that_was_taken_out_is_planned_no_more(self, waiting_config, old_and_new):
        operator = waiting_config
        operator.start()
        operator.wait_for_state("waiting")
        for component in OLD:
            old_and_new.repository_of(component).remove(component.package, NEW[component])
        operator.run("check")
        status = operator.wait_for_state("idle")
        assert status["plan"]["steps"] == []
        operator.wait_for_journal("Nothing to upgrade any more")
        assert operator.run("run", "--yes", check=False).returncode == 5


@pytest.mark.formats("apt")
class TestConfigurationThatIsWrong:
    WRONG = config().replace("soak", "soack")

    def place_of(self, word):
        line = next(n for n, text in enumerate(self.WRONG.splitlines(), 1) if text.startswith(word))
        return f"{CONFIG}:{line}:1"

    def test_the_daemon_does_not_start_and_says_where(self, subscribed):
        subscribed.configure(self.WRONG)
        assert subscribed.host.systemctl("start", DAEMON, check=False).returncode != 0
        said = subscribed.wait_for_journal("tykupd does not start")["MESSAGE"]
        assert self.place_of("soack") in said and 'did you mean "soak"?' in said
        unit = subscribed.host.unit(DAEMON)
        assert (unit["ActiveState"], unit["NRestarts"]) == ("failed", "0")
        checked = subscribed.run("check-config", check=False)
        assert checked.returncode == 1 and f'{self.place_of("soack")}: unknown key "soack"' in checked.stderr
        subscribed.configure(config())
        subscribed.start()

    def test_a_reload_fails_and_the_last_good_one_stays(self, waiting_config):
        operator = waiting_config
        operator.start()
        operator.wait_for_state("waiting")
        pid = operator.host.main_pid(DAEMON)
        operator.configure(self.WRONG)
        assert operator.host.systemctl("reload", DAEMON, check=False).returncode != 0
        operator.wait_for_journal(self.place_of("soack"))
        assert operator.host.is_active(DAEMON) and operator.host.main_pid(DAEMON) == pid
        operator.host.run("kill", "-HUP", pid)
        said = operator.wait_for_journal("the last good one stays in force")
        assert self.place_of("soack") in said["MESSAGE"]
        status = operator.status()
        assert "CONFIGURATION REFUSED" in status["status"] and status["window"]["open"] is False
        operator.configure(config(window=closed_window()))
        operator.reload()
        wait_for(lambda: "REFUSED" not in operator.status()["status"], "the good configuration is in force")
        assert operator.host.main_pid(DAEMON) == pid

    def test_every_defect_is_told_at_once(self, subscribed):
        subscribed.configure('[deployment]\ntopology = "selfmanaged"\n[polcy]\ntrack = "lts"\n[health]\nsettle = "3 days"\n')
        said = subscribed.run("check-config", check=False).stderr
        assert f'{CONFIG}:2:12: deployment.topology: unknown value "selfmanaged"; did you mean "self-managed"?' in said
        assert f'{CONFIG}:3:2: unknown table "polcy"; did you mean "policy"?' in said
        assert f'{CONFIG}:6:10: health.settle: "3 days" is no duration' in said


@pytest.mark.formats("apt")
class TestASecondDaemon:
    def test_it_is_named_and_ends(self, waiting_config):
        operator = waiting_config
        operator.start()
        pid = operator.host.main_pid(DAEMON)
        second = operator.host.run("tykupd", user="tykup", check=False)
        assert second.returncode != 0 and f"another tykupd (pid {pid})" in second.stdout + second.stderr
        assert operator.host.main_pid(DAEMON) == pid and operator.status()["schema"] == 1

    def test_with_a_state_of_its_own_it_still_has_no_name_on_the_bus(self, waiting_config):
        operator = waiting_config
        operator.start()
        pid = operator.host.main_pid(DAEMON)
        operator.host.shell("mkdir /run/second; chown tykup /run/second")
        second = operator.host.run("tykupd", "--state", "/run/second/state.db", user="tykup", check=False)
        assert second.returncode != 0 and f"another tykupd (process {pid}) is running" in second.stdout + second.stderr


@pytest.mark.formats("apt")
class TestTheCommandLine:
    WRONG = {
        "statsu": 'There is no verb "statsu". Did you mean "status"?',
        "status --jsno": 'Did you mean "--json"?',
        "history --limit 0": "--limit",
        "run --json": "add --yes",
        "upgrade-everything": 'There is no verb "upgrade-everything"',
    }

    def test_what_is_typed_wrong_is_named_and_without_a_daemon_it_says_how_to_start_it(self, operator):
        for words, says in self.WRONG.items():
            result = operator.run(*words.split(), check=False)
            assert result.returncode == 2 and says in result.stderr and "--help" in result.stderr, words
        result = operator.run("status", check=False)
        assert result.returncode == 3 and "/usr/share/doc/tykup/examples/tykup.toml" in result.stderr

    def test_an_ordinary_user_may_look_and_not_touch(self, waiting_config):
        operator = waiting_config
        operator.start()
        operator.wait_for_state("waiting")
        before = snapshot(operator.host)
        for verb in ("status", "plan", "history"):
            assert operator.run(verb, user="nobody").stdout
        for words, action in ((["check"], "org.tykup1.check"), (["run", "--yes"], "org.tykup1.run-outside-window")):
            denied = operator.run(*words, user="nobody", check=False)
            assert denied.returncode == 4, denied.stdout + denied.stderr
            assert "nobody may not do this" in denied.stderr and action in denied.stderr and "sudo" in denied.stderr
        denied = operator.run("subscribe", "gateway", user="nobody", check=False)
        assert denied.returncode == 4 and "must be run by root" in denied.stderr
        assert snapshot(operator.host) == before and operator.runs() == []


@pytest.mark.formats(full="rpm")
class TestNoSpace:
    def fill(self, host, folder, size):
        host.shell(f"mount -t tmpfs -o size={size},mode=0700 tmpfs {folder}")

    def test_for_the_download(self, waiting_config):
        operator, folder = waiting_config, "/var/cache/tykup-executor"
        self.fill(operator.host, folder, "256k")
        before = snapshot(operator.host)
        operator.start()
        status = wait_for(lambda: operator.status()["hindrance"] and operator.status(), "the fetch fails", within=60)
        hindrance = status["hindrance"]
        assert f"the file system {folder} has" in hindrance and "are missing" in hindrance and hindrance.endswith("(no_space)")
        assert snapshot(operator.host) == before
        operator.host.run("umount", folder)
        recovers(operator)

    def test_for_the_backup(self, waiting_config):
        operator, folder = waiting_config, "/var/lib/tykup-executor"
        self.fill(operator.host, folder, "8m")
        operator.start()
        operator.wait_for_state("waiting")
        before = snapshot(operator.host)
        refused = operator.run("run", "--yes", check=False)
        assert refused.returncode == 4 and folder in refused.stderr and "are missing" in refused.stderr, refused
        assert operator.runs() == []
        assert snapshot(operator.host) == before
        operator.host.run("umount", folder)
        operator.run("check")
        assert operator.run("run", "--yes").returncode == 0
        assert {c: operator.host.installed(c.package) for c in OLD} == NEW


class TestSubscribing:
    """Keys are pinned by the operator's own word for them, entries that are there are looked at before they are replaced."""

    STRANGE = "0123456789ABCDEF0123456789ABCDEF01234567"

    def written(self, operator):
        return operator.host.checksums(*operator.host.packages.source_folders)

    @pytest.fixture
    def configured(self, operator):
        operator.configure(config())
        return operator

    def refused(self, operator, *words):
        before = self.written(operator)
        result = operator.run("subscribe", *words, check=False)
        assert result.returncode == 1, result.stdout + result.stderr
        assert self.written(operator) == before
        return result.stderr

    def test_without_the_right_fingerprint_component_or_server_nothing_is_written(self, configured, old_and_new):
        for fingerprint, says in ((self.STRANGE, "nothing was written (repository_wrong_key)"), ("89ABCDEF", "is no whole fingerprint"),
                                  ("nonsense", "is no fingerprint")):
            assert says in self.refused(configured, "gateway", "--fingerprint", fingerprint)
        assert "no key is trusted silently" in self.refused(configured, "gateway")
        said = self.refused(configured, MDCB.name, "--fingerprint", self.STRANGE)
        assert '"mdcb" is not in the configuration' in said and said.strip().endswith("(not_allowed)")
        old_and_new.web.stop()
        assert "(repository_unreachable)" in self.refused(configured, *configured.words_to_subscribe(old_and_new, GATEWAY))

    @pytest.mark.formats(full="rpm")
    def test_an_entry_of_packageclouds_own_script_is_reused(self, configured, old_and_new):
        old_and_new.subscribe_by_hand(configured.host, GATEWAY)
        before = self.written(configured)
        said = configured.subscribe_to(old_and_new, GATEWAY).stdout
        assert "reused" in said and old_and_new.entry_file(GATEWAY.repository) in said
        assert self.written(configured) == before

    def test_an_entry_without_a_key_is_replaced_on_the_operators_word(self, configured, old_and_new):
        host, entry = configured.host, old_and_new.entry_file(GATEWAY.repository)
        host.write(entry, old_and_new.keyless_entry(GATEWAY.repository))
        said = self.refused(configured, *configured.words_to_subscribe(old_and_new, GATEWAY))
        assert entry in said and "--replace" in said
        configured.subscribe_to(old_and_new, GATEWAY, "--replace")
        assert host.read(entry + ".save") == old_and_new.keyless_entry(GATEWAY.repository)
        assert not host.exists(entry) or all(line.startswith("#") for line in host.read(entry).splitlines())
        host.packages.refresh()
        assert "5.8.15" in host.packages.offered("tyk-gateway")
        assert host.output("sh", "-c", f"ls {host.packages.entries}").endswith("/tykup-tyk-gateway" + host.packages.entries.partition("*")[2])
