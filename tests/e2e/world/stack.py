"""The self-managed stack that most tests upgrade: Dashboard, Gateway and Pump, old and new."""

import hashlib
import json

from .debian import DebianRepository
from .root import MAIL_SYSTEMS
from .scene import prepared_layer
from .standins import DASHBOARD, GATEWAY, PUMP
from .tykup import Tykup, package_file

OLD = {DASHBOARD: "5.8.14", GATEWAY: "5.8.14", PUMP: "1.15.0"}
NEW = {DASHBOARD: "5.8.15", GATEWAY: "5.8.15", PUMP: "1.16.0"}


def offer_old_and_new(packagecloud):
    for component in OLD:
        packagecloud.offer(component, OLD[component])
        packagecloud.offer(component, NEW[component])


def install_on(host, packagecloud, versions):
    """The plain package manager installs offered versions, as an operator did once; no trace of the sources stays."""
    packagecloud.subscribe_by_hand(host, *versions)
    host.packages.install({component.package: version for component, version in versions.items()})
    host.packages.forget_sources()


def install_old(scene, host):
    for component, version in OLD.items():
        scene.packagecloud.offer(component, version)
    install_on(host, scene.packagecloud, OLD)


def old_stack_layer(session, format="apt"):
    """The disk of a host that runs the old versions."""
    return prepared_layer(session, format, "old-stack", [f"{c.name}={v}" for c, v in OLD.items()], install_old)


def old_stack_with_tykup_layer(session, format="apt"):
    """The same with tykup installed, not configured and not running."""

    def install(scene, host):
        install_old(scene, host)
        Tykup(host).install()

    return prepared_layer(session, format, "tykup", [digest_of(package_file(format))], install)


def old_stack_with_mail_layer(session):
    """The same with a real mail system, which delivers to the users of the host."""

    def install(scene, host):
        install_old(scene, host)
        mirror = DebianRepository(scene)
        mirror.subscribe_by_hand(host)
        host.packages.get("install", "--no-install-recommends", *MAIL_SYSTEMS)
        host.packages.forget_sources()
        mirror.forget_on(host)
        host.run("useradd", "--create-home", "ops")
        Tykup(host).install()

    return prepared_layer(session, "apt", "mail", [digest_of(package_file("apt"))], install)


def tykup_layer(session, format="apt"):
    """The disk of a host with tykup installed and nothing of Tyk's."""
    return prepared_layer(session, format, "tykup-only", [digest_of(package_file(format))], lambda scene, host: Tykup(host).install())


def digest_of(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def hello(host, component=GATEWAY):
    """(HTTP status, body) of a component's health endpoint, the body as JSON where it is."""
    code, body = host.get(component.url)
    try:
        return code, json.loads(body)
    except ValueError:
        return code, body


def is_healthy(host, component, version=None):
    """Whether a component answers as healthy, and as this version where it tells one."""
    code, body = hello(host, component)
    if component is not GATEWAY or isinstance(body, str):  # before 3.0 it says but hello
        return code == 200
    return code == 200 and body["status"] == "pass" and bool(body["details"]) and version in (None, body["version"].lstrip("v"))
