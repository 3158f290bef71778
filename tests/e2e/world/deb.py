"""Debian packages made with dpkg-deb, and second builds of real ones."""

import hashlib
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from .process import output, run


@dataclass(frozen=True)
class Deb:
    """A package file."""

    path: Path

    @property
    def control(self):
        """The fields of its control file, as text."""
        return output("dpkg-deb", "--field", self.path)

    @property
    def name(self):
        return output("dpkg-deb", "--field", self.path, "Package")

    @property
    def version(self):
        return output("dpkg-deb", "--field", self.path, "Version")

    @property
    def sha256(self):
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


@dataclass
class Recipe:
    """What goes into a package: fields of control, files by path with their text and mode, symbolic links, conffiles,
    maintainer scripts by name."""

    fields: dict
    files: dict = field(default_factory=dict)
    links: dict = field(default_factory=dict)
    conffiles: list = field(default_factory=list)
    scripts: dict = field(default_factory=dict)

    def add(self, path, content, mode=0o644):
        self.files[path] = (content if isinstance(content, bytes) else content.encode(), mode)

    def build(self, target):
        """Writes the .deb; the same recipe gives the same bytes."""
        tree = target.with_suffix(".tree")
        shutil.rmtree(tree, ignore_errors=True)
        for path, (content, mode) in self.files.items():
            place(tree / path.lstrip("/"), content, mode)
        for path, aim in self.links.items():
            (tree / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            (tree / path.lstrip("/")).symlink_to(aim)
        control = "".join(f"{name}: {value}\n" for name, value in self.fields.items())
        place(tree / "DEBIAN/control", control.encode(), 0o644)
        place(tree / "DEBIAN/md5sums", self._md5sums().encode(), 0o644)
        if self.conffiles:
            place(tree / "DEBIAN/conffiles", "".join(f"{c}\n" for c in self.conffiles).encode(), 0o644)
        for name, text in self.scripts.items():
            place(tree / "DEBIAN" / name, text.encode(), 0o755)
        pack(tree, target)
        shutil.rmtree(tree)
        return Deb(target)

    def _md5sums(self):
        return "".join(f"{hashlib.md5(content).hexdigest()}  {path.lstrip('/')}\n"
                       for path, (content, _) in sorted(self.files.items()) if path not in self.conffiles)


def place(path, content, mode):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def pack(tree, target):
    for folder, _, _ in os.walk(tree):
        os.chmod(folder, 0o755)
    making = target.with_suffix(".making")
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, making, env={"SOURCE_DATE_EPOCH": "1700000000"})
    making.rename(target)


def rebuilt(deb, folder, version, change=lambda tree: None):
    """A second build of a real package under another version, everything else as it is; `change` may edit the
    unpacked tree. Relations to the same source's own version follow it."""
    tree = folder / f"{deb.name}-{version}".replace(":", "%3a")
    shutil.rmtree(tree, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    run("dpkg-deb", "--raw-extract", deb.path, tree)
    control = tree / "DEBIAN/control"
    control.write_text(control.read_text().replace(deb.version, version))
    change(tree)
    target = tree.with_name(tree.name + ".deb")
    pack(tree, target)
    shutil.rmtree(tree)
    return Deb(target)
