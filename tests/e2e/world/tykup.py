"""tykup on a host, as its operator meets it: the package, the configuration, the command, the journal."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import schemas

from .packagecloud import Packagecloud
from .standins import FORMATS
from .waiting import wait_for

PACKAGES = Path(__file__).parents[3] / "build/packages"
CONFIG = "/etc/tykup/tykup.toml"
DAEMON = "tykupd.service"


def package_file(format="apt", folder=PACKAGES, words=""):
    """The package that tests/package made of this tree."""
    suffix = FORMATS[format].suffix
    found = sorted(folder.glob(f"tykup[-_]*.{suffix}"))
    if len(found) != 1:
        raise RuntimeError(f"{folder} holds {len(found)} packages of tykup, not one: run {words}tests/package {suffix}")
    return found[0]


def fault_package_file(format="apt"):
    """The same with the fault points."""
    return package_file(format, PACKAGES.with_name("packages-faults"), "TYKUP_FAULTS=ON ")


def next_package_file(format="apt"):
    """The package of the next version, which tests/package makes beside it: same contents, greater number."""
    (found,) = (PACKAGES / "next").glob(f"tykup[-_]*.{FORMATS[format].suffix}")
    return found


def open_window(duration="6h"):
    """A window that opened half an hour ago."""
    return window_at(whole_minute() - timedelta(minutes=30), duration)


def closed_window(opens_in=timedelta(hours=9)):
    """A window that opens later, for an hour."""
    return window_at(whole_minute() + opens_in, "1h")


def whole_minute():
    return datetime.now(timezone.utc).replace(second=0, microsecond=0)


def window_at(instant, duration):
    return f'[[window]]\ncalendar = "{instant:%a *-*-* %H:%M:%S}"\nduration = "{duration}"\ntimezone = "UTC"\n'


# A test begins within its window, on a host whose clock nobody synchronises, and does not wait for its turn.
AT_ONCE = {"missed": "run-if-open", "spread": "0s", "clock_wait": "0s"}


def policy_table(policy):
    """The [policy] of a test: what it says itself, and otherwise that everything begins at once."""
    said = {line.split("=")[0].strip() for line in policy.splitlines()}
    return "\n".join(["[policy]", policy, *(f'{key} = "{value}"' for key, value in AT_ONCE.items() if key not in said), ""])


def config(topology="self-managed", *more, base_url=Packagecloud.base_url, window=None, policy='track = "latest"\nsoak = "0s"',
           timeout="20s", settle="2s", refresh="1h", components=()):
    """A configuration for tests: quick gates, everything taken at once, a window that is open now. `more` is appended;
    `components` are the only ones of the topology that are ours to upgrade."""
    names = f"components = {json.dumps([c.name for c in components])}\n" if components else ""
    return "\n".join([f'[deployment]\ntopology = "{topology}"\n{names}', policy_table(policy), open_window() if window is None else window,
                      f'[repository]\nbase_url = "{base_url}"\nrefresh = "{refresh}"\n',
                      f'[health]\ntimeout = "{timeout}"\nsettle = "{settle}"\n', *more])


class Tykup:
    """The operator of one host."""

    def __init__(self, host):
        self.host = host

    def install(self, package=None):
        """Installs the package by the plain package manager; all that it depends on is on the host already."""
        packages = self.host.packages
        brought = f"/root/tykup.{packages.suffix}"
        self.host.bring(package or package_file(packages.format), brought)
        packages.install_file(brought)
        self.host.remove(brought)

    def configure(self, text):
        self.host.write(CONFIG, text, mode=0o644)

    def start(self):
        """Starts the daemon; returns when it says that it is ready."""
        self.host.systemctl("start", DAEMON)

    def start_with_a_window_to_come(self, **options):
        """Configures a window that opens in some hours, starts the daemon, and waits until everything is fetched for it."""
        self.configure(config(window=closed_window(), **options))
        self.start()
        return self.wait_for_state("waiting")

    def restart(self):
        self.host.systemctl("restart", DAEMON)

    def reload(self):
        self.host.systemctl("reload", DAEMON)

    def run(self, *words, check=True, within=300, user=None):
        """The command `tykup` with these words."""
        return self.host.run("tykup", *words, check=check, within=within, user=user)

    def words_to_subscribe(self, packagecloud, component):
        """What root types to subscribe one configured component: the fingerprints are those that its publisher made known."""
        words = [component.name, "--fingerprint", packagecloud.key.fingerprint]
        if packagecloud.format == "rpm":
            words += ["--package-key", packagecloud.package_key_url, "--package-fingerprint", packagecloud.package_key.fingerprint]
        return words

    def subscribe_to(self, packagecloud, component, *words):
        return self.run("subscribe", *self.words_to_subscribe(packagecloud, component), *words)

    # --- what it says ---

    def document(self, *words):
        """The JSON that a command prints, whatever its exit status says about it; it is as documented."""
        result = self.run(*words, "--json", check=False)
        return schemas.check(json.loads(result.stdout), schemas.OF_VERB[words[0]])

    def status(self):
        return self.document("status")

    def plan(self):
        return self.document("plan")

    def runs(self):
        """Ended runs, newest first."""
        return self.document("history")["runs"]

    def component(self, name):
        """What the status says of one component."""
        return next(c for c in self.status()["components"] if c["name"] == name)

    def reasons(self, name):
        """Why a component stays, as one text."""
        return "\n".join(f"{r['gate']}: {r['text']} {r['remedy']}" for r in self.component(name)["reasons"])

    def journal(self, **options):
        return self.host.journal_text(DAEMON, **options)

    def wait_for_journal(self, text, within=60, **options):
        return self.host.wait_for_journal(text, DAEMON, within=within, **options)

    # --- waiting ---

    def wait_for_state(self, *states, within=120):
        """Waits until the daemon is in one of the states and returns its status."""

        def there():
            status = self.status_or_none()
            return status if status and status["state"] in states else None

        return wait_for(there, lambda: f"tykup is {' or '.join(states)}\n{self.tail()}", within=within, every=0.2)

    def wait_for_run(self, within=180):
        """Waits until a run has ended that had not at the call's beginning, and returns its record."""
        before = {run["id"] for run in self.runs() if run["ended"]}
        return self.wait_for_runs_beyond(before, within)

    def wait_for_first_run(self, within=180):
        """Waits until the host's first run has ended, and returns its record."""
        return self.wait_for_runs_beyond(set(), within)

    def wait_for_runs_beyond(self, before, within):
        def ended():
            status = self.status_or_none()
            return status and next((run for run in self.runs() if run["ended"] and run["id"] not in before), None)

        return wait_for(ended, "a run of tykup ends", within=within, every=0.3)

    def status_or_none(self):
        """None while the daemon does not answer."""
        result = self.run("status", "--json", check=False)
        return schemas.check(json.loads(result.stdout), "status") if result.stdout.startswith("{") else None

    def tail(self):
        return self.host.output("journalctl", "--no-pager", "--lines=20", f"--unit={DAEMON}", check=False)
