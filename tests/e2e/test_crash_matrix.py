"""Whatever is ended, wherever it stands: each component is on its old version and healthy or on its new one and healthy,
nothing is installed twice, history is complete. The matrix is made of the points that the programs themselves list."""

import pytest

from world.crash import CrashHost, nothing_in
from world.points import PROGRAMS, SEED, cases, part_of, points
from world.process import run
from world.tykup import package_file

MATRIX = cases()
DRAWN = {str(case) for case in part_of(MATRIX)}


def test_crash_matrix_is_there():
    assert len(MATRIX) >= 60, "no test build, or no points in it: run TYKUP_FAULTS=ON tests/package"
    print(f"{len(MATRIX)} cases, in a short run {len(DRAWN)} of them: TYKUP_SEED={SEED} draws the same again")


@pytest.mark.parametrize("format", PROGRAMS)
@pytest.mark.parametrize("words", [["nonsense"], ["entered-applying"], ["entered-applying:explode"], ["entered-nowhere:kill"],
                                   ["entered-applying:kill@0"], ["job-begun-apply:"]])
def test_crash_matrix_names_a_fault_that_there_is_not(format, words):
    for program in PROGRAMS[format]:
        told = run(program, "--fault", *words, check=False)
        assert told.returncode == 1 and f"--fault {words[0]}: no such fault" in told.stderr


@pytest.mark.parametrize("format", PROGRAMS)
def test_crash_matrix_leaves_no_point_in_what_is_shipped(format, tmp_path):
    unpack = {"apt": "dpkg-deb --extract {0} {1}", "rpm": "rpm2cpio {0} | (cd {1} && cpio --quiet -idm)"}[format]
    run("sh", "-c", unpack.format(package_file(format), tmp_path))
    for place in ("usr/sbin/tykupd", "usr/libexec/tykup/tykup-executor"):
        program = tmp_path / place
        refused = run(program, "--fault", "list", check=False)
        assert refused.returncode != 0 and refused.stdout == ""
        strings = set(program.read_bytes().split(b"\0"))
        assert not any(b"tykup-fault" in string for string in strings)
        assert [p.name for p in points(format) if p.name.encode() in strings] == []


@pytest.mark.part(DRAWN)
@pytest.mark.parametrize("format,case", [pytest.param(case.format, case, id=str(case)) for case in MATRIX])
def test_crash_matrix(scene, session, case):
    point, end = case.point, case.end
    crash = CrashHost(scene, session, point.road, own_disk=end == "power")
    ends_itself = (end == "daemon" and point.of_the_daemon) or end == "executor"
    crash.arm(f"{point.name}:{'kill' if ends_itself else 'hold'}")
    crash.begin()
    crash.wait_until_at(point.name)
    if end in ("host", "power"):
        crash.end_the_host(power=end == "power")
    elif not ends_itself:
        crash.end_the_daemon(point.name)
    if point.road == "waits" and end == "daemon":
        crash.open_the_window()
    if end in ("daemon", "executor"):
        crash.operator.wait_for_first_run(within=300)
    if point.road == "fleet" and end == "daemon":
        crash.wait_until_the_rollout_is_done()
    status = crash.wait_until_settled()
    if point.road == "put-right" and status["state"] == "needs-admin":
        # The word was not kept yet: who gave it got no answer, and gives it again.
        crash.operator.run("check", check=False)
        status = crash.wait_until_settled()
    if point.road == "doomed" and status["state"] == "needs-admin":
        assert status["trouble"]["component"] == "gateway" and status["trouble"]["remedy"], status
        return  # the third state; where the old version can start after all it is back on that one
    assert nothing_in(crash.complaints(restarts=int(end == "daemon"), window_was_shut=end in ("host", "power")))
