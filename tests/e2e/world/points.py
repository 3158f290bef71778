"""The points at which a process of the test build can end, as its own programs print them, and the cases made of them."""

import os
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .process import output

BUILD = Path(__file__).parents[3] / "build/packages-faults/tykup"
PROGRAMS = {"apt": [BUILD / "build/daemon/tykupd", BUILD / "build/pkg/executor/apt/tykup-executor"],
            "rpm": [BUILD / "build-rpm/daemon/tykupd", BUILD / "build-rpm/pkg/executor/rpm/tykup-executor"]}

# How many cases a run that is not the full one has, and which: other ones each day, and those of TYKUP_SEED again.
PART = 16
SEED = int(os.environ["TYKUP_SEED"])


@dataclass(frozen=True)
class Point:
    name: str
    whose: str  # "daemon", or "executor", "apt", "rpm"
    road: str

    @property
    def of_the_daemon(self):
        return self.whose == "daemon"

    @property
    def ends(self):
        """What can be ended while a process stands at this point."""
        return ("daemon", "host", "power") if self.of_the_daemon else ("executor", "daemon", "host", "power")


@dataclass(frozen=True)
class Case:
    format: str
    point: Point
    end: str

    def __str__(self):
        return f"{self.format}-{self.point.name}-{self.end}"


@cache
def points(format):
    """All of them, in the order of the list in the code; empty where the programs were not built."""
    if not all(program.exists() for program in PROGRAMS[format]):
        return ()
    lines = [line for program in PROGRAMS[format] for line in output(program, "--fault", "list").splitlines()]
    return tuple(Point(*line.split()) for line in lines)


def cases():
    """Every point, with everything that can be ended there."""
    return [Case(format, point, end) for format in PROGRAMS for point in points(format) if point.road != "left-out" for end in point.ends]


def part_of(all_cases, size=PART):
    """The part that the seed draws."""
    drawn = random.Random(SEED)
    return sorted(drawn.sample(all_cases, min(size, len(all_cases))), key=str)
