"""Kills that know nothing of the code: at instants spread over a run's length, and in every script of a package."""

import random
import time

import pytest

from world.crash import EXECUTORS, CrashHost, nothing_in
from world.points import SEED

KILLS = 100  # of each format
PLACES = {"apt": ("preinst", "postinst", "postrm"), "rpm": ("preinst", "postinst", "postrm", "posttrans")}
LENGTHS = {}


def length_of_a_run(scene, session):
    """Seconds from the start of the host to the end of the run, measured once in each process of the tests."""
    if scene.format not in LENGTHS:
        crash = CrashHost(scene, session)
        begun = time.monotonic()
        crash.begin()
        crash.operator.wait_for_first_run(within=300)
        LENGTHS[scene.format] = time.monotonic() - begun
        assert nothing_in(crash.complaints())
        crash.host.close()
        scene.hosts.remove(crash.host)
    return LENGTHS[scene.format]


def drawn(size=1):
    """One of the kills of each format in a run that is not the full one."""
    lots = random.Random(SEED)
    return {f"{format}-{number}" for format in PLACES for number in lots.sample(range(KILLS), size)}


@pytest.mark.part(drawn())
@pytest.mark.parametrize("format,number", [pytest.param(f, n, id=f"{f}-{n}") for f in PLACES for n in range(KILLS)])
def test_crash_matrix_of_instants(scene, session, format, number):
    """Every other time the power goes, too."""
    length = length_of_a_run(scene, session)
    at = length * (number + random.Random(SEED * KILLS + number).random()) / KILLS
    power = number % 2 == 1
    print(f"killed {at:.2f} s after the start, of {length:.2f}; TYKUP_SEED={SEED}")
    crash = CrashHost(scene, session, own_disk=power, name="killed")
    begun = time.monotonic()
    crash.host.switch_on()
    time.sleep(max(0.0, begun + at - time.monotonic()))
    crash.end_the_host(power)
    crash.wait_until_settled()
    assert nothing_in(crash.complaints(window_was_shut=True))


SCRIPTS = [pytest.param(f, place, end, id=f"{f}-{place}-{end}")
           for f, places in PLACES.items() for place in places for end in ("executor", "host", "power")]


@pytest.mark.part({"apt-postinst-power", "rpm-postrm-host"})
@pytest.mark.parametrize("format,place,end", SCRIPTS)
def test_crash_matrix_of_scripts(scene, session, format, place, end):
    crash = CrashHost(scene, session, own_disk=end == "power")
    crash.hold_script(place)
    crash.begin()
    crash.wait_for_script(place)
    if end == "executor":
        crash.let_go_of(place)
        crash.host.systemctl("kill", "--signal=KILL", EXECUTORS)
        crash.operator.wait_for_first_run(within=300)
    else:
        crash.end_the_host(power=end == "power")
    crash.wait_until_settled()
    assert nothing_in(crash.complaints(window_was_shut=end != "executor"))
