"""One run of the tests on this machine: its name, its folders, and the sweeping up after runs that died."""

import fcntl
import os
import shutil
import signal
from pathlib import Path

from .disk import forget_disks
from .process import output, run
from .waiting import wait_for

CACHE = Path("/var/cache/tykup-tests")
SESSIONS = Path("/var/tmp/tykup-tests")
INOTIFY_INSTANCES = 4096


class Session:
    """Holds a lock for as long as this process lives; all that it makes bears its name, so that a later run can tell
    what belongs to a run that is gone. `close` removes everything."""

    def __init__(self):
        self.name = f"tt{os.getpid():x}"
        make_room_for_hosts()
        self.folder = SESSIONS / self.name
        with waiting_lock(SESSIONS / "lock"):
            sweep_dead_sessions()
            self.folder.mkdir()
            self._lock = lock_at_once(self.folder / "lock")

    def close(self):
        remove_session(self.folder)
        self._lock.close()


def make_room_for_hosts():
    """To the kernel the roots of all hosts are one user: 128 watchers of files, its default, are too few for their systemds."""
    limit = Path("/proc/sys/fs/inotify/max_user_instances")
    if int(limit.read_text()) < INOTIFY_INSTANCES:
        limit.write_text(str(INOTIFY_INSTANCES))


def lock_at_once(path):
    """The locked file, or None where another living process holds it."""
    file = open(path, "a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file
    except BlockingIOError:
        file.close()
        return None


class waiting_lock:
    """Holds the lock file of a thing in the cache while it is being made."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    def __enter__(self):
        self._file = open(self._path, "a")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self._file.close()


def sweep_dead_sessions():
    """Ends and removes what runs left behind whose process is gone."""
    for folder in SESSIONS.glob("tt*"):
        lock = lock_at_once(folder / "lock")
        if lock:
            remove_session(folder)
            lock.close()


def remove_session(folder):
    """Processes first, then mounts, namespaces, control groups, files."""
    for name in namespaces_of(folder.name):
        kill_all_in(name)
    for point in mounts_below(folder):
        run("umount", "--lazy", point, check=False)
    for name in namespaces_of(folder.name):
        run("ip", "netns", "delete", name, check=False)
    for top in cgroup_tops():
        for group in top.glob(f"{folder.name}-*"):
            remove_cgroup(group)
    shutil.rmtree(folder, ignore_errors=True)
    forget_disks(folder.name)


def namespaces_of(session_name):
    names = [line.split()[0] for line in output("ip", "netns", "list").splitlines() if line]
    return [name for name in names if name.startswith(session_name + "-")]


def pids_in(namespace):
    return [int(pid) for pid in output("ip", "netns", "pids", namespace, check=False).split()]


def kill_all_in(namespace):
    """Ends every process in a network namespace; the end of a host's init ends all of the host."""

    def gone():
        left = pids_in(namespace)
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return not left

    wait_for(gone, f"the processes of {namespace} end", within=20)


def mounts_below(folder):
    points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return sorted((p for p in points if p.startswith(f"{folder}/")), reverse=True)


def cgroup_tops():
    """The tops of the hierarchies in which systemd keeps track of processes: cgroup v2, and v1's named one beside it."""
    tops = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, point, kind, options = line.split()[:4]
        if point.startswith("/sys/fs/cgroup") and (kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options)):
            tops.append(Path(point))
    return tops


def remove_cgroup(group):
    for folder, _, _ in os.walk(group, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            pass
