"""Waiting for a condition, always with a deadline."""

import time


class NeverHappened(AssertionError):
    """A condition did not come true before its deadline."""


def wait_for(condition, what, within=30.0, every=0.05):
    """Asks `condition` until it answers something true and returns that; `what` names it in the failure."""
    deadline = time.monotonic() + within
    while True:
        seen = condition()
        if seen:
            return seen
        if time.monotonic() >= deadline:
            raise NeverHappened(f"{what}: not within {within:g} s; last seen: {seen!r}")
        time.sleep(every)
