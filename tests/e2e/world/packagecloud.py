"""packagecloud.io in small: one web server, one signed repository for each slug."""

from .identity import SigningKey
from .repository import AptRepository
from .standins import standin
from .web import WebServer

NAME = "packagecloud.test"
KEYRING_FOLDER = "/etc/apt/keyrings"


class Packagecloud:
    """BASE is https://packagecloud.test/tyk; a repository is made when it is first named."""

    base_url = f"https://{NAME}/tyk"

    def __init__(self, root, folder, network, authority):
        self.key = SigningKey("packagecloud")
        self._folder = folder / "www"
        self._folder.mkdir(parents=True)
        self.web = WebServer(root.nginx, folder / "nginx", self._folder, network, authority, NAME)
        self._repositories = {}

    def repository(self, slug):
        """The repository of a slug such as tyk-gateway."""
        if slug not in self._repositories:
            self._repositories[slug] = AptRepository(self._folder / "tyk" / slug, self.key, f"packagecloud.io/tyk/{slug}", slug)
        return self._repositories[slug]

    def repository_of(self, component):
        return self.repository(component.repository)

    def offer(self, component, version, **how):
        """Publishes the stand-in of a component; `how` is passed on to `standin`. Returns the package."""
        deb = standin(component, version, **how)
        self.repository_of(component).add(deb)
        return deb

    def url_of(self, slug):
        return f"{self.base_url}/{slug}/debian/"

    def source_list(self, slug, options="signed-by=" + KEYRING_FOLDER + "/tyk_{slug}-archive-keyring.asc"):
        """The one-line source that packagecloud's own script writes."""
        words = options.format(slug=slug)
        return f"deb {f'[{words}] ' if words else ''}{self.url_of(slug)} bookworm main\n"

    def subscribe_by_hand(self, host, *components, options=None):
        """Makes a host's plain apt know repositories as packagecloud's script would: a key file and a .list each."""
        for component in components:
            slug = component.repository
            self.repository(slug)
            host.write(f"{KEYRING_FOLDER}/tyk_{slug}-archive-keyring.asc", self.key.armored)
            text = self.source_list(slug) if options is None else self.source_list(slug, options)
            host.write(f"/etc/apt/sources.list.d/tyk_{slug}.list", text)
        host.run("apt-get", "update", "--quiet")
