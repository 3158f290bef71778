"""The scene of one test: a network, a packagecloud, hosts; and hosts prepared once for many tests."""

import hashlib
import itertools
import os
import shutil
import time
from pathlib import Path

from .disk import Disk
from .host import Host
from .identity import Authority
from .network import Network
from .packagecloud import NAME, Packagecloud
from .process import run
from .root import base_root
from .session import CACHE, waiting_lock
from .standins import sources_digest

KEPT_FOR = 3 * 24 * 3600


class Scene:
    """Everything that one test sees; its hosts are apt's or rpm's, unless said of one. `close` takes it down, whatever state it
    is in."""

    _numbers = itertools.count()

    def __init__(self, session, format="apt"):
        self.session = session
        self.format = format
        self.stem = f"{session.name}-{next(self._numbers)}"
        self.folder = session.folder / self.stem
        self.folder.mkdir()
        self.root = base_root(format)
        self.authority = Authority()
        self.network = Network(self.stem)
        self.packagecloud = Packagecloud(self.root, self.folder, self.network, self.authority, format)
        self._clouds = {format: self.packagecloud}
        self.hosts = []

    def packagecloud_of(self, format):
        """What packagecloud offers to hosts of that format."""
        if format not in self._clouds:
            self._clouds[format] = self.packagecloud.beside(format)
        return self._clouds[format]

    def host(self, name="host", layer=None, boot=True, nspawn_options=(), own_disk=False, format=None):
        """A host that knows packagecloud by name, from the cached root or a prepared layer over it; booted unless told
        otherwise. One with a disk of its own can lose its power."""
        format = format or self.format
        root = base_root(format).folder
        layers = [layer, root] if layer else [root]
        disk = (lambda folder: Disk(self.session.name, f"{self.stem}-{name}", folder)) if own_disk else None
        host = Host(name, layers, self.stem, self.folder, self.network, nspawn_options, format, disk)
        self.hosts.append(host)
        host.knows(NAME, self.packagecloud.web.address)
        return host.boot() if boot else host

    def close(self):
        for host in self.hosts:
            host.close()
        self.packagecloud.web.close()
        self.network.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def prepared_layer(session, format, name, parts, prepare):
    """What `prepare(scene, host)` leaves on the disk of a booted host of this format, made once and kept in the cache under the name, the
    parts it was made from and the state of this world's own sources. Returns the folder to start hosts from."""
    key = hashlib.sha256("\n".join([base_root(format).key, name, *map(str, parts), world_digest()]).encode()).hexdigest()[:16]
    layer = CACHE / "layers" / f"{format}-{name}-{key}"
    with waiting_lock(CACHE / "layers" / f"{format}-{name}.lock"):
        if not layer.exists():
            forget_old_layers(layer.parent)
            make_layer(session, format, layer, prepare)
    os.utime(layer)
    return layer


def make_layer(session, format, layer, prepare):
    scene = Scene(session, format)
    try:
        host = scene.host()
        prepare(scene, host)
        host.poweroff()
        host.shell("rm -rf /var/log/journal/* /etc/machine-id /etc/hostname /etc/hosts")
        run("umount", host.root)
        run("mv", host.upper, layer.with_name(f"{format}-making"))
        layer.with_name(f"{format}-making").rename(layer)
    finally:
        scene.close()


def forget_old_layers(folder):
    for layer in folder.glob("*/"):
        if time.time() - layer.stat().st_mtime > KEPT_FOR:
            shutil.rmtree(layer, ignore_errors=True)


def world_digest():
    digest = hashlib.sha256(sources_digest().encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()
