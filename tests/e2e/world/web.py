"""nginx with TLS in a namespace of its own, and the ways in which a server can be ill."""

import json
import os
import signal
import socket
import subprocess

from pathlib import Path

from .process import ENVIRONMENT, run
from .waiting import NeverHappened, wait_for

CONFIG = """
user root;
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  default_type application/octet-stream;
  client_body_temp_path {folder}/tmp/body; proxy_temp_path {folder}/tmp/proxy; fastcgi_temp_path {folder}/tmp/fastcgi;
  uwsgi_temp_path {folder}/tmp/uwsgi; scgi_temp_path {folder}/tmp/scgi;
  log_format asked escape=json '{{"at":$msec,"from":"$remote_addr","method":"$request_method","path":"$uri","code":$status,"bytes":$bytes_sent}}';
  access_log {folder}/access.log asked;
  server {{
    listen 443 ssl;
    listen 80;
    server_name _;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    root {root};
    add_header X-Generation {generation} always;
    location = /.generation {{ access_log off; return 200 "{generation}"; }}
    {switches}
  }}
}}
"""


class WebServer:
    """Serves a folder over HTTPS (and HTTP) under its names. Switches are in force when the call returns."""

    def __init__(self, binary, folder, root, network, authority, *names):
        self._binary = binary
        self._folder = folder
        self._root = root
        self._network = network
        self._authority = authority
        self.line = network.plug("web")
        self.address = self.line.address
        self.names = names
        self._switches = {}
        self._generation = 0
        self._process = None
        self._silence = None
        (folder / "tmp").mkdir(parents=True)
        self._right_certificate = authority.issue(folder, *names, self.address)
        self._certificate = self._right_certificate
        self._log_start = 0
        self.start()

    # --- coming and going ---

    def start(self):
        self._configure()
        errors = open(self._folder / "output", "ab")
        self._process = subprocess.Popen(
            ["ip", "netns", "exec", self.line.namespace, self._binary, "-e", self._folder / "error.log", "-p", self._folder,
             "-c", self._folder / "nginx.conf"], stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, env=ENVIRONMENT)
        errors.close()
        self._wait_for_generation()

    def stop(self):
        """Nothing listens any more: connections are refused."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)
        self._process = None

    def close(self):
        if self._process:
            self.stop()

    # --- the ways to be ill ---

    def heal(self):
        self._switches = {}
        self._certificate = self._right_certificate
        self._reload()

    def answers(self, code, path="/"):
        """Every request below `path` gets this status."""
        self._switch(path, f"return {code};")

    def slow(self, bytes_per_second, path="/"):
        """Bodies below `path` trickle; what fits into one TLS record (16 KiB) comes at once all the same."""
        self._switch(path, f"limit_rate {bytes_per_second};")

    def hangs(self, path="/"):
        """Requests below `path` are taken and never answered."""
        if self._silence is None:
            self._silence = socket.socket(socket.AF_UNIX)
            self._silence.bind(str(self._folder / "silence"))
            self._silence.listen(64)
        self._switch(path, f"proxy_pass http://unix:{self._folder}/silence; proxy_read_timeout 1h;")

    def freeze(self):
        """It stops in the middle of what it sends: connections stay open, and nothing comes any more."""
        self._signal_workers(signal.SIGSTOP)

    def thaw(self):
        self._signal_workers(signal.SIGCONT)

    def _signal_workers(self, which):
        for worker in workers_of(self._process.pid):
            os.kill(int(worker), which)

    def shows_certificate_for(self, *names, days=30):
        """Another certificate of the trusted authority: for other names, or expired with negative `days`."""
        self._certificate = self._authority.issue(self._folder, *names, days=days)
        self._reload()

    def shows_stranger_certificate(self):
        """A certificate for the right names that no authority known to the hosts has signed."""
        certificate, key = self._folder / "stranger.crt", self._folder / "stranger.key"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={self.names[0]}",
            "-addext", f"subjectAltName=DNS:{self.names[0]}", "-keyout", key, "-out", certificate)
        self._certificate = (certificate, key)
        self._reload()

    def _switch(self, path, directive):
        self._switches[path] = directive
        self._reload()

    # --- what it saw ---

    def requests(self, path=""):
        """What was asked since `forget`, oldest first: at (seconds), from, method, path, code, bytes."""
        log = self._folder / "access.log"
        lines = log.read_text().splitlines()[self._log_start:] if log.exists() else []
        return [r for r in map(json.loads, lines) if path in r["path"]]

    def forget(self):
        """Requests seen until now are not told again."""
        log = self._folder / "access.log"
        self._log_start = len(log.read_text().splitlines()) if log.exists() else 0

    # --- configuration ---

    def _configure(self):
        self._generation += 1
        switches = "\n    ".join(f"location {path} {{ {directive} }}" for path, directive in self._switches.items())
        (self._folder / "nginx.conf").write_text(CONFIG.format(
            folder=self._folder, root=self._root, certificate=self._certificate[0], key=self._certificate[1],
            generation=self._generation, switches=switches))

    def _reload(self):
        """Returns when a new worker answers and no old one takes connections any more."""
        old = workers_of(self._process.pid)
        self._configure()
        self._process.send_signal(signal.SIGHUP)
        self._wait_for_generation()
        wait_for(lambda: not old & workers_of(self._process.pid), "the old workers of nginx retire", within=20)

    def _wait_for_generation(self):

        def answers():
            if self._process.poll() is not None:
                raise NeverHappened(f"nginx ended:\n{self._errors()}")
            command = self._network.command("curl", "--silent", "--max-time", "2", f"http://{self.address}/.generation")
            return run(*command, check=False).stdout == str(self._generation)

        wait_for(answers, "nginx serves with its new configuration", within=20)

    def _errors(self):
        files = [self._folder / "error.log", self._folder / "output"]
        return "".join(f.read_text()[-2000:] for f in files if f.exists())


def workers_of(master):
    """The workers that still take connections: nginx writes into its title when one is shutting down."""
    pids = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return {pid for pid in pids if "shutting down" not in title_of(pid)}


def title_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return "shutting down"
