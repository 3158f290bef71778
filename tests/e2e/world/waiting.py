"""Waiting for a condition, always with a deadline."""

import time

# To ask costs a process on the host, and often several: who waits for long asks less often.
FIRST, LONGEST, GROWTH = 0.05, 0.4, 1.25


class NeverHappened(AssertionError):
    """A condition did not come true before its deadline."""


def wait_for(condition, what, within=30.0, every=None):
    """Asks `condition` until it answers something true and returns that: every so many seconds, or soon at first and then
    less often. `what` names it in the failure: a text, or a function that makes it then."""
    deadline = time.monotonic() + within
    pause = every or FIRST
    while True:
        seen = condition()
        if seen:
            return seen
        if time.monotonic() >= deadline:
            raise NeverHappened(f"{what() if callable(what) else what}: not within {within:g} s; last seen: {seen!r}")
        time.sleep(pause)
        pause = every or min(pause * GROWTH, LONGEST)
