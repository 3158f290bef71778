"""What comes over the network half, late or wrong is never taken for a package."""

import pytest

from world.faults import ask
from world.snapshot import snapshot
from world.stack import NEW, OLD, is_healthy
from world.standins import DASHBOARD, GATEWAY, PUMP
from world.tykup import closed_window, config
from world.waiting import wait_for

pytestmark = pytest.mark.formats(full="rpm")

ARCHIVE = "/var/cache/tykup-executor/archives"
PARTIAL = f"{ARCHIVE}.partial"
BIG = {**NEW, GATEWAY: "5.8.16"}
# What the operator of a host says who does not want to wait long for a line that is dead.
IMPATIENCE = {
    "apt": ("/etc/apt/apt.conf.d/80impatient", 'Acquire::http::Timeout "5"; Acquire::https::Timeout "5"; Acquire::Retries "0";\n'),
    "rpm": ("/etc/dnf/dnf.conf", "[main]\ngpgcheck=1\ntimeout=5\n"),
}
CUTS = {
    "server-stops-sending": (lambda scene, host: scene.packagecloud.web.freeze(), lambda scene, host: scene.packagecloud.web.thaw()),
    "link-goes-down": (lambda scene, host: host.line.pull(), lambda scene, host: host.line.plug_back()),
}


def arrived(host):
    """How many bytes of packages lie where downloads grow."""
    return sum(map(int, host.output("sh", "-c", f"find {PARTIAL} -type f -printf '%s\\n' 2>/dev/null || :").split()))


def kept_digests(host):
    """By the names of what is kept: NAME_VERSION_ARCH_SHA256.SUFFIX."""
    return {name.rsplit("_", 1)[-1].partition(".")[0] for name in host.names_in(ARCHIVE)}


@pytest.mark.takes_minutes
@pytest.mark.part({"apt-link-goes-down"})
@pytest.mark.parametrize("cut", CUTS)
def test_network_cut_mid_download(scene, subscribed, old_and_new, cut):
    host, web = subscribed.host, old_and_new.web
    break_it, mend_it = CUTS[cut]
    path, text = IMPATIENCE[host.packages.format]
    host.write(path, text, mode=0o644)
    big = old_and_new.offer(GATEWAY, BIG[GATEWAY], padding=12 << 20)
    subscribed.configure(config(refresh="1m"))
    web.slow(512 << 10, old_and_new.packages_of("tyk-gateway"))
    before = snapshot(host)
    subscribed.start()
    wait_for(lambda: arrived(host) > 1 << 20, "the package arrives", within=120)
    assert arrived(host) < big.path.stat().st_size
    break_it(scene, host)

    def noticed():
        status = subscribed.status()  # while it refreshes it tells no plan
        return status["hindrance"] and status["plan"]["steps"] and status

    status = wait_for(noticed, "the cut is noticed", within=150)
    full = host.packages.full
    assert f"Fetching gateway {full(OLD[GATEWAY])} → {full(BIG[GATEWAY])} failed" in status["hindrance"]
    assert old_and_new.source_name("tyk-gateway").split()[0] in status["hindrance"]
    assert status["hindrance"].endswith("(repository_unreachable)")
    assert [step["component"] for step in status["plan"]["steps"]] == ["dashboard", "gateway", "pump"]
    assert subscribed.run("status", check=False).returncode == 1
    assert big.sha256 not in kept_digests(host) and arrived(host) == 0
    assert snapshot(host) == before and subscribed.runs() == []

    mend_it(scene, host)
    web.heal()
    run = subscribed.wait_for_first_run(within=400)
    assert (run["result"], run["trigger"]) == ("done", "window"), run
    assert {component: host.installed(component.package) for component in BIG} == BIG
    assert big.sha256 in kept_digests(host)
    # What had arrived whole before is not fetched again.
    fetched = [r for r in web.requests(NEW[DASHBOARD]) if "tyk-dashboard" in r["path"] and r["code"] == 200]
    assert len(fetched) == 1


# --- packages that are not what the index says, or are no packages -----------------------------------------------------


def shrunk(package, target):
    """The first two thirds of a package."""
    whole = package.path.read_bytes()
    target.write_bytes(whole[: len(whole) * 2 // 3])


def grown(package, target):
    """The whole package with more bytes behind it."""
    target.write_bytes(package.path.read_bytes() + b"\0" * 512)


@pytest.mark.scenario("truncated_and_tampered_package")
@pytest.mark.parametrize("change", [shrunk, grown])
def test_a_file_of_another_size_than_the_index_says_is_refused(subscribed, old_and_new, change):
    """Shorter or longer than promised; what is kept is what was promised."""
    host, gateway = subscribed.host, old_and_new.repository_of(GATEWAY)
    genuine = old_and_new.offer(GATEWAY, NEW[GATEWAY])
    change(genuine, gateway.path_of("tyk-gateway", NEW[GATEWAY]))
    before = snapshot(host)
    subscribed.start()
    status = wait_for(lambda: subscribed.status()["hindrance"] and subscribed.status(), "the fetch fails", within=60)
    assert "Fetching gateway" in status["hindrance"] and status["hindrance"].endswith("(hash_mismatch)")
    assert genuine.sha256 not in kept_digests(host) and arrived(host) == 0
    assert snapshot(host) == before
    old_and_new.offer(GATEWAY, NEW[GATEWAY])
    subscribed.run("check", check=False)
    assert subscribed.wait_for_first_run()["result"] == "done"
    assert {component: host.installed(component.package) for component in NEW} == NEW


@pytest.mark.scenario("truncated_and_tampered_package")
def test_a_damaged_package_that_its_publisher_signed_for_is_refused(subscribed, old_and_new):
    """Index and signature are right: the repository itself was given half a file. It is no package, and is named."""
    host, gateway = subscribed.host, old_and_new.repository_of(GATEWAY)
    before = snapshot(host, GATEWAY, PUMP)
    gateway.spoil_at_the_source("tyk-gateway", NEW[GATEWAY])
    subscribed.start()
    status = wait_for(lambda: subscribed.status()["hindrance"] and subscribed.status(), "the fetch fails", within=60)
    assert "gateway" in status["hindrance"] and NEW[GATEWAY] in status["hindrance"]
    assert status["hindrance"].endswith("(hash_mismatch)"), status["hindrance"]
    assert snapshot(host, GATEWAY, PUMP) == before and is_healthy(host, GATEWAY, OLD[GATEWAY])
    old_and_new.offer(GATEWAY, NEW[GATEWAY])
    subscribed.run("check", check=False)
    assert subscribed.wait_for_first_run()["result"] == "done"
    assert {component: host.installed(component.package) for component in NEW} == NEW


def kept_file(host, package, version):
    """Where a version of a package is kept."""
    wanted = f"{package}_{version}"
    return next(f"{ARCHIVE}/{name}" for name in host.names_in(ARCHIVE) if name.startswith(wanted))


def flip_a_byte(host, path):
    host.shell(f"printf X | dd of={path} bs=1 seek=$(( $(stat -c %s {path}) / 2 )) conv=notrunc status=none")


def cut_off(host, path):
    host.shell(f"truncate --size=-4096 {path}")


@pytest.mark.scenario("truncated_and_tampered_package")
@pytest.mark.part({"apt-flip_a_byte"})
@pytest.mark.parametrize("damage", [flip_a_byte, cut_off])
def test_a_kept_old_package_is_not_gone_back_to_when_it_was_changed(subscribed, damage):
    """The new version is not healthy and the way back is spoilt: nothing forged is installed, and somebody must look."""
    host = subscribed.host
    subscribed.configure(config(components=[PUMP], timeout="8s", window=closed_window()))
    ask(host, PUMP, NEW[PUMP], never_healthy=True)
    subscribed.start()
    subscribed.wait_for_state("waiting")
    kept = kept_file(host, "tyk-pump", OLD[PUMP])
    running = host.start("tykup", "run", "--yes")
    wait_for(lambda: host.package_state(PUMP.package) == ("installed", NEW[PUMP]), "the new version is installed", within=60)
    damage(host, kept)
    assert running.wait(120) != 0
    run = subscribed.runs()[0]
    assert (run["result"], run["steps"][0]["result"]) == ("needs-admin", "needs-admin"), run
    assert kept in run["steps"][0]["reason"] and "was changed after it was kept" in run["steps"][0]["reason"]
    assert host.package_state(PUMP.package) == ("installed", NEW[PUMP]) and host.packages.complaints() == ""
    trouble = subscribed.status()["trouble"]
    assert kept in trouble["text"] and trouble["remedy"]


@pytest.mark.scenario("truncated_and_tampered_package")
@pytest.mark.part({"apt-cut_off"})
@pytest.mark.parametrize("damage", [flip_a_byte, cut_off])
def test_a_way_back_that_was_spoilt_before_the_run_is_put_right_first(subscribed, old_and_new, damage):
    """The repository still has the old version: it is fetched anew before anything is changed, and is gone back to."""
    host = subscribed.host
    subscribed.configure(config(components=[PUMP], timeout="8s", window=closed_window()))
    ask(host, PUMP, NEW[PUMP], never_healthy=True)
    subscribed.start()
    subscribed.wait_for_state("waiting")
    kept = kept_file(host, "tyk-pump", OLD[PUMP])
    genuine = host.output("sha256sum", kept)
    damage(host, kept)
    before, cursor = snapshot(host), host.cursor()
    assert subscribed.run("run", "--yes", check=False).returncode == 1
    refused = subscribed.runs()[0]["steps"][0]
    assert refused["result"] == "not-done" and refused["reason"].endswith("(hash_mismatch)"), refused
    assert kept in refused["reason"] and "the way back to tyk-pump" in refused["reason"]
    assert snapshot(host) == before

    wait_for(lambda: host.output("sha256sum", kept) == genuine, "it is fetched anew", within=60)
    subscribed.wait_for_journal("Everything for pump", since_cursor=cursor)
    # Asked for while the host is being read, it says so and does not begin.
    wait_for(lambda: subscribed.run("run", "--yes", check=False).returncode == 1 and len(subscribed.runs()) == 2, "a run was made", within=60)
    run = subscribed.runs()[0]
    assert (run["result"], run["steps"][0]["result"]) == ("stopped", "rolled-back"), run
    assert host.package_state(PUMP.package) == ("installed", OLD[PUMP]) and is_healthy(host, PUMP, OLD[PUMP])
