"""A disk of which the power can be cut: what was written and not synced is lost."""

import fcntl
import os
import shutil
from pathlib import Path

from .process import run

# In memory: what a host asks to be synced then costs nothing, and what is lost with the power is the same.
DISKS = Path("/dev/shm/tykup-tests")
SIZE = "768M"
# Nothing reaches the disk by chance: ext4 neither writes out what replaces another file, nor commits every five seconds.
OPTIONS = "loop,noauto_da_alloc,commit=900"

# EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: from now on nothing reaches the device, not even the journal.
SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2


class Disk:
    """A file system in a file, mounted at `folder`. `close` unmounts it and removes the file."""

    def __init__(self, session_name, name, folder):
        self.folder = folder
        self._file = DISKS / session_name / f"{name}.img"
        self._file.parent.mkdir(parents=True, exist_ok=True)
        run("truncate", f"--size={SIZE}", self._file)
        run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", "-J", "size=16", self._file)
        folder.mkdir(parents=True, exist_ok=True)
        self._mount()

    def _mount(self):
        run("mount", "-o", OPTIONS, self._file, self.folder)

    def settle(self):
        """What was written so far is there to stay."""
        run("sync", "--file-system", self.folder)

    def lose_power(self):
        """Ends all writing and copies what the disk holds at this instant. Who writes to it must stand still."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, SHUTDOWN, NO_LOG_FLUSH.to_bytes(4, "little"))
        finally:
            os.close(handle)
        run("cp", "--sparse=always", self._file, self._file.with_suffix(".copy"))

    def exchange(self):
        """The copy takes the place of the disk: its journal is played back, and that is what the next start finds."""
        run("umount", self.folder)
        self._file.with_suffix(".copy").rename(self._file)
        self._mount()

    def close(self):
        run("umount", "--lazy", self.folder, check=False)
        self._file.unlink(missing_ok=True)
        self._file.with_suffix(".copy").unlink(missing_ok=True)


def forget_disks(session_name):
    shutil.rmtree(DISKS / session_name, ignore_errors=True)
