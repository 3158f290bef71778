"""A small mirror of Debian with real packages in it, and their second builds under higher versions."""

from .deb import Deb, rebuilt
from .identity import SigningKey
from .packagecloud import NAME
from .repository import AptRepository
from .root import KEPT_ASIDE

URL = f"https://{NAME}/mirror/debian/"
KEYRING = "/etc/apt/keyrings/mirror.asc"
ENTRY = "/etc/apt/sources.list.d/mirror.sources"


class DebianRepository:
    """Publisher "Debian", suite bookworm: the packages of KEPT_ASIDE and what they need, as Debian built them."""

    def __init__(self, scene):
        self.key = SigningKey("mirror")
        self._folder = scene.folder
        self.repository = AptRepository(scene.folder / "www/mirror", self.key, "Debian", "Debian")
        self._debs = {deb.name: deb for deb in map(Deb, sorted(scene.root.debs.glob("*.deb")))}
        self.repository.add(*self._debs.values())

    def version(self, name):
        """The first version of a package, as Debian built it."""
        return self._debs[name].version

    def offer_second_builds(self, *names, change=lambda tree: None):
        """Publishes second builds of the named packages (all of KEPT_ASIDE where none is named) beside the first;
        `change` may edit each unpacked tree. Returns the new versions by name."""
        built = {}
        for name in names or KEPT_ASIDE:
            deb = self._debs[name]
            built[name] = rebuilt(deb, self._folder / "rebuilt", deb.version + "+second1", change)
        self.repository.add(*built.values())
        return {name: deb.version for name, deb in built.items()}

    def subscribe_by_hand(self, host):
        """Makes a host's plain apt know the mirror."""
        host.write(KEYRING, self.key.armored)
        host.write(ENTRY, f"Types: deb\nURIs: {URL}\nSuites: bookworm\nComponents: main\nSigned-By: {KEYRING}\n")
        host.run("apt-get", "update", "--quiet")

    def forget_on(self, host):
        """No trace of it stays on a host but what was installed."""
        host.remove(ENTRY, KEYRING)
