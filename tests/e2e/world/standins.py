"""Packages that stand in for Tyk's: their layout, units, conffiles, plain files and maintainer scripts behave as the
real ones, and their service answers as the real one. Everything here is written from a description."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from .deb import Deb, Recipe
from .process import run
from .session import CACHE, waiting_lock

SOURCES = Path(__file__).parent.parent / "standin"


@dataclass(frozen=True)
class Component:
    """Where a component's package puts its things, and in which repository it is published."""

    name: str
    package: str
    repository: str
    binary: str
    config: str
    exec_option: str
    port: int
    health: str
    user: str = "tyk"
    link: str = ""

    @property
    def folder(self):
        return f"/opt/{self.package}"

    @property
    def unit(self):
        return f"{self.package}.service"

    @property
    def config_path(self):
        return f"{self.folder}/{self.config}"

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/{self.health}"


GATEWAY = Component("gateway", "tyk-gateway", "tyk-gateway", "tyk", "tyk.conf", "--conf ", 8080, "hello", "root", "/opt/tyk")
DASHBOARD = Component("dashboard", "tyk-dashboard", "tyk-dashboard", "tyk-analytics", "tyk_analytics.conf", "--conf=", 3000,
                      "hello", "tyk", "/opt/tyk-analytics")
PUMP = Component("pump", "tyk-pump", "tyk-pump", "tyk-pump", "pump.conf", "-c ", 8083, "health")
MDCB = Component("mdcb", "tyk-sink", "tyk-mdcb-stable", "tyk-sink", "tyk_sink.conf", "-c ", 8181, "health")
IDENTITY_BROKER = Component("identity-broker", "tyk-identity-broker", "tyk-identity-broker", "tyk-identity-broker", "tib.conf",
                            "-c ", 3010, "health")
PORTAL = Component("portal", "portal", "portal", "dev-portal", "portal.conf", "--conf ", 3001, "live")
COMPONENTS = {c.name: c for c in (GATEWAY, DASHBOARD, PUMP, MDCB, IDENTITY_BROKER, PORTAL)}

SHIPPED_CONFIG = {
    "gateway": {"listen_port": 8080, "secret": "352d20ee67be67f6340b4c0605b044b7", "template_path": "/opt/tyk-gateway/templates",
                "app_path": "/opt/tyk-gateway/apps", "middleware_path": "/opt/tyk-gateway/middleware",
                "policies": {"policy_source": "file", "policy_record_name": "/opt/tyk-gateway/policies/policies.json"},
                "storage": {"type": "redis", "host": "localhost", "port": 6379}, "liveness_check": {"check_duration": 1000000000}},
    "dashboard": {"listen_port": 3000, "admin_secret": "12345", "mongo_url": "mongodb://localhost/tyk_analytics"},
    "pump": {"analytics_storage_type": "redis", "purge_delay": 10, "health_check_endpoint_port": 8083},
    "mdcb": {"listen_port": 9091, "http_port": 8181, "analytics": {"type": "mongo"}},
    "identity-broker": {"Secret": "test-secret", "Port": 3010},
    "portal": {"HostPort": 3001, "LogLevel": "info"},
}

# Packaged files that are no conffiles: an upgrade overwrites them.
PLAIN_FILES = {
    "gateway": ["apps/app_sample.json", "policies/policies.json", "templates/error.json", "templates/playground/index.html",
                "middleware/sample.js", "event_handlers/sample/session_handler.js", "coprocess/python/tyk/gateway.py"],
    "dashboard": ["EULA.txt", "portal/index.html", "utils/scripts/bootstrap.sh", "schemas/api.json", "lang/en-us.json"],
    "pump": ["README.md"],
    "mdcb": ["README.md"],
    "identity-broker": ["profiles.json"],
    "portal": ["app/views/index.html", "bootstrap/views/index.html", "default.zip", "public/system/logo.svg", "entrypoint.sh"],
}

UNIT = """[Unit]
Description=Tyk {title}
{after}
[Service]
Type=simple
User={user}
Group={user}
EnvironmentFile=-/etc/default/{package}
EnvironmentFile=-/etc/sysconfig/{package}
ExecStart={folder}/{binary} {exec_option}{config_path}
Restart=always
WorkingDirectory={folder}
{runtime}
[Install]
WantedBy=multi-user.target
"""

# A test can hold a script (a fifo) or make it fail (a plain file) at a place: /run/standin/PACKAGE.PLACE[.VERSION].
MEET_THE_TEST = """
meet_the_test() {{
  here=/run/standin/{package}.$1
  if [ -p "$here" ]; then : > "$here.reached"; read -r _ < "$here" || :; fi
  if [ -e "$here.fails" ] || [ -e "$here.{version}.fails" ]; then echo "{package}: $1 fails as the test asked" >&2; exit 1; fi
}}
"""

PREINST = """#!/bin/sh
{meet}
getent group tyk > /dev/null || groupadd --system tyk
getent passwd tyk > /dev/null || useradd --system --gid tyk --no-create-home --shell /usr/sbin/nologin tyk
meet_the_test preinst
"""

POSTINST = """#!/bin/sh
{meet}
stage=install
case "$1" in
  configure) [ -z "$2" ] || stage=upgrade ;;
  2) stage=upgrade ;;
esac
{own}
if [ -f {config_path} ]; then chmod 660 {config_path}; fi
unit=/lib/systemd/system/{package}.service
if {copies} || [ $stage = upgrade -a ! -f $unit ]; then cp {folder}/install/inits/systemd/system/{package}.service $unit; fi
meet_the_test postinst
systemctl daemon-reload
if [ $stage = install ]; then
  systemctl unmask {package}.service
  systemctl preset {package}.service
  systemctl enable {package}.service
fi
systemctl restart {package}.service
exit 0
"""

POSTRM = """#!/bin/sh
{meet}
clean_remove() {{
  systemctl stop {package}.service
  {removes}
  systemctl daemon-reload
  service stop {package}
  update-rc.d {package} remove
}}
meet_the_test postrm
case "$1" in
  {upgrade}) ;;
  *) clean_remove > /dev/null 2>&1 ;;
esac
exit 0
"""

SYSV = """#!/bin/sh
### BEGIN INIT INFO
# Provides:          {package}
# Required-Start:    $network
# Required-Stop:     $network
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: {package}
### END INIT INFO
exec systemctl "$1" {package}.service
"""


def standin(component, version, *, ships=None, edition="", era="D", padding=0, build=""):
    """The package of a component in a version. `ships` adds to the default configuration it ships; `edition` is "ee" or
    "fips"; in era "C" the package's script removes its own unit on upgrade; `padding` is a number of bytes that do not
    compress; another `build` gives other bytes under the same version."""
    parameters = json.dumps([component.name, version, ships, edition, era, padding, build])
    key = hashlib.sha256((parameters + Path(__file__).read_text() + sources_digest()).encode()).hexdigest()[:16]
    target = CACHE / "standins" / f"{component.package}_{version}_{key}.deb"
    with waiting_lock(target.parent / "lock"):
        if target.exists():
            return Deb(target)
        return recipe_of(component, version, ships or {}, edition, era, padding, build).build(target)


def recipe_of(component, version, ships, edition, era, padding, build):
    package = component.package + (f"-{edition}" if edition else "")
    recipe = Recipe({"Package": package, "Version": version, "Architecture": "amd64", "Section": "default", "Priority": "extra",
                     "Maintainer": "Team Stand-in <team@packagecloud.test>", "Homepage": "https://packagecloud.test",
                     "Description": f"Stand-in for the Tyk {component.name}"})
    folder, words = component.folder, words_of(component, version, era)
    recipe.add(f"{folder}/{component.binary}", service_binary() + f"\nstandin {component.name} {component.package} {version}\n".encode(), 0o755)
    recipe.add(component.config_path, json.dumps({**SHIPPED_CONFIG[component.name], **ships}, indent=2) + "\n")
    recipe.conffiles.append(component.config_path)
    for name in PLAIN_FILES[component.name]:
        recipe.add(f"{folder}/{name}", f'{{"shipped_with": "{version}{build}", "file": "{name}"}}\n')
    unit = UNIT.format(**words)
    recipe.add(f"{folder}/install/inits/systemd/system/{component.unit}", unit)
    recipe.add(f"{folder}/install/inits/sysv/init.d/{component.package}", SYSV.format(**words), 0o755)
    recipe.add(f"/opt/share/docs/{component.package}/README.md", f"{package} {version}\n")
    if era == "D":
        recipe.add(f"/lib/systemd/system/{component.unit}", unit)
        recipe.add(f"/etc/init.d/{component.package}", SYSV.format(**words), 0o755)
    if component.link:
        recipe.links[component.link] = folder
    if padding:
        recipe.add(f"{folder}/padding", noise(version + build, padding))
    scripts = {"preinst": PREINST, "postinst": POSTINST, "postrm": POSTRM}
    recipe.scripts = {name: text.format(**words) for name, text in scripts.items()}
    for name, text in recipe.scripts.items():
        recipe.add(f"{folder}/install/{name}.sh", text, 0o755)
    return recipe


def words_of(component, version, era):
    """What the texts above are filled with."""
    waits_for_network = "" if component is GATEWAY else "Wants=network-online.target\nAfter=network-online.target\n"
    unit = f"/lib/systemd/system/{component.unit}"
    return {"package": component.package, "version": version, "folder": component.folder, "binary": component.binary,
            "config_path": component.config_path, "exec_option": component.exec_option, "user": component.user,
            "title": "API Gateway" if component is GATEWAY else component.name.title(), "after": waits_for_network,
            "runtime": "RuntimeDirectory=tyk\nRuntimeDirectoryMode=0770\n" if component is GATEWAY else "",
            "meet": MEET_THE_TEST.format(package=component.package, version=version),
            "own": ":" if component is GATEWAY else f"chown -R tyk:tyk {component.folder}",
            "copies": "true" if era == "C" else "false", "removes": f"rm -f {unit}" if era == "C" else ":",
            "upgrade": "never" if era == "C" else "upgrade"}


def noise(seed, size):
    """Bytes that do not compress, the same for the same seed."""
    blocks = (hashlib.sha512(f"{seed}{i}".encode()).digest() for i in range(size // 64 + 1))
    return b"".join(blocks)[:size]


def sources_digest():
    digest = hashlib.sha256()
    for source in sorted(SOURCES.glob("*.?pp")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def service_binary():
    """The program of all stand-ins, compiled once for each state of its sources."""
    target = CACHE / "standins" / f"service-{sources_digest()[:16]}"
    if not target.exists():
        making = target.with_suffix(".making")
        run("g++", "-std=c++20", "-O1", "-s", "-Wall", "-Wextra", "-Werror", "-o", making, *sorted(SOURCES.glob("*.cpp")),
            "-lssl", "-lcrypto", "-pthread", within=300)
        making.rename(target)
    return target.read_bytes()
