"""Signed apt repositories laid out as packagecloud's, and the ways in which they can be wrong."""

import gzip
import hashlib
import os
import shutil
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

_last_moment = 0


def next_moment():
    """Now, in whole seconds, and never the same twice."""
    global _last_moment
    _last_moment = max(int(time.time()), _last_moment + 1)
    return _last_moment


class AptRepository:
    """BASE/debian/{dists,pool} of one packagecloud repository. Every change publishes at once and whole: a client sees
    the old state or the new one. All switches stay as set until `heal`."""

    def __init__(self, folder, key, origin, label, codename="bookworm"):
        self._folder = Path(folder)
        self._codename = codename
        self._origin = origin
        self._label = label
        self._own_key = key
        self._debs = {}
        self._published = 0
        (self._folder / "debian/pool").mkdir(parents=True)
        (self._folder / "gpgkey").write_text(key.armored)
        self.heal()

    # --- what it offers ---

    def add(self, *debs):
        """Offers packages; the same name and version again replaces what was there (a build published anew)."""
        for deb in debs:
            place = self._place(deb.name, deb.version)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(deb.path, place.with_suffix(".new"))
            place.with_suffix(".new").rename(place)
            self._debs[deb.name, deb.version] = self._entry(deb, place)
        self.publish()

    def remove(self, name, version):
        """Takes a version out, index and file."""
        del self._debs[name, version]
        self._place(name, version).unlink()
        self.publish()

    def path_of(self, name, version):
        """The package file as it is served."""
        return self._place(name, version)

    def _place(self, name, version):
        pool = self._folder / "debian/pool" / self._codename / "main" / name[0] / name
        return pool / f"{name}_{version.split(':')[-1]}_amd64.deb"

    def _entry(self, deb, place):
        content = place.read_bytes()
        digests = {"Size": len(content), "MD5sum": hashlib.md5(content).hexdigest(),
                   "SHA1": hashlib.sha1(content).hexdigest(), "SHA256": hashlib.sha256(content).hexdigest()}
        filename = place.relative_to(self._folder / "debian")
        return deb.control + f"\nFilename: {filename}\n" + "".join(f"{k}: {v}\n" for k, v in digests.items())

    # --- the ways to be wrong ---

    def heal(self):
        """Signed by its own key, valid, every digest right."""
        self.key = self._own_key
        self.valid_until = None
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

    def expire(self, ago=timedelta(hours=1)):
        """The metadata's Valid-Until has passed."""
        self.date = now() - ago - timedelta(days=7)
        self.valid_until = now() - ago
        self.publish()

    def go_back_to(self, date):
        """Old metadata is served again: its Date lies in the past."""
        self.date = date
        self.publish()

    def break_index(self):
        """Packages is another file than the signed Release says."""
        self.lies_about_index = True
        self.publish()

    def break_package(self, name, version):
        """The package's file has the right size and the wrong bytes; the index stays."""
        place = self._place(name, version)
        content = bytearray(place.read_bytes())
        content[len(content) // 2] ^= 0xFF
        place.write_bytes(bytes(content))

    def truncate(self, name, version):
        """Half of the package's file is there; the index stays."""
        place = self._place(name, version)
        place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])

    def spoil_at_the_source(self, name, version):
        """The publisher's own file is cut off, and index and signature are true of what is left of it."""
        self.truncate(name, version)
        content = self._place(name, version).read_bytes()
        right = {"Size": len(content), "MD5sum": hashlib.md5(content).hexdigest(), "SHA1": hashlib.sha1(content).hexdigest(),
                 "SHA256": hashlib.sha256(content).hexdigest()}
        lines = [line for line in self._debs[name, version].splitlines() if line.partition(":")[0] not in right]
        self._debs[name, version] = "\n".join(lines + [f"{k}: {v}" for k, v in right.items()]) + "\n"
        self.publish()

    # --- publishing ---

    def publish(self):
        self._published += 1
        fresh = self._folder / "debian" / f"dists.{self._published}"
        suite = fresh / self._codename
        (suite / "main/binary-amd64").mkdir(parents=True)
        packages = "\n".join(self._debs.values()).encode()
        for name, content in indices_of(packages).items():
            (suite / name).write_bytes(content)
        # A lie must be new to a client that has the true index already, or it would not fetch anything.
        promised = packages + b"\nPackage: other\nVersion: 1\nArchitecture: amd64\n" if self.lies_about_index else packages
        (suite / "Release").write_text(self._release(indices_of(promised)))
        if self.key:
            self.key.sign_release(suite / "Release")
        self._date_apart(fresh)
        self._swap(fresh)

    def _date_apart(self, fresh):
        """HTTP dates have whole seconds: two publications within one must not look the same to a client that asks for
        what has changed."""
        moment = next_moment()
        for file in fresh.rglob("*"):
            os.utime(file, (moment, moment))

    def _release(self, indices):
        date = self.date or now()
        head = {"Origin": self._origin, "Label": self._label, "Suite": self._codename, "Codename": self._codename, "Version": "1",
                "Date": as_http(date), "Architectures": "amd64", "Components": "main", "Description": f"Repository of {self._label}"}
        if self.valid_until:
            head["Valid-Until"] = as_http(self.valid_until)
        lines = [f"{name}: {value}" for name, value in head.items()]
        for title, digest in (("MD5Sum", hashlib.md5), ("SHA1", hashlib.sha1), ("SHA256", hashlib.sha256)):
            lines.append(f"{title}:")
            lines += [f" {digest(content).hexdigest()} {len(content)} {name}" for name, content in indices.items()]
        return "\n".join(lines) + "\n"

    def _swap(self, fresh):
        link = self._folder / "debian/dists"
        before = link.resolve() if link.is_symlink() else None
        beside = link.with_name("dists.link")
        beside.symlink_to(fresh.name)
        beside.replace(link)
        if before:
            shutil.rmtree(before)


def indices_of(packages):
    """The index files below a suite, by name."""
    return {"main/binary-amd64/Packages": packages, "main/binary-amd64/Packages.gz": gzip.compress(packages, mtime=0)}


def now():
    return datetime.now(timezone.utc)


def as_http(when):
    return format_datetime(when, usegmt=True).replace("GMT", "UTC")
