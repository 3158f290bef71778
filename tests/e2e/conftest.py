"""Fixtures of the end-to-end tests. Run as root, by tests/run e2e or `pytest-3 -n 2 tests/e2e`."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from world.debian import DebianRepository  # noqa: E402
from world.identity import SigningKey  # noqa: E402
from world.scene import Scene, prepared_layer  # noqa: E402
from world.session import Session  # noqa: E402
from world.standins import DASHBOARD, GATEWAY, PUMP  # noqa: E402

OLD = {DASHBOARD: "5.8.14", GATEWAY: "5.8.14", PUMP: "1.15.0"}
NEW = {DASHBOARD: "5.8.15", GATEWAY: "5.8.15", PUMP: "1.16.0"}


@pytest.fixture(scope="session")
def session():
    """This run's corner of the machine; what earlier runs left behind is swept first."""
    if os.geteuid() != 0:
        pytest.exit("the end-to-end tests boot hosts: run them as root", returncode=2)
    session = Session()
    yield session
    session.close()


@pytest.fixture
def scene(session):
    """A network with a packagecloud on it and no host yet."""
    scene = Scene(session)
    yield scene
    scene.close()


@pytest.fixture
def packagecloud(scene):
    return scene.packagecloud


@pytest.fixture
def host(scene):
    """A fresh Debian host that knows packagecloud by name and nothing else."""
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
    for component in OLD:
        packagecloud.offer(component, OLD[component])
        packagecloud.offer(component, NEW[component])
    return packagecloud


@pytest.fixture(scope="session")
def old_stack_layer(session):
    """The disk of a self-managed host that runs the old versions, installed by plain apt."""

    def install(scene, host):
        for component, version in OLD.items():
            scene.packagecloud.offer(component, version)
        scene.packagecloud.subscribe_by_hand(host, *OLD)
        host.apt_get("install", *(f"{c.package}={v}" for c, v in OLD.items()))

    return prepared_layer(session, "old-stack", [f"{c.name}={v}" for c, v in OLD.items()], install)


@pytest.fixture
def old_stack(scene, old_stack_layer, old_and_new):
    """A booted self-managed host on the old versions; packagecloud offers the new ones, too."""
    return scene.host("tyk", old_stack_layer)


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
