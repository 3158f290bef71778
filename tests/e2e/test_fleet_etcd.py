"""The etcd of a fleet: who may speak to it, whom the hosts trust, and what becomes of it when it comes from a backup."""

import time

import pytest

from world.fleet import Centre, Fleet, policy
from world.process import run
from world.standins import GATEWAY
from world.tykup import CONFIG
from world.waiting import wait_for

pytestmark = [pytest.mark.formats(full="rpm"), pytest.mark.in_full]

CA, PASSWORD = "/etc/tykup/etcd-ca.pem", "/etc/tykup/etcd-password"
WITH_USER = f'ca_file = "{CA}"\nuser = "tykup"\npassword_file = "{PASSWORD}"\n'


@pytest.fixture
def secured(scene):
    """An etcd that speaks TLS and answers users only, whom it forgets when they are silent for a second."""
    fleet = Fleet(scene, tls=True, token_ttl=1)
    fleet.etcd.ask_for_users("tykup", "right")
    yield fleet
    fleet.close()


def gateway(fleet, name, **options):
    return fleet.member(name, GATEWAY, centre="edge", topology="oss", **options)


def trusted_gateway(fleet, name, password="right", authority=None):
    """Its files lie where its configuration says; it is not started."""
    member = gateway(fleet, name, start=False, fleet_lines=WITH_USER)
    give_files(fleet, member, password, authority)
    return member


def give_files(fleet, member, password="right", authority=None):
    member.host.write(CA, authority or fleet.scene.authority.certificate.read_text())
    member.host.write(PASSWORD, password + "\n", mode=0o640, owner="root:tykup")


def said_by(member):
    """What its operator reads when he asks for the fleet's state, as one line."""
    result = member.tykup.run("fleet", "status", check=False)
    assert result.returncode != 0, result.stdout
    return " ".join((result.stdout + result.stderr).split())


def wait_until_said(member, *words):
    wait_for(lambda: all(word in said_by(member) for word in words), lambda: f"{words} are said\n{said_by(member)}\n{member.tykup.tail()}", within=60)


def test_fleet_etcd_tls_and_auth(secured, stranger_authority):
    secured.offer_new()
    member = trusted_gateway(secured, "gw-1", password="wrong")
    member.tykup.start()
    wait_until_said(member, "etcd.test:2379", 'the user "tykup" with the password in /etc/tykup/etcd-password is not accepted', "mend the file")
    give_files(secured, member, authority=stranger_authority)
    member.tykup.restart()
    wait_until_said(member, "etcd.test:2379", "its certificate is not trusted")
    give_files(secured, member)
    member.tykup.configure(member.host.read(CONFIG).replace(f'user = "tykup"\npassword_file = "{PASSWORD}"\n', ""))
    member.tykup.restart()
    wait_until_said(member, "it wants a user and a password: set user and password_file")
    member.tykup.configure(member.host.read(CONFIG).replace(f'ca_file = "{CA}"\n', WITH_USER))
    member.tykup.restart()
    secured.make(policy(Centre("edge", "oss")))
    before = secured.etcd.authentications()
    time.sleep(3)
    secured.start()
    secured.wait_until("done", within=150)
    assert member.is_new()
    assert secured.etcd.authentications() > before, "its token had expired"


@pytest.fixture
def stranger_authority(scene):
    """The certificate of an authority that has signed nothing here."""
    certificate, key = scene.folder / "other-ca.crt", scene.folder / "other-ca.key"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=Other",
        "-keyout", key, "-out", certificate)
    return certificate.read_text()


def test_fleet_etcd_restored(fleet):
    fleet.offer_new()
    for name in ("gw-1", "gw-2"):
        gateway(fleet, name)
    fleet.make(policy(Centre("edge", "oss")))
    backup = fleet.etcd.save()
    fleet.start()
    fleet.wait_until("done", within=150)
    fleet.etcd.restore(backup)
    for member in fleet.members.values():
        member.tykup.wait_for_journal("tykup fleet resume --after-restore", within=120)
    fleet.first.run("fleet", "resume", "--after-restore")
    for member in fleet.members.values():
        member.tykup.wait_for_journal("takes part in its fleet again", within=120)
    assert fleet.hosts() == set(fleet.members)
    assert fleet.first.run("fleet", "start", "--yes", check=False).returncode == 5, "everybody is there already"
