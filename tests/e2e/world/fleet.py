"""A fleet: hosts of several data centres, each with the components that it carries, a tykup on each, and one etcd."""

import json
from dataclasses import dataclass, field

import schemas

from .etcd import NAME, Etcd
from .scene import prepared_layer
from .stack import digest_of, install_on
from .standins import DASHBOARD, GATEWAY, MDCB, PUMP
from .tykup import Tykup, config, package_file
from .waiting import wait_for

FROM = {MDCB: "2.8.0", DASHBOARD: "5.8.14", GATEWAY: "5.8.14", PUMP: "1.15.0"}
TO = {MDCB: "2.8.1", DASHBOARD: "5.8.15", GATEWAY: "5.8.15", PUMP: "1.16.0"}
CLUSTER = "prod"


@dataclass
class Centre:
    """One data centre of the policy."""

    name: str
    topology: str = "self-managed"
    rank: int = 0

    def table(self):
        return f'[[datacenter]]\nname = "{self.name}"\nrank = {self.rank}\ntopology = "{self.topology}"\n'


def policy(*centres, **settings):
    """The text of a policy file: rolling, one host at a time, unless the settings say otherwise."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in {"strategy": "rolling", "max_unavailable": 1, **settings}.items()]
    return "\n".join([*lines, "", *(centre.table() for centre in centres)])


@dataclass
class Member:
    """One host of the fleet and its operator."""

    name: str
    tykup: Tykup
    components: tuple
    extra: dict = field(default_factory=dict)

    @property
    def host(self):
        return self.tykup.host

    def versions(self):
        return {component: self.host.installed(component.package) for component in self.components}

    def is_new(self):
        return self.versions() == {component: TO[component] for component in self.components}


class Fleet:
    """Hosts are added one by one; they know etcd by name and are on the old versions, subscribed, with tykup at work."""

    def __init__(self, scene, tls=False, **of_etcd):
        self.scene = scene
        self.etcd = Etcd(scene.folder / "etcd", scene.network, scene.authority if tls else None, **of_etcd)
        self.members = {}
        self._offered = [*FROM.items()]
        self._clouds = {}
        self._cloud(scene.format)

    def _cloud(self, format):
        """What hosts of that format are offered: the same versions as all others."""
        if format not in self._clouds:
            self._clouds[format] = self.scene.packagecloud_of(format)
            for component, version in self._offered:
                self._clouds[format].offer(component, version)
        return self._clouds[format]

    def offer(self, component, version):
        self._offered.append((component, version))
        for cloud in self._clouds.values():
            cloud.offer(component, version)

    def offer_new(self):
        for component, version in TO.items():
            self.offer(component, version)

    def member(self, name, *components, centre, topology="self-managed", group="", format=None, start=True, fleet_lines="", **options):
        """A host that carries these components in that data centre; of the scene's format, unless another one is said."""
        format = format or self.scene.format
        host = self.scene.host(name, old_layer(self.scene.session, format, components), format=format)
        host.knows(NAME, self.etcd.address)
        tykup = Tykup(host)
        self._cloud(format).subscribe_by_hand(host, *components)
        lines = f'[fleet]\nendpoints = ["{self.etcd.url}"]\ncluster = "{CLUSTER}"\ndatacenter = "{centre}"\n' + (f'group = "{group}"\n' if group else "")
        tykup.configure(config(topology, lines + fleet_lines, components=components, **options))
        self.members[name] = Member(name, tykup, components)
        if start:
            tykup.start()
        return self.members[name]

    @property
    def first(self):
        """The host that its operator happens to sit at."""
        return next(iter(self.members.values())).tykup

    def make(self, policy_text):
        """The fleet is made, with that policy; returns when every host has said what it carries."""
        self.first.host.write("/root/policy.toml", policy_text)
        self.first.run("fleet", "init", "/root/policy.toml")
        wait_for(lambda: self.hosts() >= set(self.members), lambda: f"every host is registered\n{self.text()}\n{self.tails()}", within=120)

    def hosts(self):
        """Those that the fleet knows."""
        return {step["host"] for centre in self.status().get("datacenters", ()) for stage in centre["stages"] for step in stage["steps"]}

    def start(self, *words):
        return self.first.run("fleet", "start", "--yes", *words)

    def status(self):
        result = self.first.run("fleet", "status", "--json", check=False)
        return schemas.check(json.loads(result.stdout), "fleet") if result.stdout.startswith("{") else {}

    def text(self):
        return self.first.run("fleet", "status", check=False).stdout

    def step(self, host, component):
        """What the fleet says of one step; nothing while it says nothing of it."""
        every = ((stage, step) for centre in self.status().get("datacenters", ()) for stage in centre["stages"] for step in stage["steps"])
        return next((step for stage, step in every if (stage["component"], step["host"]) == (component.name, host)), {})

    def wait_for_step(self, host, component, *states, within=300):
        """The step is "in_work", "failed", "absent", …; returns it."""

        def there():
            step = self.step(host, component)
            return step if step.get("state") in states else None

        return wait_for(there, lambda: f"{component.name} on {host} is {' or '.join(states)}\n{self.text()}\n{self.tails()}", within=within, every=0.5)

    def wait_until(self, state, within=600):
        """The fleet is "done", "stopped", "stalled", …"""

        def there():
            status = self.status()
            return status if status.get("condition") == state else None

        return wait_for(there, lambda: f"the rollout is {state}\n{self.text()}\n{self.tails()}", within=within, every=1)

    def tails(self):
        return "\n".join(f"--- {name}\n{member.tykup.tail()}" for name, member in self.members.items())

    def steps(self):
        """Every step of every host from their journals, in the order of its beginning: (host, component)."""
        found = []
        for name, member in self.members.items():
            for entry in member.host.journal("tykupd.service", this_boot=False):
                if "Step begins: " in str(entry.get("MESSAGE", "")):
                    found.append((int(entry["__REALTIME_TIMESTAMP"]), name, entry["TYKUP_COMPONENT"]))
        return [(name, component) for _, name, component in sorted(found)]

    def close(self):
        self.etcd.close()


def old_layer(session, format, components):
    """The disk of a host with the old versions of these components, tykup installed and nothing configured."""

    def install(scene, host):
        versions = {component: FROM[component] for component in components}
        for component, version in versions.items():
            scene.packagecloud.offer(component, version)
        install_on(host, scene.packagecloud, versions)
        Tykup(host).install()

    names = "-".join(component.name for component in components)
    return prepared_layer(session, format, f"fleet-{names}", [digest_of(package_file(format)), *(FROM[c] for c in components)], install)
