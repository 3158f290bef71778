"""A real etcd in a namespace of its own: Debian's program, out of its package, beside the hosts and not on one of them."""

import shutil
import signal
import subprocess
from pathlib import Path

from .process import ENVIRONMENT, output, run
from .waiting import wait_for

NAME = "etcd.test"
PEER = "http://127.0.0.1:2380"  # nobody but itself
PROGRAMS = Path(__file__).parents[3] / "build/tools/usr/bin"


class Etcd:
    """One member, a cluster of its own. With `authority` it speaks TLS under its name, else plain HTTP. `token_ttl`: seconds
    after which it forgets a user who asks nothing."""

    def __init__(self, folder, network, authority=None, token_ttl=300):
        self.line = network.plug("etcd")
        self.address = self.line.address
        self._folder = folder
        self._authority = authority
        self._token_ttl = token_ttl
        self._process = None
        folder.mkdir()
        self.certificate, self.key = authority.issue(folder, NAME, self.address) if authority else (None, None)
        self.start()

    @property
    def url(self):
        return f"http{'s' if self._authority else ''}://{NAME}:2379"

    @property
    def _data(self):
        return self._folder / "data"

    # --- coming and going ---

    def start(self):
        scheme = "https" if self._authority else "http"
        words = ["--data-dir", self._data, "--name", "one", "--listen-client-urls", f"{scheme}://0.0.0.0:2379", "--advertise-client-urls", self.url,
                 "--listen-peer-urls", PEER, "--bcrypt-cost", "4", "--auth-token-ttl", self._token_ttl, "--logger", "zap"]
        words += ["--cert-file", self.certificate, "--key-file", self.key] if self._authority else []
        log = open(self._folder / "log", "ab")
        self._process = subprocess.Popen(["ip", "netns", "exec", self.line.namespace, str(PROGRAMS / "etcd"), *map(str, words)],
                                         stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT)
        log.close()
        wait_for(lambda: self.control("endpoint", "health", check=False).returncode == 0, lambda: f"etcd answers\n{self.log()}", within=60)

    def stop(self):
        """Nothing listens any more."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)
        self._process = None

    def kill(self):
        self._process.kill()
        self._process.wait(20)
        self._process = None

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        if self._process:
            self.kill()

    def log(self):
        return (self._folder / "log").read_text(errors="replace")[-4000:]

    # --- its operator ---

    def control(self, *words, check=True, user=None):
        """etcdctl with these words, asked where etcd runs."""
        scheme = "https" if self._authority else "http"
        options = ["--endpoints", f"{scheme}://{self.address}:2379"]
        options += ["--cacert", self._authority.certificate] if self._authority else []
        options += ["--user", user] if user else []
        return run("ip", "netns", "exec", self.line.namespace, "env", "ETCDCTL_API=3", PROGRAMS / "etcdctl", *options, *words, check=check)

    def authentications(self):
        """How often somebody has shown a password."""
        scheme, trust = ("https", ["--cacert", self._authority.certificate]) if self._authority else ("http", [])
        metrics = output("ip", "netns", "exec", self.line.namespace, "curl", "--silent", *trust, f"{scheme}://{self.address}:2379/metrics")
        (line,) = (line for line in metrics.splitlines() if line.startswith("grpc_server_started_total{") and 'grpc_method="Authenticate"' in line)
        return int(float(line.split()[-1]))

    def keys(self, prefix="/tykup/"):
        return self.control("get", "--prefix", "--keys-only", prefix).stdout.split()

    def save(self, name="snapshot"):
        """A backup of everything that it knows now."""
        file = self._folder / name
        self.control("snapshot", "save", str(file))
        return file

    def restore(self, file):
        """The backup is all that it knows from now on, as after `etcdctl snapshot restore` on a host that lost its disk."""
        self.stop()
        shutil.rmtree(self._data)
        run("env", "ETCDCTL_API=3", PROGRAMS / "etcdctl", "snapshot", "restore", file, "--data-dir", self._data, "--name", "one",
            "--initial-cluster", f"one={PEER}", "--initial-advertise-peer-urls", PEER)
        self.start()

    # --- users ---

    def ask_for_users(self, user, password):
        """From now on nobody is answered who is not a user: root, and that one for the fleet's keys."""
        self.control("user", "add", "root:root")
        self.control("user", "grant-role", "root", "root")
        self.control("role", "add", "fleet")
        self.control("role", "grant-permission", "fleet", "--prefix=true", "readwrite", "/tykup/")
        self.control("user", "add", f"{user}:{password}")
        self.control("user", "grant-role", user, "fleet")
        self.control("auth", "enable")
