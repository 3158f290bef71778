"""Packages that stand in for Tyk's: their layout, units, conffiles, plain files and maintainer scripts behave as the
real ones, and their service answers as the real one. Everything here is written from a description."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from . import deb, deb_scripts, rpm, rpm_scripts, standin_meet
from .identity import SigningKey
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


def standin(component, version, *, format="apt", ships=None, edition="", era="D", padding=0, build="", signer="packages"):
    """The package of a component in a version, in the format of apt's or of rpm's hosts. `ships` adds to the default
    configuration it ships; `edition` is "ee" or "fips"; `era` is whose scripts it bears; `padding` is a number of bytes
    that do not compress; another `build` gives other bytes under the same version. An rpm package is signed by the key of
    that name, or by none."""
    parameters = json.dumps([component.name, version, ships, edition, era, padding, build, *([signer] if format == "rpm" else [])])
    key = hashlib.sha256((parameters + format_sources(format) + sources_digest()).encode()).hexdigest()[:16]
    target = CACHE / "standins" / f"{component.package}_{version}_{key}.{FORMATS[format].suffix}"
    with waiting_lock(target.parent / "lock"):
        if target.exists():
            return FORMATS[format].file(target)
        package = component.package + (f"-{edition}" if edition else "")
        recipe = FORMATS[format].recipe(package, version, component)
        fill(recipe, component, version, package, ships or {}, era, padding, build)
        recipe.scripts = FORMATS[format].scripts(words_of(component, version), era)
        for name, text in recipe.scripts.items():
            recipe.add(f"{component.folder}/install/{name}.sh", "#!/bin/sh\n" + text.removeprefix("#!/bin/sh\n"), 0o755)
        return recipe.build(target, SigningKey(signer)) if format == "rpm" and signer else recipe.build(target)


def deb_recipe(package, version, component):
    return deb.Recipe({"Package": package, "Version": version, "Architecture": "amd64", "Section": "default", "Priority": "extra",
                       "Maintainer": "Team Stand-in <team@packagecloud.test>", "Homepage": "https://packagecloud.test",
                       "Description": f"Stand-in for the Tyk {component.name}"})


def rpm_recipe(package, version, component):
    return rpm.Recipe(package, version, {"Summary": f"Stand-in for the Tyk {component.name}", "URL": "https://packagecloud.test",
                                         "Vendor": "Team Stand-in", "Requires": "/bin/sh"})


@dataclass(frozen=True)
class Format:
    """How packages of one format are made."""

    suffix: str
    file: type
    recipe: Callable
    scripts: Callable
    sources: tuple


FORMATS = {
    "apt": Format("deb", deb.Deb, deb_recipe, deb_scripts.scripts, (deb, deb_scripts)),
    "rpm": Format("rpm", rpm.Rpm, rpm_recipe, rpm_scripts.scripts, (rpm, rpm_scripts)),
}


def format_sources(format):
    """The texts that a package of this format is made by."""
    files = (__file__, standin_meet.__file__, *(module.__file__ for module in FORMATS[format].sources))
    return "".join(Path(file).read_text() for file in files)


def fill(recipe, component, version, package, ships, era, padding, build):
    """What the package holds, whatever its format."""
    folder, words = component.folder, words_of(component, version)
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


def words_of(component, version):
    """What the texts above and the scripts are filled with."""
    waits_for_network = "" if component is GATEWAY else "Wants=network-online.target\nAfter=network-online.target\n"
    return {"package": component.package, "version": version, "folder": component.folder, "binary": component.binary,
            "config_path": component.config_path, "exec_option": component.exec_option, "user": component.user,
            "title": "API Gateway" if component is GATEWAY else component.name.title(), "after": waits_for_network,
            "runtime": "RuntimeDirectory=tyk\nRuntimeDirectoryMode=0770\n" if component is GATEWAY else "",
            "own": ":" if component is GATEWAY else f"chown -R tyk:tyk {component.folder}"}


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
