"""What a test can ask of the stand-ins on a host."""

import json

from .waiting import wait_for


def ask(host, component, version="*", **faults):
    """Sets the faults of a component's service in one version (or all), in force from its next start or answer:
    never_healthy, never_ready, redis="fail", answers_version="v…", details_time="…", garbage, hang, code=500,
    crash_at_start, says_version="…" and cannot_run (when asked for its version), crash_after_ms=…, deaf (never listens), start_ms=…, stop_ms=…, log=[lines]. None given: no faults."""
    path = f"/etc/standin/{component.package}.json"
    known = json.loads(host.read(path)) if host.exists(path) else {}
    known[version] = faults
    host.write_json(path, known)


class HeldScript:
    """A maintainer script of a package that stops in the middle until it is let go."""

    def __init__(self, host, component, place):
        self._host = host
        self._path = f"/run/standin/{component.package}.{place}"
        host.shell(f"mkdir -p /run/standin && rm -f {self._path} {self._path}.reached && mkfifo {self._path}")

    def wait_until_reached(self, within=60):
        wait_for(lambda: self._host.exists(f"{self._path}.reached"), f"{self._path} is reached", within=within)

    def let_go(self):
        """The script goes on; later runs of it are not held."""
        self._host.shell(f"echo go > {self._path}; rm -f {self._path} {self._path}.reached")


def hold(host, component, place="postinst"):
    """Holds preinst, postinst or postrm of a component's package at its next run."""
    return HeldScript(host, component, place)


def make_script_fail(host, component, place="postinst", version=None):
    """That script ends with 1, in one version or in all."""
    name = f"{component.package}.{place}" + (f".{version}" if version else "")
    host.write(f"/run/standin/{name}.fails", "")
