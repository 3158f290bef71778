"""A daemon that has upgraded and gone back for a long time is as it was after the first few times."""

import json
import os
from pathlib import Path

import pytest

from world.faults import ask
from world.stack import OLD, is_healthy
from world.standins import PUMP
from world.tykup import DAEMON, closed_window, config
from world.waiting import wait_for

# Each cycle upgrades to a version that is not healthy and goes back from it; every fifth one begins with an upgrade that stays.
CYCLES = int(os.environ.get("TYKUP_SOAK_CYCLES", "200"))
FIRST = 10
GOOD_EVERY = 5
BAD = "9.0.0"
RESULTS = Path(__file__).parents[2] / "build/results"

# What may be more at the end than at any time in the first ten cycles. A page more in each cycle would be 760 KiB; the
# files that are kept are bounded by number, and a bound that is not reached in ten cycles shows as growth of the first.
MAY_GROW = {"resident_kib": 512, "anonymous_kib": 256, "descriptors": 0, "executors": 0, "files_in_run": 2, "files_in_cache": 2,
            "failed_units": 0}
# What grows until it is as much as is kept, whatever the number of cycles: records of jobs with a lock file each and the
# backups; the last runs, and the log of SQLite before it is written back.
AT_MOST = {"files_of_executor": 2 * 500 + 40, "state_kib": 8192}


def count_below(host, *folders):
    return int(host.output("sh", "-c", f"find {' '.join(folders)} -type f 2>/dev/null | wc -l"))


def figures(host):
    """The daemon's memory and descriptors, and what lies about on the host."""
    pid = host.main_pid(DAEMON)
    status = dict(line.split(":", 1) for line in host.read(f"/proc/{pid}/status").splitlines() if ":" in line)
    state = host.output("sh", "-c", "du --apparent-size -ck /var/lib/tykup/* | tail -n 1")
    executors = host.output("systemctl", "list-units", "--all", "--plain", "--no-legend", "tykup-executor@*")
    return {"pid": pid, "resident_kib": int(status["VmRSS"].split()[0]), "anonymous_kib": int(status["RssAnon"].split()[0]),
            "descriptors": len(host.names_in(f"/proc/{pid}/fd")), "executors": len(executors.splitlines()),
            "files_in_run": count_below(host, "/run/tykup*"), "files_in_cache": count_below(host, "/var/cache/tykup*"),
            "files_of_executor": count_below(host, "/var/lib/tykup-executor"), "state_kib": int(state.split()[0]),
            "failed_units": len(host.failed_units())}


def plan_of(operator, version):
    """Waits until everything of a plan to that version is fetched; of a run that was taken back it still tells."""

    def fetched():
        status = operator.status()
        steps = [step["to"] for step in status["plan"]["steps"]] if status["plan"] else []
        return status["state"] in ("waiting", "stopped") and steps == [operator.host.packages.full(version)]

    wait_for(fetched, lambda: f"{version} is planned and fetched\n{operator.tail()}", within=120)


class Cycles:
    """One after the other on one host in one boot, each by the operator's own words."""

    def __init__(self, operator, packagecloud):
        self.operator, self.packagecloud, self.host = operator, packagecloud, operator.host
        self.good = OLD[PUMP]
        operator.configure(config(components=[PUMP], window=closed_window(), timeout="2s", settle="1s"))
        packagecloud.offer(PUMP, BAD)
        ask(self.host, PUMP, BAD, never_healthy=True)
        operator.start()

    def upgrade(self, number):
        """To a newer version that is well; the bad one is known as such."""
        before, self.good = self.good, f"1.17.{number}"
        self.packagecloud.offer(PUMP, self.good)
        if number > GOOD_EVERY:
            self.packagecloud.repository_of(PUMP).remove(PUMP.package, before)
        self.operator.run("check")
        plan_of(self.operator, self.good)
        assert self.operator.run("run", "--yes").returncode == 0, self.operator.tail()

    def go_and_come_back(self, number):
        if number > 1:
            self.operator.run("forget-bad", "pump")
        plan_of(self.operator, BAD)
        assert self.operator.run("run", "--yes", check=False).returncode == 1
        run = self.operator.runs()[0]
        assert (run["result"], run["steps"][0]["result"]) == ("stopped", "rolled-back"), run
        assert self.host.installed(PUMP.package) == self.good

    def one(self, number):
        if number % GOOD_EVERY == 0:
            self.upgrade(number)
        self.go_and_come_back(number)
        self.operator.wait_for_state("stopped")
        return figures(self.host)


def told(series):
    """The figures as a table: the first cycle, every tenth, and the last."""
    names = list(MAY_GROW) + list(AT_MOST)
    rows = [["cycle", *names]]
    rows += [[str(n), *(str(f[name]) for name in names)] for n, f in enumerate(series, 1) if n == 1 or n % 10 == 0 or n == len(series)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in rows) + "\n"


@pytest.mark.in_full
@pytest.mark.takes_minutes
@pytest.mark.formats("apt", "rpm")
def test_soak(subscribed, packagecloud, format):
    cycles, series = Cycles(subscribed, packagecloud), []
    RESULTS.mkdir(parents=True, exist_ok=True)
    for number in range(1, CYCLES + 1):
        series.append(cycles.one(number))
        (RESULTS / f"soak-{format}.figures").write_text(f"soak, {format}: {number} cycles\n" + told(series))
    (RESULTS / f"soak-{format}.json").write_text(json.dumps(series))
    assert len({f["pid"] for f in series}) == 1, "the daemon was started again"
    assert is_healthy(subscribed.host, PUMP, cycles.good)
    first, last = series[:FIRST], series[-FIRST:]
    for name, more in MAY_GROW.items():
        assert min(f[name] for f in last) <= max(f[name] for f in first) + more, f"{name} grew\n{told(series)}"
    for name, most in AT_MOST.items():
        assert series[-1][name] <= most, f"{name} is not bounded\n{told(series)}"
