"""A receiver of webhooks on the network of a test, over TLS with a certificate of the authority that the hosts trust."""

import json
import subprocess
import sys
from pathlib import Path

from .process import ENVIRONMENT, run
from .waiting import wait_for

NAME = "hooks.test"
PORT = 443


class WebhookSink:
    """Takes what is posted to https://hooks.test. What it answers, and whether it is there at all, is said by the test."""

    def __init__(self, scene):
        self._scene = scene
        self._folder = scene.folder / "webhooks"
        self._folder.mkdir()
        self.line = scene.network.plug("hooks")
        self._certificate = scene.authority.issue(self._folder, NAME)
        self._process = None
        self.answers(200)
        self.start()

    def url(self, path="/services/S3CR3T"):
        return f"https://{NAME}{path}"

    def answers(self, code):
        (self._folder / "answer").write_text(str(code))

    def shows_certificate_for(self, *names):
        """Another certificate of the trusted authority."""
        self.stop()
        self._certificate = self._scene.authority.issue(self._folder, *names)
        self.start()

    def start(self):
        words = [sys.executable, Path(__file__).with_name("webhook_sink.py"), PORT, *self._certificate, self._folder]
        self._process = subprocess.Popen(["ip", "netns", "exec", self.line.namespace, *map(str, words)], env=ENVIRONMENT,
                                         stdin=subprocess.DEVNULL)
        probe = self._scene.network.command("curl", "--silent", "--insecure", "--max-time", "2", f"https://{self.line.address}:{PORT}/")
        wait_for(lambda: run(*probe, check=False).returncode == 0, "the receiver of webhooks is there", within=20)

    def stop(self):
        """Nothing listens any more: connections are refused."""
        if self._process:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def posts(self, path="/services/S3CR3T"):
        """What came, oldest first: the code that it was answered with and the JSON."""
        file = self._folder / "posts"
        found = map(json.loads, file.read_text().splitlines()) if file.exists() else []
        return [(post["code"], json.loads(post["body"])) for post in found if post["path"] == path]

    def taken(self, path="/services/S3CR3T"):
        """The JSON of all that was answered with 200."""
        return [body for code, body in self.posts(path) if code == 200]
