"""The world of the tests itself: what every other test builds on."""

import subprocess
import sys
from pathlib import Path

import pytest

from world.faults import ask, hold
from world.process import output
from world.session import SESSIONS, sweep_dead_sessions, waiting_lock
from world.stack import NEW, OLD, hello, is_healthy
from world.standins import COMPONENTS, GATEWAY, PUMP
from world.waiting import wait_for

pytestmark = pytest.mark.formats("apt")


def test_a_host_boots_with_nothing_failed(host):
    assert host.failed_units() == []
    assert host.is_active("dbus.service")


def test_a_host_keeps_its_disk_over_reboot_poweroff_and_crash(host):
    host.write("/root/kept", "before")
    boot = host.read("/proc/sys/kernel/random/boot_id")
    host.reboot()
    assert host.read("/root/kept") == "before"
    assert host.read("/proc/sys/kernel/random/boot_id") != boot
    host.poweroff()
    assert not host.is_on
    host.boot()
    host.crash()
    host.boot()
    assert host.read("/root/kept") == "before"


DIES = """
import os, signal
from world.scene import Scene
from world.session import Session
session = Session()
Scene(session).host()
print(session.name, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_left_behind_is_swept_by_the_next(session):
    died = subprocess.run([sys.executable, "-c", DIES], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    name = died.stdout.strip()
    assert name in output("ip", "netns", "list") and (SESSIONS / name).exists()
    with waiting_lock(SESSIONS / "lock"):
        sweep_dead_sessions()
    assert name not in output("ip", "netns", "list")
    assert name not in Path("/proc/self/mounts").read_text()
    assert not (SESSIONS / name).exists()


def test_two_hosts_see_each_other_until_a_cable_is_pulled(scene, old_stack):
    other = scene.host("other")
    url = f"http://{old_stack.address}:8080/hello"
    wait_for(lambda: other.get(url)[0] == 200, "the other host reaches the gateway")
    old_stack.line.pull()
    assert other.get(url, within=1)[0] == 0
    old_stack.line.plug_back()
    wait_for(lambda: other.get(url)[0] == 200, "the other host reaches the gateway again")


def test_plain_apt_installs_and_upgrades_the_stack(host, old_and_new):
    old_and_new.subscribe_by_hand(host, *OLD)
    host.packages.get("install", *(f"{c.package}={v}" for c, v in OLD.items()))
    for component, version in OLD.items():
        assert host.installed(component.package) == version
        wait_for(lambda: host.get(component.url)[0] == 200, f"{component.name} answers")
    assert hello(host)[1]["version"] == "v5.8.14"
    before = host.main_pid("tyk-gateway")
    host.packages.get("upgrade")
    for component, version in NEW.items():
        assert host.installed(component.package) == version
    wait_for(lambda: is_healthy(host, GATEWAY), "the gateway's details are filled")
    assert hello(host)[1]["version"] == "v5.8.15"
    assert host.main_pid("tyk-gateway") != before
    assert host.output("readlink", f"/proc/{host.main_pid('tyk-gateway')}/exe") == "/opt/tyk-gateway/tyk"
    assert "Tyk Gateway started (v5.8.15)" in host.journal_text("tyk-gateway.service")


def test_details_of_hello_are_empty_until_the_first_tick(old_stack):
    old_stack.edit_json("/opt/tyk-gateway/tyk.conf", liveness_check={"check_duration": 600 * 10**9})
    old_stack.systemctl("restart", "tyk-gateway")
    code, body = wait_for(lambda: hello(old_stack)[0] and hello(old_stack), "the gateway answers")
    assert (code, body["status"], body["details"]) == (200, "pass", {})
    assert old_stack.get("http://127.0.0.1:8080/ready")[0] == 503


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_stand_in_starts_and_is_healthy(host, packagecloud, name):
    component = COMPONENTS[name]
    packagecloud.offer(component, "5.8.15")
    packagecloud.subscribe_by_hand(host, component)
    host.packages.get("install", component.package)
    wait_for(lambda: host.get(component.url)[0] == 200, f"{name} answers")
    assert host.run("test", "-f", f"{component.folder}/install/inits/systemd/system/{component.unit}")
    assert host.read(component.config_path).startswith("{")
    assert host.failed_units() == []


def test_ports_names_and_tls_come_from_the_configuration(scene, old_stack):
    certificate, key = scene.authority.issue(scene.folder / "gw", "localhost")
    old_stack.bring(certificate, "/etc/tyk.crt")
    old_stack.bring(key, "/etc/tyk.key")
    old_stack.edit_json("/opt/tyk-gateway/tyk.conf", control_api_port=9696, health_check_endpoint_name="alive",
                        http_server_options={"use_ssl": True,
                                             "certificates": [{"cert_file": "/etc/tyk.crt", "key_file": "/etc/tyk.key"}]})
    old_stack.systemctl("restart", "tyk-gateway")
    wait_for(lambda: old_stack.get("https://127.0.0.1:9696/alive")[0] == 200, "the gateway answers where it is told")
    assert old_stack.get("https://127.0.0.1:9696/hello")[0] == 404


@pytest.mark.parametrize("fault, seen", [
    ({"garbage": True}, lambda code, body: code == 200 and "html" in body),
    ({"code": 500}, lambda code, body: code == 500),
    ({"hang": True}, lambda code, body: code == 0),
    ({"redis": "fail"}, lambda code, body: code == 200 and body["status"] == "fail"),
    ({"answers_version": "5.0.0"}, lambda code, body: body["version"] == "v5.0.0"),
    ({"never_healthy": True}, lambda code, body: body["details"] == {}),
])
def test_a_stand_in_fails_as_asked(old_stack, fault, seen):
    wait_for(lambda: is_healthy(old_stack, GATEWAY), "the gateway is healthy")
    ask(old_stack, GATEWAY, **fault)
    assert seen(*hello(old_stack))


def test_a_fault_of_one_version_shows_in_that_version_only(old_stack):
    ask(old_stack, GATEWAY, "5.8.15", crash_at_start=True)
    old_stack.systemctl("restart", "tyk-gateway")
    wait_for(lambda: hello(old_stack)[0] == 200, "the old version runs")
    old_stack.packages.get("install", "tyk-gateway=5.8.15")
    wait_for(lambda: old_stack.failed_units() == ["tyk-gateway.service"], "the new version crashes until systemd gives up")


def test_gateways_before_3_0_answer_in_plain_text(host, packagecloud):
    packagecloud.offer(GATEWAY, "2.9.4.2")
    packagecloud.subscribe_by_hand(host, GATEWAY)
    host.packages.get("install", "tyk-gateway")
    wait_for(lambda: hello(host) == (200, "Hello Tiki"), "the gateway says hello")


def test_only_the_configuration_file_survives_an_upgrade(old_stack):
    for name in ("tyk.conf", "policies/policies.json"):
        old_stack.edit_json(f"/opt/tyk-gateway/{name}", mine=True)
    old_stack.packages.get("install", "tyk-gateway=5.8.15")
    assert "mine" in old_stack.read("/opt/tyk-gateway/tyk.conf")
    assert "mine" not in old_stack.read("/opt/tyk-gateway/policies/policies.json")


def test_a_configuration_file_changed_by_both_leaves_plain_dpkg_half_configured(old_stack, packagecloud):
    packagecloud.offer(GATEWAY, "5.8.16", ships={"new_default": 1})
    old_stack.edit_json("/opt/tyk-gateway/tyk.conf", mine=True)
    old_stack.run("apt-get", "update")
    result = old_stack.run("apt-get", "--yes", "install", "tyk-gateway=5.8.16", check=False)
    assert result.returncode != 0
    assert old_stack.packages.letters("tyk-gateway") == ("iU", "5.8.16")


def test_a_package_script_is_held_until_it_is_let_go(old_stack):
    held = hold(old_stack, PUMP)
    upgrade = old_stack.start("apt-get", "--yes", "install", "tyk-pump=1.16.0")
    held.wait_until_reached()
    assert old_stack.package_state("tyk-pump") == ("half-way", "1.16.0")
    held.let_go()
    assert upgrade.wait(60) == 0
    assert old_stack.installed("tyk-pump") == "1.16.0"


def test_a_package_of_era_c_takes_its_unit_away_when_it_is_replaced(host, packagecloud):
    packagecloud.offer(GATEWAY, "3.0.6", era="C")
    packagecloud.subscribe_by_hand(host, GATEWAY)
    host.packages.get("install", "tyk-gateway")
    assert host.is_active("tyk-gateway")
    host.run("sh", "-c", "/opt/tyk-gateway/install/postrm.sh upgrade 3.0.7")
    assert not host.exists("/lib/systemd/system/tyk-gateway.service")
    assert not host.is_active("tyk-gateway")


def test_real_debian_packages_come_in_two_builds(host, debian_repository):
    first = {name: debian_repository.version(name) for name in ("redis-server", "nginx")}
    debian_repository.subscribe_by_hand(host)
    host.packages.get("install", *first)
    assert {name: host.installed(name) for name in first} == first
    second = debian_repository.offer_second_builds()
    host.run("apt-get", "update")
    host.packages.get("upgrade")
    assert {name: host.installed(name) for name in first} == {name: second[name] for name in first}
    assert host.output("redis-cli", "ping") == "PONG"
    assert host.get("http://127.0.0.1/")[0] == 200
    assert host.output("apt-cache", "policy").count("o=Debian") == 1


class TestRepositoriesThatAreWrong:
    """Plain apt refuses each of them: the switch is what it says."""

    @pytest.fixture
    def repository(self, old_and_new):
        return old_and_new.repository_of(GATEWAY)

    def refused(self, host, *texts):
        result = host.run("apt-get", "update", "--quiet", "-o", "APT::Update::Error-Mode=any", check=False)
        said = result.stdout + result.stderr
        assert result.returncode != 0 and any(text in said for text in texts), said

    def test_unsigned(self, old_stack, repository):
        repository.unsign()
        self.refused(old_stack, "is not signed", "no longer signed")

    def test_signed_by_a_stranger(self, old_stack, repository, stranger_key):
        repository.sign_with(stranger_key)
        self.refused(old_stack, "NO_PUBKEY")

    def test_expired(self, old_stack, repository):
        repository.expire()
        self.refused(old_stack, "is expired")

    def test_index_of_another_digest(self, old_stack, repository):
        repository.break_index()
        self.refused(old_stack, "Hash Sum mismatch", "File has unexpected size")

    def test_healed(self, old_stack, repository):
        repository.unsign()
        repository.heal()
        old_stack.run("apt-get", "update", "--quiet", "-o", "APT::Update::Error-Mode=any")

    @pytest.mark.parametrize("harm", ["truncate", "break_package"])
    def test_package_file_that_is_not_what_the_index_says(self, old_stack, repository, harm):
        getattr(repository, harm)("tyk-gateway", "5.8.15")
        result = old_stack.run("apt-get", "--yes", "install", "tyk-gateway=5.8.15", check=False)
        assert result.returncode != 0
        assert old_stack.installed("tyk-gateway") == "5.8.14"

    def test_version_taken_out(self, old_stack, repository):
        repository.remove("tyk-gateway", "5.8.15")
        old_stack.run("apt-get", "update")
        assert "5.8.15" not in old_stack.output("apt-cache", "madison", "tyk-gateway")

    def test_version_published_anew_with_other_bytes(self, old_stack, packagecloud, repository):
        before = repository.path_of("tyk-gateway", "5.8.15").read_bytes()
        packagecloud.offer(GATEWAY, "5.8.15", build="again")
        assert repository.path_of("tyk-gateway", "5.8.15").read_bytes() != before
        old_stack.run("apt-get", "update")
        old_stack.packages.get("install", "tyk-gateway=5.8.15")


class TestServersThatAreIll:
    def fetches(self, host, file="dists/bookworm/InRelease"):
        """Empty where the file comes whole, else curl's complaint."""
        url = "https://packagecloud.test/tyk/tyk-gateway/debian/" + file
        result = host.run("curl", "--silent", "--show-error", "--fail", "--max-time", "3", "--output", "/dev/null", url, check=False)
        return "" if result.returncode == 0 else result.stderr

    def test_each_switch_shows_and_heals(self, old_stack, packagecloud):
        web = packagecloud.web
        assert self.fetches(old_stack) == ""
        web.answers(503)
        assert "503" in self.fetches(old_stack)
        web.heal()
        web.slow(1000)
        assert "timed out" in self.fetches(old_stack, "pool/bookworm/main/t/tyk-gateway/tyk-gateway_5.8.15_amd64.deb")
        web.heal()
        web.hangs()
        assert "timed out" in self.fetches(old_stack)
        web.heal()
        web.shows_certificate_for("elsewhere.test")
        assert "does not match" in self.fetches(old_stack) or "no alternative certificate" in self.fetches(old_stack)
        web.shows_certificate_for("packagecloud.test", days=-1)
        assert "expired" in self.fetches(old_stack)
        web.shows_stranger_certificate()
        assert "self-signed" in self.fetches(old_stack)
        web.heal()
        web.stop()
        assert "connect" in self.fetches(old_stack)
        web.start()
        web.forget()
        assert self.fetches(old_stack) == ""
        assert [r["path"] for r in web.requests()] == ["/tyk/tyk-gateway/debian/dists/bookworm/InRelease"]
