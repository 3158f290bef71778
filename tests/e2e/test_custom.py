"""Topology custom: packages of Debian with their real services, in the order that the operator wrote."""

import pytest

from world.deb import Deb, rebuilt
from world.repository import AptRepository
from world.tykup import config
from world.waiting import wait_for

pytestmark = pytest.mark.formats("apt")

COMPONENTS = """
[deployment]
components = ["web", "cache"]

[component.web]
packages = ["nginx", "nginx-common"]
unit     = "nginx.service"
probe    = [{ http = "http://127.0.0.1/", status = 200, body = "Welcome to nginx" }]
origin   = "Debian"

[component.cache]
packages = ["redis-server", "redis-tools"]
unit     = "redis-server.service"
probe    = [{ tcp = "127.0.0.1:6379" }]
origin   = "Debian"
quiet    = true
"""
PACKAGES = {"web": ["nginx", "nginx-common"], "cache": ["redis-server", "redis-tools"]}
UNITS = {"web": "nginx.service", "cache": "redis-server.service"}
PID_FILES = {"nginx": "/run/nginx.pid", "redis-server": "/run/redis/redis-server.pid"}


def tell_at_its_end(tree):
    """The package's postinst writes down, as its last act, which process serves and whether it was told to be quiet."""
    package = next(line.split()[1] for line in (tree / "DEBIAN/control").read_text().splitlines() if line.startswith("Package:"))
    if package not in PID_FILES:
        return
    script = tree / "DEBIAN/postinst"
    head, _, body = script.read_text().partition("\n")
    told = f'trap \'echo "$(cat {PID_FILES[package]}) ${{SYSTEMD_OFFLINE-none}}" > /run/{package}.told\' EXIT'
    script.write_text(f"{head}\n{told}\n{body}")


@pytest.fixture
def custom(operator, debian_repository):
    """A host with redis and nginx as Debian built them, configured with a window that is open; not started."""
    host = operator.host
    debian_repository.subscribe_by_hand(host)
    host.packages.get("install", *PID_FILES)
    operator.configure(config("custom"))
    host.write("/etc/tykup/tykup.toml.d/custom.toml", COMPONENTS, mode=0o644)
    return operator


def told(host, package):
    """(the process that served when the package's script ended, the word about being quiet)"""
    pid, quiet = host.read(f"/run/{package}.told").split()
    return int(pid), quiet


def changes_by_us(host):
    """What apt's history has of us: a text for each transaction, oldest first."""
    return [block for block in host.read("/var/log/apt/history.log").split("\n\n") if "Commandline: tykup" in block]


def test_apt_custom_component(custom, debian_repository):
    host = custom.host
    second = debian_repository.offer_second_builds(change=tell_at_its_end)
    host.run("redis-cli", "set", "kept", "over the upgrade")
    before = {name: host.main_pid(unit) for name, unit in UNITS.items()}
    cursor = host.cursor()
    custom.start()
    run = custom.wait_for_first_run()
    assert (run["result"], [(s["component"], s["result"]) for s in run["steps"]]) == ("done", [("web", "done"), ("cache", "done")]), run
    assert {package: host.installed(package) for package in second} == second
    # The scripts of redis left it alone: the old process served until our one restart. nginx went its own way.
    assert told(host, "redis-server") == (before["cache"], "1")
    assert told(host, "nginx")[1] == "none" and told(host, "nginx")[0] != before["web"]
    starts = [e for e in host.journal("redis-server.service", since_cursor=cursor) if e["MESSAGE"].startswith("Started ")]
    assert len(starts) == 1
    assert host.started_at(UNITS["web"]) < host.started_at(UNITS["cache"])
    assert all(host.main_pid(unit) not in (0, before[name]) for name, unit in UNITS.items())
    assert host.output("redis-cli", "get", "kept") == "over the upgrade"
    assert host.get("http://127.0.0.1/")[0] == 200
    assert host.failed_units() == []
    # The packages of one component change together, and nothing beside them.
    changes = changes_by_us(host)
    assert len(changes) == 2
    for change, packages in zip(changes, PACKAGES.values()):
        assert all(f"{package}:amd64" in change for package in packages), change
        assert change.count(":amd64 (") == 2 and "Install:" not in change and "Remove:" not in change, change


def test_a_custom_component_takes_versions_of_its_origin_only(custom, scene, debian_repository, stranger_key):
    host = custom.host
    second = debian_repository.offer_second_builds()
    other = AptRepository(scene.folder / "www/other", stranger_key, "Somebody", "Somebody")
    for name in PACKAGES["cache"]:
        deb = Deb(next(scene.root.debs.glob(f"{name}_*.deb")))
        other.add(rebuilt(deb, scene.folder / "rebuilt", "9:9.0"))
    host.write("/etc/apt/keyrings/other.asc", stranger_key.armored)
    host.write("/etc/apt/sources.list.d/other.sources", "Types: deb\nURIs: https://packagecloud.test/other/debian/\n"
               "Suites: bookworm\nComponents: main\nSigned-By: /etc/apt/keyrings/other.asc\n")
    host.run("apt-get", "update", "--quiet")
    assert "Candidate: 9:9.0" in host.output("apt-cache", "policy", "redis-server")
    custom.start()
    run = custom.wait_for_first_run()
    assert run["result"] == "done", run
    assert {package: host.installed(package) for package in second} == second


def test_a_custom_component_whose_probe_fails_goes_back(custom, debian_repository):
    host = custom.host
    host.write("/etc/nginx/sites-available/default", "server { listen 80; root /usr/share/nginx/html; }\n")
    host.systemctl("reload", "nginx.service")
    first = {package: host.installed(package) for both in PACKAGES.values() for package in both}
    debian_repository.offer_second_builds(change=show_another_page)
    custom.configure(config("custom", timeout="8s"))
    custom.start()
    run = custom.wait_for_first_run()
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("stopped", ["rolled-back", "pending"]), run
    assert "Welcome to nginx" in run["steps"][0]["reason"]
    assert {package: host.installed(package) for package in first} == first
    assert "Welcome to nginx" in host.get("http://127.0.0.1/")[1]
    wait_for(lambda: "bad_version" in custom.reasons("web"), lambda: f"the next plan says why it stays: {custom.reasons('web')}", within=60)


def show_another_page(tree):
    """The page that this build ships is not the one that the operator's probe asks for."""
    page = tree / "usr/share/nginx/html/index.html"
    if page.exists():
        page.write_text("It works!\n")
