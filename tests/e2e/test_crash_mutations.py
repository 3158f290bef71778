"""The matrix notices what it is there to notice: with one line of the code left out, a case of it turns red."""

import pytest

from world.crash import CrashHost, nothing_in

# What is left out, where the run is cut off, and how; without the first, the same case is green.
MUTATIONS = {
    "files-are-not-synced": ("file-sync", "change-done", "power"),
    "the-store-is-not-synced": ("store-sync", "change-done", "power"),
    "a-job-acts-before-it-is-recorded": ("job-record", "job-acted-apply", "executor"),
    "a-change-is-not-recorded": ("change-record", "change-done", "executor"),
}


def outcome(scene, session, point, end, *faults):
    """What the matrix would complain of."""
    crash = CrashHost(scene, session, own_disk=end == "power")
    crash.arm(f"{point}:{'kill' if end == 'executor' else 'hold'}", *faults)
    crash.begin()
    crash.wait_until_at(point)
    if end == "power":
        crash.end_the_host(power=True)
    else:
        crash.operator.wait_for_first_run(within=300)
    crash.wait_until_settled()
    return crash.complaints(window_was_shut=end == "power")


@pytest.mark.part(set())
@pytest.mark.parametrize("format", ["apt", "rpm"])
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_mutation_turns_the_matrix_red(scene, session, mutation):
    left_out, point, end = MUTATIONS[mutation]
    complaints = outcome(scene, session, point, end, f"{left_out}:skip")
    print("\n".join(complaints))
    assert complaints


@pytest.mark.part(set())
@pytest.mark.parametrize("format", ["apt", "rpm"])
@pytest.mark.parametrize("end", ["power", "executor"])
def test_without_a_mutation_the_same_cases_are_green(scene, session, end):
    assert nothing_in(outcome(scene, session, "change-done" if end == "power" else "job-acted-apply", end))
