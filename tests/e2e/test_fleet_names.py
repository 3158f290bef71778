"""What would be a fleet of its own by a slip of the pen, or one version with two contents, is refused with its name."""

import pytest

from world.fleet import CLUSTER, FROM, TO, Centre, policy
from world.standins import GATEWAY
from world.tykup import CONFIG
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")


def gateway(fleet, name, centre="edge", **options):
    return fleet.member(name, GATEWAY, centre=centre, topology="oss", **options)


def init(fleet):
    """The fleet is made, whoever of its hosts is there."""
    fleet.first.host.write("/root/policy.toml", policy(Centre("edge", "oss")))
    fleet.first.run("fleet", "init", "/root/policy.toml")


def rename(member, before, after):
    member.tykup.configure(member.host.read(CONFIG).replace(before, after))


def refused(operator, *words):
    """What the command says that is refused, as one line."""
    result = operator.run("fleet", *words, check=False)
    assert result.returncode != 0, result.stdout
    return " ".join((result.stdout + result.stderr).split())


def test_fleet_wrong_cluster_name_is_refused(fleet):
    fleet.offer_new()
    gateway(fleet, "gw-1")
    astray = gateway(fleet, "gw-2", start=False)
    rename(astray, f'cluster = "{CLUSTER}"', 'cluster = "prdo"')
    astray.tykup.start()
    init(fleet)
    wait_for(lambda: fleet.hosts() == {"gw-1"}, lambda: f"gw-1 is registered\n{fleet.text()}\n{fleet.tails()}", within=60)
    assert 'the cluster "prdo" was not made yet, or its name is misspelt in [fleet]' in refused(astray.tykup, "status")
    assert "tykup fleet init" in refused(astray.tykup, "start", "--yes")
    assert not fleet.etcd.keys("/tykup/1/prdo/")
    said = astray.tykup.wait_for_journal("etcd knows no cluster of that name")["MESSAGE"]
    assert "/tykup/1/prdo/meta" in said, said
    assert "tykup fleet init" in said, said
    rename(astray, "prdo", CLUSTER)
    astray.tykup.restart()
    wait_for(lambda: fleet.hosts() == {"gw-1", "gw-2"}, lambda: f"gw-2 is registered\n{fleet.text()}\n{fleet.tails()}", within=60)


def test_fleet_unnamed_datacenter_is_refused(fleet):
    fleet.offer_new()
    gateway(fleet, "gw-1")
    astray = gateway(fleet, "gw-2", centre="egde")
    init(fleet)
    said = astray.tykup.wait_for_journal('"egde"')["MESSAGE"]
    assert "policy" in said, said
    assert astray.versions() == {GATEWAY: FROM[GATEWAY]}
    rename(astray, "egde", "edge")
    astray.tykup.restart()
    wait_for(lambda: fleet.hosts() == {"gw-1", "gw-2"}, lambda: f"gw-2 is registered\n{fleet.text()}\n{fleet.tails()}", within=60)


@pytest.mark.in_full
def test_fleet_other_bytes_same_version_is_refused(fleet):
    """Published anew between the two hosts' looks at the repository."""
    fleet.offer_new()
    first = gateway(fleet, "gw-1")
    wait_for(lambda: TO[GATEWAY] in str(first.tykup.component("gateway")), lambda: f"gw-1 has looked\n{first.tykup.tail()}", within=60)
    fleet.scene.packagecloud.offer(GATEWAY, TO[GATEWAY], build="again")
    gateway(fleet, "gw-2")
    fleet.make(policy(Centre("edge", "oss")))
    wait_for(lambda: fleet.first.run("fleet", "plan", check=False).returncode not in (0, 3), lambda: f"the plan is refused\n{fleet.text()}", within=60)
    text = refused(fleet.first, "start", "--yes")
    assert "gw-1" in text and "gw-2" in text and TO[GATEWAY] in text, text
    assert not [key for key in fleet.etcd.keys() if "/pending/" in key]
    first.tykup.run("check")
    wait_for(lambda: fleet.first.run("fleet", "plan", check=False).returncode == 0, lambda: f"the same bytes everywhere\n{fleet.text()}\n{fleet.tails()}", within=120)
    fleet.start()
    fleet.wait_until("done")
    assert all(member.is_new() for member in fleet.members.values()), fleet.text()


@pytest.mark.in_full
def test_fleet_two_hosts_of_one_name_are_refused(fleet):
    """A copy of a host takes its name along: nothing begins until one of them is called something else."""
    fleet.offer_new()
    gateway(fleet, "gw-1")
    gateway(fleet, "gw-2")
    fleet.make(policy(Centre("edge", "oss")))
    copy = gateway(fleet, "gw-3", fleet_lines='host = "gw-2"\n')
    copy.tykup.wait_for_journal("two hosts call themselves gw-2")
    text = refused(fleet.first, "start", "--yes")
    assert "two hosts call themselves gw-2" in text and "tykup fleet forget gw-2" in text
    rename(copy, 'host = "gw-2"\n', "")
    copy.tykup.restart()
    fleet.first.run("fleet", "forget", "gw-2")
    fleet.members["gw-2"].tykup.restart()
    wait_for(lambda: fleet.hosts() == {"gw-1", "gw-2", "gw-3"}, lambda: f"all three are registered\n{fleet.text()}\n{fleet.tails()}", within=120)
    assert fleet.first.run("fleet", "plan", check=False).returncode == 0, fleet.text()
