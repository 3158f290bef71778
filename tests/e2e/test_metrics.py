"""What monitoring reads on a host."""

import subprocess

import pytest

from world.stack import NEW
from world.tykup import DAEMON
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")

FILE = "/run/tykup-metrics/tykup.prom"


def figures(host):
    """The samples as anybody may read them, by name and labels."""
    text = host.output("cat", FILE, user="nobody")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def lint(text):
    """What Prometheus' own tool has to say against it."""
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    return checked.stdout + checked.stderr


def test_metrics_tell_of_the_run_and_go_with_the_daemon(subscribed):
    host = subscribed.host
    subscribed.start()
    subscribed.wait_for_first_run()
    told = wait_for(lambda: (found := figures(host)).get('tykup_state{state="idle"}') and found, "the figures say idle")
    assert told['tykup_last_run_result{result="done"}'] == 1
    assert told["tykup_run_active"] == 0
    for component, version in NEW.items():
        info = f'tykup_component_info{{component="{component.name}",package="{component.package}",installed="{version}'  # and the release of an rpm
        assert [name for name in told if name.startswith(info)], told
        assert told[f'tykup_component_healthy{{component="{component.name}"}}'] == 1
        assert told[f'tykup_component_running{{component="{component.name}",unit="{component.unit}"}}'] == 1
    assert lint(host.read(FILE)) == ""
    assert host.names_in("/run/tykup-metrics") == ["tykup.prom"]
    host.systemctl("stop", DAEMON)
    assert not host.exists(FILE)
