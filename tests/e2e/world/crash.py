"""A host on which the run that is at work is cut off at a point of the code, and what is true of it afterwards."""

from . import stack
from .etcd import NAME, Etcd
from .faults import ask
from .packages import AptPackages
from .scene import prepared_layer
from .standins import GATEWAY, PUMP
from .tykup import DAEMON, Tykup, closed_window, config, fault_package_file
from .waiting import wait_for

# A fleet of this one host.
FLEET = f'[fleet]\nendpoints = ["http://{NAME}:2379"]\ncluster = "prod"\ndatacenter = "main"\n'
FLEET_POLICY = '[[datacenter]]\nname = "main"\nrank = 0\ntopology = "oss"\n'

PLAIN_FILE = "/opt/tyk-gateway/templates/error.json"  # packaged, no conffile, changed by the operator
OWN_TEXT = '{"whose": "the operator\'s"}\n'
EXECUTORS = "tykup-executor@*.service"
FAULTS = "/run/tykup-fault"

# The old Gateway, whose scripts may be of an era that takes the unit along; everything else is the usual stack.
NEW = {GATEWAY: "5.8.15", PUMP: "1.16.0"}
OLD = {GATEWAY: "5.8.14", PUMP: "1.15.0"}
OLD_OF_AN_ERA = {GATEWAY: "3.2.1", PUMP: "1.15.0"}

EXECUTOR_DROP_IN = "[Service]\nExecStart=\nExecStart=/usr/libexec/tykup/tykup-executor{faults}\n"
DAEMON_DROP_IN = "[Service]\nExecStart=\nExecStart=/usr/sbin/tykupd{faults}\nReadWritePaths=/run/tykup-fault\n"
DROP_INS = {"/etc/systemd/system/tykup-executor@.service.d/fault.conf": EXECUTOR_DROP_IN,
            "/etc/systemd/system/tykupd.service.d/fault.conf": DAEMON_DROP_IN}

# Gates that take no longer than they must.
GATES = {"timeout": "5s", "settle": "1s"}


POLICY = 'track = "latest"\nsoak = "0s"'
MIDDLEWARE = "/opt/tyk-gateway/middleware"
API = {"name": "orders", "api_id": "orders", "active": True,
       "custom_middleware": {"driver": "goplugin", "pre": [{"name": "Authenticate", "path": f"{MIDDLEWARE}/auth.so"}]}}


class CrashHost:
    """Gateway and Pump on their old versions, new ones offered, the window open: the run begins with the host."""

    def __init__(self, scene, session, road="there", own_disk=False, name="tyk"):
        self.road = road
        self.old = OLD_OF_AN_ERA if road == "mended" else OLD
        self.host = scene.host(name, layer(session, scene.format, self.old), boot=False, own_disk=own_disk)
        self.operator = Tykup(self.host)
        for versions in (self.old, NEW):
            for component, version in versions.items():
                scene.packagecloud.offer(component, version, era=era_of(component, version))
        if road == "waits":
            self.shut_the_window()
        else:
            self.operator.configure(self._config())
        if road in ("back", "doomed", "put-right"):
            ask(self.host, GATEWAY, NEW[GATEWAY], never_healthy=True)
        if road == "undone":
            ask(self.host, PUMP, NEW[PUMP], never_healthy=True)
        if road == "plugins":
            self._need_a_plugin()
        if road == "fleet":
            self.etcd = Etcd(scene.folder / "etcd", scene.network)
            self.host.knows(NAME, self.etcd.address)

    def _config(self, **window):
        policy = POLICY + ('\non_failure = "rollback-run"' if self.road == "undone" else "")
        return config("oss", *([FLEET] if self.road == "fleet" else []), policy=policy, **window, **GATES)

    def shut_the_window(self):
        self.operator.configure(self._config(window=closed_window()))

    def _need_a_plugin(self):
        """One build for each version, as the Gateway looks for them."""
        self.host.write_json("/opt/tyk-gateway/apps/orders.json", API)
        for versions in (self.old, NEW):
            version = versions[GATEWAY]
            self.host.write(f"{MIDDLEWARE}/auth_v{version}_linux_amd64.so", f"built for {version}\n")

    def arm(self, *faults):
        """POINT:KIND each, in both programs: a program meets its own points only."""
        for path, text in DROP_INS.items():
            whose = [f for f in faults if (f.partition(":")[0] in self._daemon_points()) == ("tykupd" in path)]
            self.host.write(path, text.format(faults="".join(f" --fault {fault}" for fault in whose)))

    def _daemon_points(self):
        from .points import points
        return {p.name for p in points(self.host.packages.format) if p.of_the_daemon}

    def begin(self):
        """Starts the host, and with it the run."""
        if self.road == "recovered":
            self.hold_script("postinst")
        self.host.boot()
        if self.road in ("doomed", "put-right"):
            ask(self.host, GATEWAY, self.old[GATEWAY], crash_at_start=True)
        if self.road == "put-right":
            self.operator.wait_for_state("needs-admin")
            self.put_right()
        if self.road == "fleet":
            self._begin_a_rollout()
        if self.road == "recovered":
            self.wait_for_script("postinst")
            self.let_go_of("postinst")
            self.host.systemctl("kill", "--signal=KILL", EXECUTORS)

    def _begin_a_rollout(self):
        self.host.write("/root/policy.toml", FLEET_POLICY)
        wait_for(lambda: self.operator.run("fleet", "init", "/root/policy.toml", check=False).returncode == 0, "the fleet is made", within=60)
        wait_for(lambda: self.operator.run("fleet", "start", "--yes", check=False).returncode == 0,
                 lambda: f"a rollout begins\n{self.operator.run('fleet', 'plan', check=False).stdout}\n{self.operator.tail()}", within=90)

    def wait_until_the_rollout_is_done(self):
        wait_for(lambda: self.operator.run("fleet", "status", check=False).stdout.startswith("fleet prod: done"),
                 lambda: f"the rollout is done\n{self.operator.run('fleet', 'status', check=False).stdout}\n{self.operator.tail()}", within=300)

    def put_right(self):
        """What an operator does about it, and says."""
        ask(self.host, GATEWAY, self.old[GATEWAY])
        self.host.shell("sync /etc/standin/*")
        self.host.systemctl("reset-failed", GATEWAY.unit, check=False)
        self.host.systemctl("restart", GATEWAY.unit)
        wait_for(lambda: stack.is_healthy(self.host, GATEWAY, self.old[GATEWAY]), "the old version is well", within=60)
        self.host.run("systemd-run", "--quiet", "--no-block", "--collect", "tykup", "check")

    # --- where it stands ---

    def hold_script(self, place):
        """That script of the Gateway's packages is held at its first run after the start."""
        self.host.write("/etc/tmpfiles.d/hold.conf", f"d /run/standin 0755\np /run/standin/{GATEWAY.package}.{place} 0600\n")

    def wait_for_script(self, place):
        wait_for(lambda: self.host.exists(f"/run/standin/{GATEWAY.package}.{place}.reached"),
                 lambda: f"{place} is reached\n{self.operator.tail()}", within=90)

    def let_go_of(self, place):
        self.host.remove(f"/run/standin/{GATEWAY.package}.{place}", "/etc/tmpfiles.d/hold.conf")

    def wait_until_at(self, point):
        """A point that is not reached is a failure: the matrix proves nothing there."""
        wait_for(lambda: self.host.exists(f"{FAULTS}/{point}"),
                 lambda: f"the point {point} is reached\n{self.operator.tail()}", within=90)

    # --- the end ---

    def end_the_daemon(self, point=None):
        """kill -9, while the executor stands at a point of its own; that goes on when systemd has started tykupd again."""
        killed = self.host.main_pid(DAEMON)
        self.host.run("kill", "-9", killed)
        wait_for(lambda: self.host.main_pid(DAEMON) not in (0, killed), "systemd starts tykupd again", within=60)
        if point:
            self.host.write(f"{FAULTS}/{point}.go", "")

    def end_the_host(self, power=False):
        """Of everything at once; the next start finds the window shut, and no faults."""
        (self.host.lose_power if power else self.host.crash)()
        self.host.remove(*DROP_INS, "/etc/tmpfiles.d/hold.conf")
        self.shut_the_window()
        self.host.boot()

    def open_the_window(self):
        """For a run that waits for it."""
        self.operator.configure(self._config())
        wait_for(lambda: self.host.systemctl("reload", DAEMON, check=False).returncode == 0, "tykupd is there to be told", within=30)

    # --- afterwards ---

    def wait_until_settled(self):
        """Five minutes are the limit, and no command is given."""

        def settled():
            status = self.operator.status_or_none()
            return status and status["state"] in ("idle", "waiting", "stopped", "needs-admin") and status

        return wait_for(settled, lambda: f"tykup has come to rest\n{self.operator.tail()}", within=300, every=0.2)

    def complaints(self, restarts=0, window_was_shut=False):
        """All that is not as it must be, seen from outside."""
        return [*self._of_components(), *self._of_the_host(), *self._of_the_daemon(restarts, window_was_shut)]

    def _of_components(self):
        for component in (GATEWAY, PUMP):
            state = self.host.package_state(component.package)
            if state not in (("installed", self.old[component]), ("installed", NEW[component])):
                yield f"{component.package} is {state}"
                continue
            yield from self._of_its_files(component)
            yield from self._of_its_service(component, state[1])
            yield from self._of_its_changes(component)

    def _of_its_files(self, component):
        """Package verification: nothing is missing, and nothing has other contents but what the operator changed."""
        said = self.host.output(*VERIFY[self.host.packages.format], component.package, check=False)
        for line in said.splitlines():
            flags, path = line.split()[0], line.split()[-1]
            if ("5" in flags or flags == "missing") and path != PLAIN_FILE:
                yield f"verification of {component.package}: {line}"
        if component is GATEWAY and self.host.run("cat", PLAIN_FILE, check=False).stdout != OWN_TEXT:
            yield f"{PLAIN_FILE} is not the operator's any more"

    def _of_its_service(self, component, version):
        def healthy():
            return stack.is_healthy(self.host, component, version if component is GATEWAY else None)

        try:
            wait_for(healthy, "", within=15, every=0.2)
        except AssertionError:
            yield f"{component.name} does not answer as {version}: {stack.hello(self.host, component)}"
        pid = self.host.main_pid(component.unit)
        program = f"{component.folder}/{component.binary}"
        same = self.host.run("cmp", f"/proc/{pid}/exe", program, check=False)
        if pid == 0 or same.returncode != 0 or self.host.output("readlink", f"/proc/{pid}/exe", check=False) != program:
            yield f"the process {pid} of {component.unit} is not the installed {program}: {same.stdout}{same.stderr}"

    def _of_its_changes(self, component):
        """One transaction for each version that it came to; a package that is installed once more on purpose is the exception."""
        if isinstance(self.host.packages, AptPackages):
            log = self.host.run("cat", "/var/log/dpkg.log", check=False).stdout
            came_to = [line.split()[-1] for line in log.splitlines() if f" status installed {component.package}:" in line]
        else:
            database = "file:/var/lib/dnf/history.sqlite?mode=ro"
            came_to = self.host.output("sqlite3", database, ENDED.format(name=component.package)).splitlines()
        for version in set(came_to):
            allowed = 2 if self.road == "mended" and component is GATEWAY else 1
            if version in NEW.values() and came_to.count(version) > allowed:
                yield f"{component.package} {version} was installed {came_to.count(version)} times"

    def _of_the_host(self):
        for unit in self.host.failed_units():
            yield f"{unit} has failed"
        said = self.host.packages.complaints()
        if said:
            yield f"the package manager complains: {said}"

    def _of_the_daemon(self, restarts, window_was_shut):
        status = self.operator.status()
        if status["state"] == "needs-admin":
            yield f"an administrator is needed: {status['trouble']}"
        restarted = int(self.host.unit(DAEMON)["NRestarts"])
        if restarted > restarts:
            yield f"tykupd was restarted {restarted} times"
        if window_was_shut and any("Step begins" in str(e["MESSAGE"]) for e in self.host.journal(DAEMON)):
            yield "a step began although the window is shut"
        yield from self._of_its_history()

    def _of_its_history(self):
        runs = self.operator.runs()
        steps = {step["component"]: step["result"] for run in reversed(runs) for step in run["steps"]}
        of_one_run = len(runs) <= 1 or self.road == "fleet"  # where each step has a run of its own
        if not of_one_run or any(not run["ended"] for run in runs):
            yield f"history is not that of one run with an end: {runs}"
        for component in (GATEWAY, PUMP):
            is_new = self.host.installed(component.package) == NEW[component]
            if is_new != (steps.get(component.name) == "done"):
                yield f"{component.name} is {'new' if is_new else 'old'}, history says {steps.get(component.name)}"


def nothing_in(complaints):
    """Fails with all of them, one a line."""
    assert not complaints, "\n" + "\n".join(complaints)
    return True


# What dnf's history says that a package came to, in transactions that came to their end.
ENDED = """SELECT r.version FROM trans t JOIN trans_item i ON i.trans_id = t.id JOIN rpm r ON r.item_id = i.item_id
WHERE r.name = '{name}' AND t.state = 1 AND i.action IN (1, 2, 6, 9);"""

VERIFY = {"apt": ["dpkg", "--verify"], "rpm": ["rpm", "--verify"]}


def era_of(component, version):
    return "C" if version == OLD_OF_AN_ERA[GATEWAY] else "D"


def layer(session, format, old):
    """The disk of such a host: tykup with its fault points is installed, configured, subscribed and enabled."""
    name = "crash-" + old[GATEWAY]
    return prepared_layer(session, format, name, [stack.digest_of(fault_package_file(format))], lambda scene, host: prepare(scene, host, old))


def prepare(scene, host, old):
    for component, version in old.items():
        scene.packagecloud.offer(component, version, era=era_of(component, version))
    stack.install_on(host, scene.packagecloud, old)
    operator = Tykup(host)
    operator.install(fault_package_file(host.packages.format))
    operator.configure(config("oss", window=closed_window(), **GATES))
    for component in old:
        operator.subscribe_to(scene.packagecloud, component)
    host.write(PLAIN_FILE, OWN_TEXT)
    for point in ("pre-run", "pre-step", "post-step", "post-run"):
        host.write(f"/etc/tykup/hooks/{point}.d/10-agree", "#!/bin/sh\nexit 0\n", mode=0o755)
    host.write("/etc/tmpfiles.d/fault.conf", f"d {FAULTS} 1777\n")
    host.systemctl("enable", DAEMON)
