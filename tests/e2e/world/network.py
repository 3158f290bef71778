"""The cables of one test: a switch in a namespace of its own, and namespaces plugged into it. Nothing of it touches the
machine's own network, so the same addresses serve any number of tests at a time."""

from .process import run
from .session import kill_all_in

PREFIX = "10.77.0."


class Network:
    """A switch. The test itself sits on it at 10.77.0.1."""

    def __init__(self, stem):
        self._stem = stem
        self._switch = f"{stem}-switch"
        self._plugged = []
        run("ip", "netns", "add", self._switch)
        self._in_switch("link add br0 type bridge")
        self._in_switch(f"addr add {PREFIX}1/24 dev br0")
        self._in_switch("link set lo up")
        self._in_switch("link set br0 up")

    def _in_switch(self, words):
        run("ip", "-n", self._switch, *words.split())

    def plug(self, name):
        """A new namespace on the switch, with an address of its own."""
        line = Line(self, f"{self._stem}-{name}", f"port{len(self._plugged)}", f"{PREFIX}{len(self._plugged) + 10}")
        self._plugged.append(line)
        run("ip", "netns", "add", line.namespace)
        self._in_switch(f"link add {line.port} type veth peer name host0 netns {line.namespace}")
        self._in_switch(f"link set {line.port} master br0 up")
        for words in (f"addr add {line.address}/24 dev host0", "link set lo up", "link set host0 up"):
            run("ip", "-n", line.namespace, *words.split())
        return line

    def command(self, *argv):
        """The words that run a program at the test's own seat on the switch."""
        return ["ip", "netns", "exec", self._switch, *argv]

    def close(self):
        for line in self._plugged:
            kill_all_in(line.namespace)
            run("ip", "netns", "delete", line.namespace, check=False)
        kill_all_in(self._switch)
        run("ip", "netns", "delete", self._switch, check=False)


class Line:
    """One namespace and its cable to the switch."""

    def __init__(self, network, namespace, port, address):
        self._network = network
        self.namespace = namespace
        self.port = port
        self.address = address

    def pull(self):
        self._network._in_switch(f"link set {self.port} down")

    def plug_back(self):
        self._network._in_switch(f"link set {self.port} up")
