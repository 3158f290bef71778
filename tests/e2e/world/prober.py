"""A client that asks a service of a host every few milliseconds and remembers what it was answered."""

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .process import run
from .session import CACHE, waiting_lock
from .waiting import wait_for

SOURCE = Path(__file__).parent.parent / "prober/prober.cpp"


@dataclass(frozen=True)
class Request:
    """One request; instants are microseconds of the monotonic clock, which a host shares with its machine. Code 0: no
    whole answer came."""

    begin: int
    end: int
    code: int
    version: str

    @property
    def failed(self):
        return self.code != 200


class Prober:
    """Sits in the host's own network and asks a component's health URL for as long as the `with` lasts."""

    def __init__(self, host, component, every_ms=2.0):
        self._file = host.root.parent / f"probes-{component.name}"
        self._host = host
        self._words = ["ip", "netns", "exec", host.line.namespace, str(program()), str(component.port), component.health,
                       str(int(every_ms * 1000))]
        self._process = None

    def __enter__(self):
        with open(self._file, "w") as out:
            self._process = subprocess.Popen(self._words, stdin=subprocess.DEVNULL, stdout=out)
        wait_for(self.requests, "the prober asks")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)

    def requests(self):
        """All requests so far, oldest first."""
        whole = self._file.read_text().rpartition("\n")[0]
        return [Request(int(begin), int(end), int(code), version) for begin, end, code, version in map(str.split, whole.splitlines())]

    def wait_for_answers(self, count, within=30):
        """Waits until that many requests more were answered well: the service is up, and is being asked."""
        before = len(self.requests())
        wait_for(lambda: sum(not r.failed for r in self.requests()[before:]) >= count, f"{count} good answers", within=within)


def outage(requests):
    """Microseconds between the last good answer before the first failed request and the first one after the last failed
    request; 0 where none failed."""
    failed = [i for i, request in enumerate(requests) if request.failed]
    if not failed:
        return 0
    return requests[failed[-1] + 1].end - requests[failed[0] - 1].end


def failures(requests):
    """The gaps: runs of failed requests without a good answer between them."""
    gaps, before = [], None
    for request in requests:
        if request.failed and (before is None or not before.failed):
            gaps.append([])
        if request.failed:
            gaps[-1].append(request)
        before = request
    return gaps


def program():
    """The prober, compiled once for each state of its source."""
    target = CACHE / "standins" / f"prober-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]}"
    with waiting_lock(CACHE / "standins/prober.lock"):
        if not target.exists():
            making = target.with_suffix(".making")
            run("g++", "-std=c++20", "-O1", "-s", "-Wall", "-Wextra", "-Werror", "-o", making, SOURCE, within=300)
            making.rename(target)
    return target
