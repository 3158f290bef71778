"""packagecloud.io in small: one web server, one signed repository for each slug."""

import copy

from .identity import SigningKey
from .repository import AptRepository
from .standins import standin
from .web import WebServer
from .yum_repository import YumRepository

NAME = "packagecloud.test"
KEYRING_FOLDER = "/etc/apt/keyrings"
RPM_KEY_FOLDER = "/etc/pki/rpm-gpg"
# Where the publisher himself serves the key of his rpm packages, beside packagecloud.
PACKAGE_KEY = "tyk.io.rpm.signing.key.2020"
# What packagecloud and the publisher are called in the world outside: for hosts that go by the built-in addresses.
REAL_NAMES = ("packagecloud.io", "keyserver.tyk.io")

YUM_REPO = """[tyk_{slug}]
name=tyk_{slug}
baseurl={url}
repo_gpgcheck=1
gpgcheck=1
enabled=1
gpgkey={keys}
sslverify=1
sslcacert=/etc/ssl/certs/ca-certificates.crt
metadata_expire=300
"""


class Packagecloud:
    """BASE is https://packagecloud.test/tyk; a repository is made when it is first named. What it offers is of one format,
    "apt" or "rpm"."""

    base_url = f"https://{NAME}/tyk"
    package_key_url = f"https://{NAME}/{PACKAGE_KEY}"

    def __init__(self, root, folder, network, authority, format="apt"):
        self.format = format
        self.key = SigningKey("packagecloud")
        self.package_key = SigningKey("packages")
        self._folder = folder / "www"
        self._folder.mkdir()
        (self._folder / PACKAGE_KEY).write_text(self.package_key.armored)
        self.web = WebServer(root.nginx, folder / "nginx", self._folder, network, authority, NAME, *REAL_NAMES)
        self._repositories = {}

    def beside(self, format):
        """What the same server, under the same keys, offers to hosts of another format."""
        other = copy.copy(self)
        other.format, other._repositories = format, {}
        return other

    def repository(self, slug):
        """The repository of a slug such as tyk-gateway."""
        if slug not in self._repositories:
            self._repositories[slug] = self._make(slug)
        return self._repositories[slug]

    def _make(self, slug):
        folder = self._folder / "tyk" / slug
        if self.format == "rpm":
            return YumRepository(folder, self.key)
        return AptRepository(folder, self.key, f"packagecloud.io/tyk/{slug}", slug)

    def repository_of(self, component):
        return self.repository(component.repository)

    def offer(self, component, version, **how):
        """Publishes the stand-in of a component; `how` is passed on to `standin`. Returns the package."""
        package = standin(component, version, format=self.format, **how)
        self.repository_of(component).add(package)
        return package

    def url_of(self, slug):
        """The folder that a source entry names."""
        return f"{self.base_url}/{slug}/" + ("el/9/x86_64" if self.format == "rpm" else "debian/")

    def source_name(self, slug):
        """How tykup names the source of a repository that it has subscribed."""
        return self.url_of(slug) + (f" tykup-{slug}" if self.format == "rpm" else " bookworm")

    @property
    def index_folder(self):
        """Below which a repository's index lies, as a path in its URL."""
        return "el/9/x86_64/repodata" if self.format == "rpm" else "debian/dists"

    def packages_of(self, slug):
        """Its packages, as a place that a switch of the web server takes."""
        return rf"~ ^/tyk/{slug}/.*\.rpm$" if self.format == "rpm" else f"/tyk/{slug}/debian/pool"

    def source_list(self, slug, options="signed-by=" + KEYRING_FOLDER + "/tyk_{slug}-archive-keyring.asc"):
        """The one-line source that packagecloud's own script writes for apt."""
        words = options.format(slug=slug)
        return f"deb {f'[{words}] ' if words else ''}{self.url_of(slug)} bookworm main\n"

    def yum_repo(self, slug, **changes):
        """The .repo file that packagecloud's own script writes, its keys as local files; `changes` are lines of it."""
        keys = f"file://{RPM_KEY_FOLDER}/tyk_{slug}.asc\n       file://{RPM_KEY_FOLDER}/tyk.io.rpm.signing.key.2020"
        text = YUM_REPO.format(slug=slug, url=self.url_of(slug), keys=keys)
        for name, value in changes.items():
            text = "".join(f"{name}={value}\n" if line.startswith(f"{name}=") else line for line in text.splitlines(True))
        return text

    def entry_file(self, slug):
        """Where packagecloud's own script writes the entry."""
        return f"/etc/yum.repos.d/tyk_{slug}.repo" if self.format == "rpm" else f"/etc/apt/sources.list.d/tyk_{slug}.list"

    def keyless_entry(self, slug):
        """An entry that names no key, so that nothing is checked by one of the publisher's."""
        return self.yum_repo(slug, gpgcheck=0, repo_gpgcheck=0) if self.format == "rpm" else self.source_list(slug, "")

    def subscribe_by_hand(self, host, *components, options=None):
        """Makes a host's plain package manager know repositories as packagecloud's script would, and fetch their indexes."""
        self.write_entries(host, *components, options=options)
        host.packages.refresh()

    def write_entries(self, host, *components, options=None):
        """A key file and a source entry for each."""
        for component in components:
            slug = component.repository
            self.repository(slug)
            if self.format == "rpm":
                self._write_repo(host, slug)
            else:
                self._write_list(host, slug, options)

    def _write_list(self, host, slug, options):
        host.write(f"{KEYRING_FOLDER}/tyk_{slug}-archive-keyring.asc", self.key.armored)
        text = self.source_list(slug) if options is None else self.source_list(slug, options)
        host.write(self.entry_file(slug), text)

    def _write_repo(self, host, slug):
        host.write(f"{RPM_KEY_FOLDER}/tyk_{slug}.asc", self.key.armored)
        host.write(f"{RPM_KEY_FOLDER}/tyk.io.rpm.signing.key.2020", self.package_key.armored)
        host.write(self.entry_file(slug), self.yum_repo(slug))
