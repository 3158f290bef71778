"""What units themselves wrote down, as instants on one line of time."""

# tykup's own entry of what a package change broke and was put right.
REPAIRED = "e1cb842e3da84bea92c7dc1980cf0451"

MESSAGE_IDS = {
    "started": "39f53479d3a045ac8e11786248231fbf",
    "stopping": "de5b426a63be47a7b6ac3eaac82e2f6f",
}


def moments(host, unit, what, since_cursor=None):
    """When a unit was "started" or "stopping" in systemd's own words, or its program logged a text: microseconds of the
    real-time clock, oldest first."""
    wanted = MESSAGE_IDS.get(what)
    entries = host.journal(unit, since_cursor=since_cursor)
    return [int(e["__REALTIME_TIMESTAMP"]) for e in entries
            if (e.get("MESSAGE_ID") == wanted if wanted else what in str(e.get("MESSAGE", "")))]


def only_moment(host, unit, what, since_cursor=None):
    """The same for what happened exactly once."""
    found = moments(host, unit, what, since_cursor)
    assert len(found) == 1, f"{unit} was {what!r} {len(found)} times, not once:\n{host.journal_text(unit, since_cursor=since_cursor)}"
    return found[0]
