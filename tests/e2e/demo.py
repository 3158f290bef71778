"""The demonstration: one Debian host with the old stack and tykup, one packagecloud with the new versions, a window that
is open now. Prints what happens, `systemctl status tykupd` and the journal; exit status 0 only if every component ended
new and healthy. Run by tests/demo."""

import sys

from world.scene import Scene
from world.session import Session
from world.stack import NEW, OLD, is_healthy, offer_old_and_new, old_stack_with_tykup_layer
from world.tykup import DAEMON, Tykup, config
from world.waiting import NeverHappened


def say(text=""):
    print(text, flush=True)


def upgrade(scene, session):
    """The operator's part: configure, subscribe, start. Returns (operator, the run's record or None)."""
    say("A packagecloud with a signed repository for each component; each offers an old and a new version.")
    offer_old_and_new(scene.packagecloud)
    say("A Debian 12 host, booted with its own systemd, running the old versions; tykup is installed from its .deb.")
    operator = Tykup(scene.host("tyk", old_stack_with_tykup_layer(session)))
    show_versions(operator.host, "before")
    operator.configure(config())
    for component in OLD:
        say(f"# tykup subscribe {component.name} ...")
        say(operator.subscribe_to(scene.packagecloud, component).stdout.rstrip())
    say("\n# systemctl enable --now tykupd      (its window is open)")
    operator.host.systemctl("enable", "--now", DAEMON)
    try:
        return operator, operator.wait_for_first_run(within=300)
    except NeverHappened as never:
        say(f"\n{never}")
        return operator, None


def show_versions(host, when):
    say(f"\n{when}:")
    for component in OLD:
        say(f"  {component.package:<16} {host.installed(component.package)}")
    say()


def readable(message):
    """dpkg paints its progress over one line; the journal keeps such a line as bytes. What stood there last is shown."""
    text = bytes(message).decode(errors="replace") if isinstance(message, list) else message
    return text.rstrip("\r").rsplit("\r", 1)[-1]


def show_timeline(host):
    """What tykupd, the executor and the units of the components said, in one line of time."""
    units = [DAEMON, *(c.unit for c in OLD)]
    entries = host.journal(matches=[f"--unit={unit}" for unit in units] + ["--unit=tykup-executor@*.service"])
    start = next((int(e["__REALTIME_TIMESTAMP"]) for e in entries if e.get("_SYSTEMD_UNIT") == DAEMON), 0)
    say("\n=== timeline (seconds since tykupd's first word) ===\n")
    for entry in entries:
        at = (int(entry["__REALTIME_TIMESTAMP"]) - start) / 1e6
        if at < 0:
            continue
        who = entry.get("UNIT") or entry.get("_SYSTEMD_UNIT") or entry.get("SYSLOG_IDENTIFIER", "")
        say(f"{at:8.3f}  {who.split('@')[0].removesuffix('.service'):<16} {readable(entry.get('MESSAGE', ''))}")


def show_status_and_journal(operator):
    host = operator.host
    say("\n=== tykup status ===\n")
    say(operator.run("status", check=False).stdout)
    say("\n=== tykup history ===\n")
    say(operator.run("history", check=False).stdout)
    say("\n=== systemctl status tykupd ===\n")
    say(host.systemctl("status", "--no-pager", "--lines=0", DAEMON, check=False).stdout)
    say("\n=== journalctl -u tykupd ===\n")
    say(host.output("journalctl", "--no-pager", "--output=short-precise", f"--unit={DAEMON}"))


def verdict(host, run):
    """What is wrong, a line each; nothing where every component is new and healthy and the run says so."""
    wrong = [] if run and run["result"] == "done" else [f"the run ended as {run['result'] if run else 'nothing: it never did'}"]
    for component, version in NEW.items():
        if host.installed(component.package) != version:
            wrong.append(f"{component.package} is {host.installed(component.package)}, not {version}")
        elif not is_healthy(host, component, version):
            wrong.append(f"{component.package} {version} is not healthy")
    return wrong


def main():
    session = Session()
    scene = None
    try:
        scene = Scene(session)
        operator, run = upgrade(scene, session)
        show_timeline(operator.host)
        show_status_and_journal(operator)
        show_versions(operator.host, "after")
        wrong = verdict(operator.host, run)
        for line in wrong:
            say(f"WRONG: {line}")
        say("Every component is new and healthy." if not wrong else "The demonstration failed.")
        return 1 if wrong else 0
    finally:
        if scene:
            scene.close()
        session.close()


if __name__ == "__main__":
    sys.exit(main())
