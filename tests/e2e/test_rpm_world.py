"""The rpm world of the tests itself: plain dnf and rpm do in it what they do to Tyk's hosts."""

from datetime import datetime, timedelta, timezone

import pytest

from world.faults import hold
from world.process import run
from world.standins import GATEWAY, PUMP, standin
from world.stack import NEW, OLD, hello, is_healthy
from world.waiting import wait_for

pytestmark = pytest.mark.formats("rpm")
UNIT_FILE = "/lib/systemd/system/tyk-gateway.service"


def test_a_host_boots_as_one_of_el_9(host):
    assert host.failed_units() == []
    assert 'ID="rocky"' in host.read("/etc/os-release")
    assert host.output("rpm", "--query", "--all") == "test-base-9.4-1.noarch"
    assert host.packages.complaints() == ""


def test_plain_dnf_installs_the_stack_and_an_upgrade_leaves_it_stopped_for_good(old_stack):
    for component, version in OLD.items():
        assert old_stack.installed(component.package) == version
        wait_for(lambda: is_healthy(old_stack, component, version), f"{component.name} is healthy")
    old_stack.packages.get("upgrade")
    for component, version in NEW.items():
        assert old_stack.installed(component.package) == version
        assert [change for _, *change in old_stack.packages.changes(component.package)] == [["upgrade", OLD[component], version]]
        assert not old_stack.is_active(component.unit)
        assert old_stack.output("systemctl", "is-enabled", component.unit) == "enabled"
    assert hello(old_stack)[0] == 0


@pytest.mark.parametrize("word", ["reinstall", "downgrade"])
def test_plain_dnf_stops_the_service_at_a_reinstall_and_at_a_downgrade_too(old_stack, packagecloud, word):
    packagecloud.offer(GATEWAY, "5.8.13")
    old_stack.packages.refresh()
    old_stack.packages.get(word, "tyk-gateway")
    assert not old_stack.is_active(GATEWAY.unit)
    assert old_stack.installed("tyk-gateway") == ("5.8.13" if word == "downgrade" else "5.8.14")


@pytest.mark.parametrize("era, before, after, running, there", [
    ("A", "2.4.2", "2.9.4.2", True, False),
    ("B", "2.5.4", "2.9.4.2", True, True),
    ("C", "3.0.6", "3.0.7", False, True),
])
def test_an_upgrade_from_an_older_era_does_to_the_unit_what_it_did(host, packagecloud, era, before, after, running, there):
    packagecloud.offer(GATEWAY, before, era=era)
    packagecloud.offer(GATEWAY, after, era="D" if era == "C" else "B")
    packagecloud.subscribe_by_hand(host, GATEWAY)
    host.packages.install({"tyk-gateway": before})
    assert host.is_active(GATEWAY.unit) and host.exists(UNIT_FILE)
    host.packages.get("upgrade")
    assert host.installed("tyk-gateway") == after
    assert (host.is_active(GATEWAY.unit), host.exists(UNIT_FILE)) == (running, there)


def test_a_configuration_file_changed_by_both_leaves_the_new_one_beside(old_stack, packagecloud):
    packagecloud.offer(GATEWAY, "5.8.16", ships={"new_default": 1})
    old_stack.edit_json(GATEWAY.config_path, mine=True)
    old_stack.packages.refresh()
    old_stack.packages.install({"tyk-gateway": "5.8.16"})
    assert "mine" in old_stack.read(GATEWAY.config_path)
    assert "new_default" in old_stack.read(GATEWAY.config_path + ".rpmnew")


def test_a_script_that_is_held_leaves_both_versions_in_the_database(old_stack):
    held = hold(old_stack, PUMP)
    upgrade = old_stack.start("dnf", "--assumeyes", "install", "tyk-pump-1.16.0")
    held.wait_until_reached()
    assert old_stack.package_state("tyk-pump") == ("half-way", "1.16.0")
    held.let_go()
    assert upgrade.wait(60) == 0
    assert old_stack.installed("tyk-pump") == "1.16.0"


def test_versionlock_is_what_plain_dnf_respects(old_stack):
    old_stack.packages.hold("tyk-gateway")
    assert "tyk-gateway" in old_stack.packages.marks()["held"]
    old_stack.packages.get("upgrade")
    assert old_stack.installed("tyk-gateway") == OLD[GATEWAY]
    assert old_stack.installed("tyk-pump") == NEW[PUMP]


class TestRepositoriesThatAreWrong:
    """Plain dnf refuses each of them: the switch is what it says."""

    @pytest.fixture
    def repository(self, old_and_new):
        return old_and_new.repository_of(GATEWAY)

    def refused(self, host, *texts):
        result = host.run("dnf", "--assumeyes", "--refresh", "makecache", check=False, within=300)
        said = result.stdout + result.stderr
        assert result.returncode != 0 and any(text in said for text in texts), said

    def test_unsigned(self, old_stack, repository):
        repository.unsign()
        self.refused(old_stack, "repomd.xml.asc")

    def test_signed_by_a_stranger(self, old_stack, repository, stranger_key):
        repository.sign_with(stranger_key)
        self.refused(old_stack, "signature", "key")

    def test_index_of_another_digest(self, old_stack, repository):
        repository.break_index()
        self.refused(old_stack, "checksum")

    def test_healed(self, old_stack, repository):
        repository.unsign()
        repository.heal()
        old_stack.packages.get("--refresh", "makecache")

    @pytest.mark.parametrize("harm", ["truncate", "break_package"])
    def test_package_file_that_is_not_what_the_index_says(self, old_stack, repository, harm):
        getattr(repository, harm)("tyk-gateway", "5.8.15")
        assert old_stack.packages.get("install", "tyk-gateway-5.8.15", check=False).returncode != 0
        assert old_stack.installed("tyk-gateway") == "5.8.14"

    def test_version_taken_out(self, old_stack, repository):
        repository.remove("tyk-gateway", "5.8.15")
        old_stack.packages.get("--refresh", "makecache")
        assert "5.8.15" not in old_stack.packages.offered("tyk-gateway")

    @pytest.mark.parametrize("signer", [None, "stranger"])
    def test_package_that_its_publisher_did_not_sign(self, old_stack, packagecloud, signer):
        packagecloud.offer(GATEWAY, "5.8.16", signer=signer)
        old_stack.packages.get("--refresh", "makecache")
        assert old_stack.packages.get("install", "tyk-gateway-5.8.16", check=False).returncode != 0
        assert old_stack.installed("tyk-gateway") == "5.8.14"

    def test_metadata_of_last_year_is_told_by_its_revision(self, scene, old_and_new, repository):
        repository.go_back_to(datetime.now(timezone.utc) - timedelta(days=365))
        text = (repository.packages / "repodata/repomd.xml").read_text()
        revision = int(text.partition("<revision>")[2].partition("<")[0])
        assert revision < (datetime.now(timezone.utc) - timedelta(days=364)).timestamp()


def test_a_forged_package_has_the_size_of_the_genuine_one():
    """Packages are stored, not packed, so that a forgery of one size can be made at once."""
    one, other = (standin(GATEWAY, "5.8.15", format="rpm", build=f"f{n}", signer=None) for n in (1, 2))
    assert one.sha256 != other.sha256 and one.path.stat().st_size == other.path.stat().st_size


def test_a_package_is_signed_by_the_publishers_key():
    package = standin(GATEWAY, "5.8.15", format="rpm")
    assert "RSA/SHA512" in run("rpm", "--query", "--info", "--nosignature", "--package", package.path).stdout
