"""Topology custom on an rpm host: a package that is not Tyk's, from a repository of its own, with its own scripts."""

import pytest

from world.identity import SigningKey
from world.rpm import Recipe
from world.tykup import config
from world.yum_repository import YumRepository

pytestmark = pytest.mark.formats("rpm")

COMPONENT = """
[deployment]
components = ["page"]

[component.page]
packages = ["page-server"]
unit     = "page-server.service"
probe    = [{ http = "http://127.0.0.1:8000/", status = 200, body = "Welcome" }]
origin   = "pages"
"""
UNIT = """[Unit]
Description=A page
[Service]
ExecStart=/usr/bin/python3 -m http.server 8000 --directory /usr/share/page
[Install]
WantedBy=multi-user.target
"""
# As the guidelines of the RHEL family have it: the last script of an upgrade restarts what runs.
SCRIPTS = {
    "post": "systemctl daemon-reload\n[ $1 != 1 ] || systemctl enable --now page-server.service\n",
    "preun": "[ $1 != 0 ] || systemctl disable --now page-server.service\n",
    "postun": 'echo "${SYSTEMD_OFFLINE-none}" > /run/page-server.told\n[ $1 = 0 ] || systemctl try-restart page-server.service\n',
}
ENTRY = """[{id}]
name={id}
baseurl=https://packagecloud.test/{id}/el/9/x86_64
repo_gpgcheck=1
gpgcheck=1
enabled=1
gpgkey=file:///etc/pki/rpm-gpg/{id}
sslcacert=/etc/ssl/certs/ca-certificates.crt
"""


def page_server(folder, version, key, page="Welcome"):
    recipe = Recipe("page-server", version, {"Requires": "/bin/sh"}, scripts=SCRIPTS)
    recipe.add("/usr/share/page/index.html", f"{page}\n")
    recipe.add("/usr/lib/systemd/system/page-server.service", UNIT)
    return recipe.build(folder / f"page-server-{version}.rpm", key)


def repository(scene, host, id, key):
    made = YumRepository(scene.folder / "www" / id, key)
    host.write(f"/etc/pki/rpm-gpg/{id}", key.armored)
    host.write(f"/etc/yum.repos.d/{id}.repo", ENTRY.format(id=id))
    return made


@pytest.fixture
def custom(scene, operator, tmp_path):
    """A host with version 1 of the page; its publisher offers version 2, somebody else version 3. Not started."""
    host, own, strangers = operator.host, SigningKey("pages"), SigningKey("stranger")
    pages = repository(scene, host, "pages", own)
    pages.add(page_server(tmp_path, "1", own))
    host.packages.refresh()
    host.packages.get("install", "page-server")
    repository(scene, host, "others", strangers).add(page_server(tmp_path, "3", strangers))
    operator.configure(config("custom", timeout="8s"))
    host.write("/etc/tykup/tykup.toml.d/custom.toml", COMPONENT, mode=0o644)
    operator.offer = lambda version, page="Welcome": pages.add(page_server(tmp_path, version, own, page))
    return operator


def test_rpm_custom_component_takes_versions_of_its_origin_only_and_goes_its_own_way(custom):
    host = custom.host
    custom.offer("2")
    custom.start()
    run = custom.wait_for_first_run()
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("done", ["done"]), run
    assert host.installed("page-server") == "2"
    assert host.read("/run/page-server.told") == "none\n"
    assert "Welcome" in host.get("http://127.0.0.1:8000/")[1]


def test_rpm_custom_component_whose_probe_fails_goes_back(custom):
    host = custom.host
    custom.offer("2", page="It works!")
    custom.start()
    run = custom.wait_for_first_run()
    assert (run["result"], [s["result"] for s in run["steps"]]) == ("stopped", ["rolled-back"]), run
    assert "Welcome" in run["steps"][0]["reason"]
    assert host.installed("page-server") == "1" and "Welcome" in host.get("http://127.0.0.1:8000/")[1]
    custom.wait_for_state("stopped")
    assert "bad_version" in custom.reasons("page")
