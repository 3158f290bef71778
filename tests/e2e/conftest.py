"""Fixtures of the end-to-end tests. Run as root, by tests/run e2e or `pytest-3 -n 2 tests/e2e`."""

import os
import sys
from datetime import date
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "lib")]
# Said here, by the first process: those that it starts draw the same cases, past midnight too.
os.environ.setdefault("TYKUP_SEED", str(date.today().toordinal()))

from world.debian import DebianRepository  # noqa: E402
from world.fleet import Fleet  # noqa: E402
from world.identity import SigningKey  # noqa: E402
from world.scene import Scene  # noqa: E402
from world.session import Session  # noqa: E402
from world.stack import OLD, offer_old_and_new, old_stack_layer, old_stack_with_tykup_layer, tykup_layer  # noqa: E402
from world.tykup import Tykup, config  # noqa: E402


@pytest.fixture(scope="session")
def session():
    """This run's corner of the machine; what earlier runs left behind is swept first."""
    if os.geteuid() != 0:
        pytest.exit("the end-to-end tests boot hosts: run them as root", returncode=2)
    session = Session()
    yield session
    session.close()


@pytest.fixture
def format():
    """Whose hosts this test has: "apt" or "rpm". Every test with a host runs for both, unless its mark `formats` says
    otherwise."""
    return "apt"


def pytest_configure(config):
    config.addinivalue_line("markers", "formats(*now, full=()): the formats a test runs for: always, or in the full run and by name only")
    config.addinivalue_line("markers", "takes_minutes: the run should begin with it, or it ends with it")
    config.addinivalue_line("markers", "part(cases): of its cases only these run but in the full run or by name")
    config.addinivalue_line("markers", "in_full: in the full run only, and where a filter names it")
    config.addinivalue_line("markers", "scenario(*names): other names that select this test, each for the format it begins with, or for both")


def everything(config):
    """What proves little beside the rest is for the full run, and for those who ask for it by name."""
    return bool(os.environ.get("TYKUP_FULL") or config.getoption("keyword"))


def pytest_generate_tests(metafunc):
    its_own = any("format" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize") if isinstance(mark.args[0], str))
    if "format" not in metafunc.fixturenames or its_own:
        return
    mark = metafunc.definition.get_closest_marker("formats")
    now = mark.args if mark and mark.args else ("apt", "rpm") if not mark or "full" not in mark.kwargs else ("apt",)
    later = [mark.kwargs["full"]] if mark and "full" in mark.kwargs else []
    metafunc.parametrize("format", [*now, *later] if everything(metafunc.config) else now)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """`-k rpm_self_managed_order` selects that scenario in that format; a test may stand for scenarios of other names."""
    items[:] = [item for item in items if everything(config) or runs_always(item)]
    items.sort(key=lambda item: item.get_closest_marker("takes_minutes") is None)
    for item in items:
        format = format_of(item)
        if format:
            item.extra_keyword_matches.add(item.originalname.replace("test_", f"test_{format}_", 1))
        for mark in item.iter_markers("scenario"):
            item.extra_keyword_matches.update(name for name in mark.args if format and is_of(format, name))


def is_of(format, name):
    """Whether a scenario of that name has hosts of this format: its own, or those of both."""
    return name.startswith(format) or not name.startswith(("apt_", "rpm_"))


def format_of(item):
    return item.callspec.params.get("format") if hasattr(item, "callspec") else None


def runs_always(item):
    if item.get_closest_marker("in_full"):
        return False
    part = item.get_closest_marker("part")
    return not part or item.callspec.id in part.args[0]


@pytest.fixture
def scene(session, format):
    """A network with a packagecloud on it and no host yet."""
    scene = Scene(session, format)
    yield scene
    scene.close()


@pytest.fixture
def packagecloud(scene):
    return scene.packagecloud


@pytest.fixture
def host(scene):
    """A fresh host that knows packagecloud by name and nothing else."""
    return scene.host()


@pytest.fixture
def stranger_key():
    """A key that nobody trusts."""
    return SigningKey("stranger")


@pytest.fixture
def debian_repository(scene):
    """A local repository of the publisher Debian with the real redis-server and nginx."""
    return DebianRepository(scene)


@pytest.fixture
def old_and_new(packagecloud):
    """packagecloud offers Dashboard, Gateway and Pump in an old and a new version each."""
    offer_old_and_new(packagecloud)
    return packagecloud


@pytest.fixture
def old_stack(scene, session, format, old_and_new):
    """A booted self-managed host on the old versions, subscribed by hand; packagecloud offers the new ones, too."""
    host = scene.host("tyk", old_stack_layer(session, format))
    old_and_new.subscribe_by_hand(host, *OLD)
    return host


@pytest.fixture
def fleet(scene):
    """An etcd and a packagecloud that offers the old versions, no host yet."""
    fleet = Fleet(scene)
    yield fleet
    fleet.close()


@pytest.fixture
def operator(scene, session, format, old_and_new):
    """The operator of a booted self-managed host on the old versions, with tykup installed and nothing configured."""
    return Tykup(scene.host("tyk", old_stack_with_tykup_layer(session, format)))


@pytest.fixture
def tykup_only(session, format):
    """The disk of a host with tykup installed and nothing of Tyk's."""
    return tykup_layer(session, format)


@pytest.fixture
def subscribed(operator, old_and_new):
    """The same, configured with a window that is open now and subscribed to the three repositories; not started."""
    operator.configure(config())
    for component in OLD:
        operator.subscribe_to(old_and_new, component)
    return operator


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what its hosts said."""
    outcome = yield
    report = outcome.get_result()
    scene = item.funcargs.get("scene") if hasattr(item, "funcargs") else None
    if report.when != "call" or not report.failed or scene is None:
        return
    for host in scene.hosts:
        report.sections.append((f"console of {host.name}", host.console()))
        if host.is_on:
            tail = host.run("journalctl", "--no-pager", "--lines=150", "--output=short-precise", check=False)
            report.sections.append((f"journal of {host.name}", tail.stdout))
