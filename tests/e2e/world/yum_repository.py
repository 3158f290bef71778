"""Signed yum repositories laid out as packagecloud's, and the ways in which they can be wrong."""

import shutil
from datetime import datetime, timezone
from pathlib import Path

from .process import run


class YumRepository:
    """BASE/el/9/x86_64/{*.rpm,repodata} of one packagecloud repository. Its metadata is signed by `key`; packages bear
    signatures of their own. Every change publishes at once and whole: a client sees the old state or the new one. All
    switches stay as set until `heal`."""

    def __init__(self, folder, key, release="el/9"):
        self._folder = Path(folder)
        self._release = release
        self._own_key = key
        self._files = {}
        self._published = 0
        self.packages.mkdir(parents=True)
        (self._folder / "gpgkey").write_text(key.armored)
        self.heal()

    @property
    def packages(self):
        """The folder that clients are pointed to."""
        return self._folder / self._release / "x86_64"

    # --- what it offers ---

    def add(self, *rpms):
        """Offers packages; the same name and version again replaces what was there (a build published anew)."""
        for rpm in rpms:
            place = self._place(rpm.name, rpm.version)
            shutil.copyfile(rpm.path, place.with_suffix(".new"))
            place.with_suffix(".new").rename(place)
            self._files[rpm.name, rpm.version] = place
        self.publish()

    def remove(self, name, version):
        """Takes a version out, index and file."""
        self.path_of(name, version).unlink()
        del self._files[name, full(version)]
        self.publish()

    def path_of(self, name, version):
        """The package file as it is served."""
        return self._files[name, full(version)]

    def _place(self, name, version):
        return self.packages / f"{name}-{version}.x86_64.rpm"

    # --- the ways to be wrong ---

    def heal(self):
        """Signed by its own key, of today, every digest right."""
        self.key = self._own_key
        self.date = None
        self.lies_about_index = False
        self.publish()

    def unsign(self):
        self.key = None
        self.publish()

    def sign_with(self, key):
        """Signs with another key from now on; /gpgkey stays what it was."""
        self.key = key
        self.publish()

    def serve_key(self, key):
        """Another key is offered for download."""
        (self._folder / "gpgkey").write_text(key.armored)

    def go_back_to(self, date):
        """Old metadata is served again: its revision and its times lie in the past."""
        self.date = date
        self.publish()

    def break_index(self):
        """The list of packages is another file than the signed repomd.xml says."""
        self.lies_about_index = True
        self.publish()

    def break_package(self, name, version):
        """The package's file has the right size and the wrong bytes; the index stays."""
        place = self.path_of(name, version)
        content = bytearray(place.read_bytes())
        content[len(content) // 2] ^= 0xFF
        place.write_bytes(bytes(content))

    def truncate(self, name, version):
        """Half of the package's file is there; the index stays."""
        place = self.path_of(name, version)
        place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])

    def spoil_at_the_source(self, name, version):
        """The publisher's own file is cut off, and the metadata is true of what is left of it."""
        self.truncate(name, version)
        self.publish()

    # --- publishing ---

    def publish(self):
        self._published += 1
        making = self._folder / f"making.{self._published}"
        making.mkdir()
        date = self.date or datetime.now(timezone.utc)
        # Where it lies, the list must be new to a client that has the true one, or it would not fetch anything.
        lie = ["--location-prefix", f"./{'./' * self._published}"] if self.lies_about_index else []
        (making / "list").write_text("".join(f"{place.name}\n" for place in self._files.values()))
        run("createrepo_c", "--quiet", "--no-database", "--outputdir", making, "--pkglist", making / "list", "--revision",
            int(date.timestamp()), "--set-timestamp-to-revision", *lie, self.packages)
        if self.lies_about_index:
            spoil(next((making / "repodata").glob("*-primary.xml.gz")))
        if self.key:
            self.key.sign_metadata(making / "repodata/repomd.xml")
        self._swap(making)

    def _swap(self, making):
        link = self.packages / "repodata"
        fresh = self.packages / f"repodata.{self._published}"
        (making / "repodata").rename(fresh)
        shutil.rmtree(making)
        before = link.resolve() if link.is_symlink() else None
        beside = link.with_name("repodata.link")
        beside.symlink_to(fresh.name)
        beside.replace(link)
        if before:
            shutil.rmtree(before)


def full(version):
    """With the release that all our packages bear."""
    return version if "-" in version else f"{version}-1"


def spoil(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(bytes(content))
