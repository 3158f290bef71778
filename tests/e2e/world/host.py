"""A host: an overlay on a cached root, booted with its own systemd, D-Bus, journal and network."""

import json
import os
import shlex
import signal
import subprocess
import uuid
from pathlib import Path

from .packages import PACKAGES
from .process import ENVIRONMENT, CommandFailed, run
from .session import cgroup_tops, remove_cgroup
from .waiting import NeverHappened, wait_for

BOOT = """
for top in {tops}; do mkdir -p "$top/{group}"; echo $$ > "$top/{group}/cgroup.procs"; done
exec systemd-nspawn --boot --quiet --register=no {unit} --console=pipe --network-namespace-path=/run/netns/{namespace} \\
  --machine={name} --hostname={name} --directory={root} --resolv-conf=off --timezone=off --link-journal=no --settings=no {extra}
"""


class Host:
    """Boots, runs commands inside, reads and writes files, tells what its units and its journal say.

    Files are reached through programs inside the host, so that its own symbolic links and mounts hold."""

    def __init__(self, name, layers, stem, folder, network, nspawn_options=(), format="apt", disk=None):
        """What it writes goes to `disk` where one is given, a folder's path taking its place."""
        self.name = name
        self.packages = PACKAGES[format](self)
        self.line = network.plug(name)
        self.address = self.line.address
        self._folder = folder / name
        self._group = f"{stem}-{name}"
        self._options = nspawn_options
        self._nspawn = None
        self._leader = None
        self._layers = layers
        self._disk = disk and disk(self._folder / "disk")
        self._mount()
        self.write("/etc/machine-id", uuid.uuid4().hex + "\n")
        self.write("/etc/hostname", name + "\n")
        self.write("/etc/hosts", f"127.0.0.1 localhost\n{self.address} {name}\n")

    def _mount(self):
        for part in (self.upper, self.upper.with_name("work"), self.root):
            part.mkdir(parents=True, exist_ok=True)
        os.chmod(self.upper, 0o755)  # the root folder of the host: its users must be able to pass
        lower = ":".join(str(layer) for layer in self._layers)
        options = f"lowerdir={lower},upperdir={self.upper},workdir={self.upper.with_name('work')}"
        # volatile: fsync on the overlay is free. Without a disk of its own nobody pulls the plug of this host.
        run("mount", "-t", "overlay", "-o", options + ("" if self._disk else ",volatile"), "overlay", self.root)

    @property
    def root(self):
        return self._folder / "root"

    @property
    def upper(self):
        """What this host has written over the layers it started from."""
        return (self._disk.folder if self._disk else self._folder) / "upper"

    # --- power ---

    @property
    def is_on(self):
        return self._nspawn is not None and self._nspawn.poll() is None

    def boot(self, within=180):
        """Starts the host and waits until its systemd has nothing left to do."""
        self.switch_on(within)
        self._wait_until_up(within)
        return self

    def switch_on(self, within=180):
        """Starts the host and returns as soon as its init is there."""
        if self._disk:
            self._disk.settle()  # it was set up once, and not in the moment before it is switched on
        # Where systemd runs this machine it makes the scope; elsewhere we make a control group for each host.
        own_groups = not Path("/run/systemd/system").is_dir()
        script = BOOT.format(tops=" ".join(map(str, cgroup_tops())) if own_groups else "", group=self._group,
                             unit="--keep-unit" if own_groups else "", namespace=self.line.namespace, name=self.name,
                             root=self.root, extra=" ".join(map(shlex.quote, self._options)))
        console = open(self._folder / "console", "ab")
        self._nspawn = subprocess.Popen(["sh", "-c", script], stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                                        start_new_session=True,
                                        env={**ENVIRONMENT, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"})
        console.close()
        self._leader = wait_for(self._find_leader, lambda: f"{self.name} starts\n{self.console()}", within=within)

    def _wait_until_up(self, within):
        self._leader = wait_for(self._find_leader, lambda: f"{self.name} starts\n{self.console()}", within=within)
        wait_for(lambda: self.run("systemctl", "is-system-running", "--wait", check=False).stdout.strip() in ("running", "degraded"),
                 f"{self.name} is up", within=within)

    def _find_leader(self):
        """The host's init, as the machine numbers it: the descendant of nspawn that is number 1 of its own space."""
        if not self.is_on:
            raise NeverHappened(f"{self.name} did not start:\n{self.console()}")
        for pid in descendants_of(self._nspawn.pid):
            if inner_pid(pid) == 1:
                return pid
        return None

    def poweroff(self, within=120):
        """An orderly shutdown, as root's `poweroff`; returns when the host is off."""
        self.run("systemctl", "poweroff", check=False)
        self.wait_until_off(within)

    def wait_until_off(self, within=120):
        wait_for(lambda: not self.is_on, f"{self.name} is off", within=within)
        self._clear_after_power()

    def reboot(self, within=120):
        """An orderly reboot on the same disk; returns when the host is up again."""
        before = self._leader
        self.run("systemctl", "reboot", check=False)
        # nspawn starts the host again by itself, but only where the machine's /run is a tmpfs.
        wait_for(lambda: not self.is_on or self._find_leader() not in (None, before), f"{self.name} comes back", within=within)
        if self.is_on:
            return self._wait_until_up(within)
        self._clear_after_power()
        return self.boot(within)

    def crash(self):
        """Every process ends at once, nothing is told. What was written is there, synced or not."""
        os.kill(self._leader, signal.SIGKILL)
        self.wait_until_off(30)

    def lose_power(self):
        """The same, and what was not synced is gone. Needs a disk of its own."""
        groups = self._freeze()
        self._disk.lose_power()
        os.kill(self._leader, signal.SIGKILL)
        for group in groups:
            (group / "cgroup.freeze").write_text("0")
        self.wait_until_off(30)
        run("umount", self.root)
        self._disk.exchange()
        self._mount()

    def _freeze(self):
        """All of the host stands still when this returns."""
        path = next(line.split("::")[1] for line in Path(f"/proc/{self._leader}/cgroup").read_text().splitlines() if line.startswith("0::"))
        top = Path(path.removesuffix("/init.scope").removesuffix("/payload"))
        groups = [place / top.relative_to("/") for place in cgroup_tops() if (place / top.relative_to("/") / "cgroup.freeze").exists()]
        for group in groups:
            (group / "cgroup.freeze").write_text("1")
            wait_for(lambda: "frozen 1" in (group / "cgroup.events").read_text(), f"{self.name} stands still")
        return groups

    def _clear_after_power(self):
        self._nspawn, self._leader = None, None
        for top in cgroup_tops():
            remove_cgroup(top / self._group)

    def close(self):
        if self.is_on:
            self.crash()
        run("umount", "--lazy", self.root, check=False)
        if self._disk:
            self._disk.close()

    def console(self):
        file = self._folder / "console"
        return file.read_text(errors="replace")[-4000:] if file.exists() else ""

    # --- commands ---

    def command(self, *argv, user=None, env=None):
        """The words that run a program inside the host, or in its folder while it is off."""
        words = ["env", "-i", *(f"{k}={v}" for k, v in {**ENVIRONMENT, **(env or {})}.items())]
        words += ["runuser", "-u", user, "--"] if user else []
        words += [str(word) for word in argv]
        if self._leader is None:
            return ["chroot", str(self.root), *words]
        return ["nsenter", "--target", str(self._leader), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--", *words]

    def run(self, *argv, user=None, env=None, check=True, within=120, input=None):
        """Runs a program inside to its end; an exit status other than 0 fails the test unless `check` is false."""
        return run(*self.command(*argv, user=user, env=env), check=check, within=within, input=input)

    def output(self, *argv, **options):
        return self.run(*argv, **options).stdout.strip()

    def shell(self, script, **options):
        return self.run("sh", "-euc", script, **options)

    def start(self, *argv, user=None, env=None):
        """Starts a program inside and returns at once with the process; `communicate` gives its text."""
        return subprocess.Popen(self.command(*argv, user=user, env=env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, errors="replace", env=ENVIRONMENT)

    # --- files ---

    def read(self, path):
        return self.run("cat", path).stdout

    def write(self, path, text, mode=None, owner=None):
        """Writes a file whole, making the folders above it."""
        self.shell(f"mkdir -p {shlex.quote(str(Path(path).parent))} && cat > {shlex.quote(str(path))}", input=text)
        if mode is not None:
            self.run("chmod", f"{mode:o}", path)
        if owner is not None:
            self.run("chown", owner, path)

    def write_json(self, path, value, **options):
        self.write(path, json.dumps(value, indent=2) + "\n", **options)

    def edit_json(self, path, **changes):
        """Changes keys of a JSON file; its owner and mode stay."""
        value = json.loads(self.read(path))
        value.update(changes)
        self.shell(f"cat > {shlex.quote(path)}", input=json.dumps(value, indent=2) + "\n")

    def remove(self, *paths):
        self.run("rm", "-rf", *paths)

    def exists(self, path):
        return self.run("test", "-e", path, check=False).returncode == 0

    def names_in(self, folder):
        """The names in a folder, sorted; none where there is no folder."""
        return self.output("sh", "-c", f"ls -1A {shlex.quote(folder)} 2>/dev/null || true").splitlines()

    def bring(self, source, target):
        """Copies a file of the machine into the host."""
        self.run("sh", "-euc", f"mkdir -p {shlex.quote(str(Path(target).parent))}")
        with open(source, "rb") as file:
            result = subprocess.run(self.command("sh", "-c", f"cat > {shlex.quote(str(target))}"), stdin=file, env=ENVIRONMENT,
                                    capture_output=True, check=False)
        if result.returncode != 0:
            raise CommandFailed(["bring", source, target], result)

    def checksums(self, *folders):
        """SHA-256 of every file below the folders, by path."""
        listing = self.output("find", *folders, "-type", "f", "-exec", "sha256sum", "{}", "+")
        return {line[66:]: line[:64] for line in listing.splitlines()}

    # --- units ---

    def systemctl(self, *words, **options):
        return self.run("systemctl", *words, **options)

    def unit(self, name):
        """What systemd says of a unit: all its properties."""
        return dict(line.split("=", 1) for line in self.output("systemctl", "show", name).splitlines() if "=" in line)

    def is_active(self, unit):
        return self.output("systemctl", "is-active", unit, check=False) == "active"

    def main_pid(self, unit):
        return int(self.unit(unit)["MainPID"])

    def failed_units(self):
        listing = self.output("systemctl", "list-units", "--failed", "--plain", "--no-legend")
        return [line.split()[0] for line in listing.splitlines()]

    def started_at(self, unit):
        """When the unit became active, in microseconds of the monotonic clock: shared by all units of a host."""
        return int(self.unit(unit)["ActiveEnterTimestampMonotonic"])

    # --- the journal ---

    def journal(self, unit=None, since_cursor=None, this_boot=True, matches=()):
        """The journal's entries, oldest first, each a dictionary of its fields."""
        words = ["journalctl", "--output=json", "--all", "--no-pager", "--quiet", *matches]
        words += ["--boot"] if this_boot else []
        words += [f"--unit={unit}"] if unit else []
        # --after-cursor drops the first entry that matches where the cursor's own does not.
        words += [f"--cursor={since_cursor}"] if since_cursor else []
        entries = [json.loads(line) for line in self.output(*words).splitlines()]
        return [entry for entry in entries if entry["__CURSOR"] != since_cursor]

    def journal_text(self, unit=None, **options):
        return "\n".join(str(entry.get("MESSAGE", "")) for entry in self.journal(unit, **options))

    def cursor(self):
        """A place in the journal: what is written from now on comes after it."""
        self.run("journalctl", "--sync")
        return self.journal()[-1]["__CURSOR"]

    def wait_for_journal(self, text, unit=None, within=30, since_cursor=None):
        """Waits for an entry whose message holds the text and returns it."""

        def found():
            entries = self.journal(unit, since_cursor=since_cursor)
            return next((e for e in entries if text in str(e.get("MESSAGE", ""))), None)

        return wait_for(found, f"the journal of {unit or self.name} says {text!r}", within=within, every=0.2)

    # --- the network ---

    def get(self, url, within=5):
        """Asks a URL from inside; returns (HTTP status, body), status 0 where nothing answered."""
        result = self.run("curl", "--silent", "--show-error", "--insecure", "--max-time", within, "--write-out", "\n%{http_code}",
                          url, check=False)
        body, _, code = result.stdout.rpartition("\n")
        return int(code or 0), body

    def knows(self, name, address):
        """Adds a name to /etc/hosts."""
        self.shell("cat >> /etc/hosts", input=f"{address} {name}\n")

    # --- packages ---

    def installed(self, package):
        """The version that is installed and whole, else None."""
        state = self.package_state(package)
        return state[1] if state and state[0] == "installed" else None

    def package_state(self, package):
        """("installed" or "half-way", version), or None for a package that is not there."""
        return self.packages.state(package)


def descendants_of(pid):
    """All processes below one, as far as the kernel tells now."""
    found = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        children = [int(c) for t in threads for c in Path(f"/proc/{pid}/task/{t}/children").read_text().split()]
    except OSError:
        return found
    for child in children:
        found += [child, *descendants_of(child)]
    return found


def inner_pid(pid):
    """The number a process has in its innermost space, when that is not the machine's own."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                numbers = line.split()[1:]
                return int(numbers[-1]) if len(numbers) > 1 else None
    except OSError:
        pass
    return None
