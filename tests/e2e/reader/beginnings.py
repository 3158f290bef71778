"""What a page begins from: hosts on which somebody is about to read it. Each is made by the name of a function here."""

import json

from world.faults import ask
from world.stack import NEW, OLD, install_on, offer_old_and_new, old_stack_layer, old_stack_with_tykup_layer, tykup_layer
from world.standins import DASHBOARD, GATEWAY
from world.tykup import Tykup, closed_window, config, package_file
from world.waiting import wait_for

from .person import HOME, Person

BASE_URL = "https://packagecloud.io/tyk"
# The clock of a real host is synchronised; nobody does that for these.
NO_CLOCK = '[policy]\nclock_wait = "0s"\n'
CRON_JOB = "0 2 * * 0 root apt-get update && apt-get -y install tyk-gateway || dnf -y upgrade tyk-gateway\n"
BEFORE, MIGRATES = "5.2.5", "5.3.0"


class Desk:
    """One network with a host on it, and the person who reads."""

    def __init__(self, scene, session):
        self.scene, self.session, self.format = scene, session, scene.format

    def host_on(self, layer):
        """A booted host that finds packagecloud and Tyk under their real names."""
        host = self.scene.host("tyk", layer)
        for name in ("packagecloud.io", "keyserver.tyk.io"):
            host.knows(name, self.scene.packagecloud.web.address)
        host.write("/etc/tykup/tykup.toml.d/00-no-clock.toml", NO_CLOCK, mode=0o644)
        if self.format == "rpm":
            host.remove("/etc/apt")
        return host

    def operator_on(self, layer, **how):
        """The same with tykup configured for a window to come; not started."""
        operator = Tykup(self.host_on(layer))
        operator.configure(config(base_url=BASE_URL, window=closed_window(), **how))
        return operator

    def person_at(self, host):
        cloud = self.scene.packagecloud
        run_of = lambda: wait_for(lambda: told(host, "history", "-n", "1")["runs"], "there is a run")[0]["id"]
        plan_of = lambda: wait_for(lambda: told(host, "plan").get("hash"), "there is a plan")[:12]
        return Person(host, {"RUN": run_of, "PLAN": plan_of, "FINGERPRINT": lambda: cloud.key.fingerprint,
                             "PACKAGE_FINGERPRINT": lambda: cloud.package_key.fingerprint})


def told(host, *words):
    return json.loads(host.output("tykup", *words, "--json"))


def fresh(desk):
    """A host that runs the old stack, with the package of tykup in the reader's folder."""
    offer_old_and_new(desk.scene.packagecloud)
    host = desk.host_on(old_stack_layer(desk.session, desk.format))
    person = desk.person_at(host)
    file = package_file(desk.format)
    host.bring(file, f"{HOME}/{file.name}")
    return person


def waiting(desk):
    """tykup at work, with a plan of three steps and a window that opens in some hours."""
    offer_old_and_new(desk.scene.packagecloud)
    operator = desk.operator_on(old_stack_with_tykup_layer(desk.session, desk.format))
    for component in OLD:
        operator.subscribe_to(desk.scene.packagecloud, component)
    operator.start()
    operator.wait_for_state("waiting")
    return desk.person_at(operator.host)


def upgraded(desk):
    """The same after its first run."""
    person = waiting(desk)
    person.host.run("tykup", "run", "--yes", within=300)
    return person


def gone_back(desk):
    """The same after a run whose new Gateway did not become healthy."""
    person = waiting(desk)
    ask(person.host, GATEWAY, NEW[GATEWAY], never_healthy=True)
    person.host.run("tykup", "run", "--yes", check=False, within=300)
    Tykup(person.host).wait_for_state("stopped")
    return person


def before_a_migration(desk):
    """A host with a Dashboard that the next version migrates."""
    cloud = desk.scene.packagecloud
    for version in (BEFORE, MIGRATES):
        cloud.offer(DASHBOARD, version)
    operator = desk.operator_on(tykup_layer(desk.session, desk.format), components=[DASHBOARD])
    install_on(operator.host, cloud, {DASHBOARD: BEFORE})
    operator.subscribe_to(cloud, DASHBOARD)
    operator.host.systemctl("start", DASHBOARD.unit)
    operator.start()
    operator.wait_for_state("idle")
    return desk.person_at(operator.host)


def looked_after_by_others(desk):
    """A host that packagecloud's script has set up, with a cron job that upgrades it and packages on hold."""
    cloud = desk.scene.packagecloud
    offer_old_and_new(cloud)
    operator = desk.operator_on(old_stack_with_tykup_layer(desk.session, desk.format))
    host = operator.host
    cloud.base_url = BASE_URL
    cloud.subscribe_by_hand(host, *OLD)
    for component in OLD:
        host.packages.hold(component.package)
    host.write("/etc/cron.d/upgrade-tyk", CRON_JOB)
    person = desk.person_at(host)
    person.type("gpg --list-keys", lambda _: None)  # whoever has used gpg before is not greeted
    return person


def with_node_exporter(desk):
    """`waiting`, beside node_exporter."""
    person = waiting(desk)
    person.host.shell("mkdir -p /var/lib/prometheus/node-exporter")
    return person
