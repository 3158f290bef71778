"""Freezes that stand in a calendar file: what it forbids does not begin, what it no longer forbids begins at once."""

from datetime import datetime, timedelta, timezone

import pytest

from world.stack import NEW, OLD, is_healthy
from world.standins import GATEWAY
from world.tykup import CONFIG, config
from world.waiting import wait_for

# What the daemon alone decides: the other format is for the full run.
pytestmark = pytest.mark.formats(full="rpm")

CALENDAR = "/etc/tykup/freeze.ics"
FREEZE = f'[[freeze]]\nics = "{CALENDAR}"\n'


def calendar(*events):
    """An iCalendar file; each event is (begins, ends, summary, further lines)."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//freezes//EN"]
    for number, (begins, ends, summary, *more) in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{number}@tests", f"DTSTART:{begins:%Y%m%dT%H%M%SZ}", f"DTEND:{ends:%Y%m%dT%H%M%SZ}",
                  f"SUMMARY:{summary}", *more, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def now():
    return datetime.now(timezone.utc).replace(microsecond=0)


TODAY = now() - timedelta(hours=1)


def daily_sale(name="Winter sale", *more):
    """Every day since a month ago, for ten more days, each time for a day: now, too."""
    begins = TODAY - timedelta(days=30)
    return begins, begins + timedelta(days=1), name, "RRULE:FREQ=DAILY;COUNT=40", *more


def save_as_an_editor_does(host, text):
    """A new file is renamed over the old one."""
    host.write(CALENDAR + ".new", text, mode=0o644)
    host.run("mv", CALENDAR + ".new", CALENDAR)


def nothing_was_touched(tykup):
    assert tykup.host.installed(GATEWAY.package) == OLD[GATEWAY] and tykup.runs() == []


def test_freeze_by_ics(subscribed):
    host = subscribed.host
    host.write(CALENDAR, calendar(daily_sale()), mode=0o644)
    subscribed.configure(config("self-managed", FREEZE, components=[GATEWAY]))
    assert subscribed.run("check-config").returncode == 0

    subscribed.start()
    status = subscribed.wait_for_state("waiting")

    assert status["window"]["open"] is False and "Winter sale" in status["window"]["reason"]
    assert "freeze: frozen until" in subscribed.reasons("gateway") and "Winter sale" in subscribed.reasons("gateway")
    assert status["freeze_problems"] == []
    refused = subscribed.run("run", "--yes", check=False)
    assert refused.returncode != 0 and "Winter sale" in refused.stderr
    preview = subscribed.run("windows").stdout
    assert "Winter sale" in preview and "frozen" in preview
    nothing_was_touched(subscribed)

    save_as_an_editor_does(host, calendar(daily_sale("Spring sale")))
    wait_for(lambda: "Spring sale" in subscribed.status()["window"]["reason"], "the daemon sees the file change")
    nothing_was_touched(subscribed)

    ended = now()
    save_as_an_editor_does(host, calendar(daily_sale("Spring sale", f"EXDATE:{TODAY:%Y%m%dT%H%M%SZ}")))
    run = subscribed.wait_for_first_run()

    assert (run["result"], run["trigger"]) == ("done", "window")
    assert datetime.fromisoformat(run["started"].replace("Z", "+00:00")) >= ended - timedelta(seconds=1)
    assert is_healthy(host, GATEWAY, NEW[GATEWAY])
    subscribed.wait_for_journal(f"the next from {TODAY + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}")


def test_broken_freeze_means_frozen(subscribed):
    host = subscribed.host
    subscribed.configure(config("self-managed", FREEZE, components=[GATEWAY]))
    refused = subscribed.run("check-config", check=False)
    assert refused.returncode == 1 and f"{CALENDAR}: No such file" in refused.stderr

    subscribed.start()
    frozen_because(subscribed, f"{CALENDAR}: No such file or directory; put the file back")

    for text, mode, why in [
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", 0o644, f"{CALENDAR}:2: the file is cut off"),
        (calendar(daily_sale()).replace("DAILY", "SOMETIMES"), 0o644, f'{CALENDAR}:9: "RRULE:FREQ=SOMETIMES;COUNT=40" is not understood'),
        (calendar(daily_sale()).replace(f"DTSTART:{TODAY - timedelta(days=30):%Y%m%dT%H%M%S}Z", "DTSTART;TZID=Mars/Olympus:20260101T000000"),
         0o644, "there is no time zone"),
        (calendar(), 0o600, "Permission denied; the user tykup must be able to read it"),
    ]:
        host.write(CALENDAR + ".new", text, mode=mode)
        host.run("mv", CALENDAR + ".new", CALENDAR)
        frozen_because(subscribed, why)
    refused = subscribed.run("run", "--yes", check=False)
    assert refused.returncode != 0 and "Permission denied" in refused.stderr
    nothing_was_touched(subscribed)

    host.run("chmod", "644", CALENDAR)
    run = subscribed.wait_for_first_run()

    assert run["result"] == "done" and is_healthy(host, GATEWAY, NEW[GATEWAY])
    assert "can be read again, its freeze of everything is over" in subscribed.journal()
    assert subscribed.status()["freeze_problems"] == []
    host.remove(CALENDAR)
    frozen_because(subscribed, "No such file")
    subscribed.configure(host.read(CONFIG).replace(FREEZE, ""))
    subscribed.reload()
    wait_for(lambda: subscribed.status()["freeze_problems"] == [], "what the configuration no longer names freezes nothing")


def frozen_because(tykup, why):
    """Status, its exit code and the journal tell the reason."""
    wait_for(lambda: any(why in problem for problem in tykup.status()["freeze_problems"]),
             lambda: f"tykup is frozen: {why}\n{tykup.tail()}")
    result = tykup.run("status", check=False)
    assert result.returncode == 1 and why.split(";")[0] in result.stdout.replace("\n  ", " ")
    tykup.wait_for_journal(why)
