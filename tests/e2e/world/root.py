"""The roots that hosts start from, one for each package format: made by mmdebstrap, kept in the cache, remade when the
recipe changes. The apt root is Debian as it is. The rpm root is the same Debian under rpm and dnf, which know it as a host
of the RHEL family: what its programs and libraries provide is said to rpm by one small package of our own."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import base_rpm
from .identity import Authority
from .process import output, run
from .session import CACHE, waiting_lock

SUITE = "bookworm"

# What a server has, and the run-time dependencies of our own package: nothing is fetched when it is installed.
COMMON = [
    "systemd", "systemd-sysv", "dbus", "polkitd", "iproute2", "procps", "curl", "ca-certificates", "tzdata", "openssl", "sudo",
    "libsystemd0", "libssl3", "libstdc++6", "libspdlog1.10", "libfmt9", "libsqlite3-0", "libarchive13",
    "libdate-tz3", "libtomlplusplus3", "libical3", "gpg", "zstd",
]
PACKAGES = {
    "apt": [*COMMON, "libapt-pkg6.0"],
    "rpm": [*COMMON, "rpm", "dnf", "dnf-plugins-core", "libdnf2", "librpm9", "gpg-agent", "gpgconf", "perl"],
}

# Real Debian packages that tests install later: fetched with what they need while there is a network, not installed.
KEPT_ASIDE = ["redis-server", "redis-tools", "nginx", "nginx-common"]
OTHER_UPDATERS = ["unattended-upgrades"]
MAIL_SYSTEMS = ["postfix"]

# What would act on its own in the middle of a test.
MASKED = ["apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer",
          "dnf-makecache.timer", "dnf-automatic.timer", "console-getty.service", "getty@tty1.service",
          "systemd-timesyncd.service", "systemd-networkd.service", "systemd-resolved.service"]

CUSTOMIZE = r"""#!/bin/sh
set -eu
root=$1
rm -f "$root"/var/cache/apt/archives/*.deb
APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get --yes --quiet --download-only install {kept_aside}
mkdir -p {aside}
cp "$root"/var/cache/apt/archives/*.deb {aside}
cp {authority} "$root/usr/local/share/ca-certificates/test-authority.crt"
chroot "$root" update-ca-certificates
for unit in {masked}; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done
mkdir -p "$root/var/log/journal" "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=persistent\nRateLimitIntervalSec=0\nSystemMaxUse=64M\n' > "$root/etc/systemd/journald.conf.d/test.conf"
rm -f "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/* "$root/etc/machine-id" "$root/etc/resolv.conf"
: > "$root/etc/resolv.conf"
"""


@dataclass(frozen=True)
class Root:
    """A root file system that is never written to, the packages kept aside for it, and the nginx that serves the tests."""

    folder: Path
    debs: Path
    nginx: Path
    key: str


def debian_sources():
    """The machine's own apt sources of this Debian release, as lines that mmdebstrap takes."""
    targets = output("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)", "Created-By: Packages")
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    lines = [f"deb [signed-by={keyring}] {uri} {suite} main"
             for uri, suite, component, origin in sorted({tuple(t.split()[:4]) for t in targets.splitlines()})
             if origin == "Debian" and component == "main" and suite.startswith(SUITE) and "backports" not in suite]
    if not lines:
        raise RuntimeError(f"apt on this machine knows no source of Debian {SUITE}: run apt-get update, or add one")
    return "\n".join(lines) + "\n"


def base_root(format="apt"):
    """The cached root of a format, made now (half a minute) where it is missing."""
    authority = Authority()
    recipe = Path(__file__).read_text() + authority.certificate.read_text()
    if format == "rpm":
        recipe += base_rpm.recipe()
    key = hashlib.sha256(recipe.encode()).hexdigest()[:16]
    top = CACHE / f"root-{format}-{key}"
    with waiting_lock(CACHE / f"root-{format}.lock"):
        if not top.exists():
            make_root(top, authority, format)
    return Root(top / "root", top / "debs", top / "tools/usr/sbin/nginx", f"{format}-{key}")


def make_root(top, authority, format):
    making = top.with_name(f"root-{format}-making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o755)
    (making / "sources.list").write_text(debian_sources())
    hook = making / "customize"
    hook.write_text(CUSTOMIZE.format(kept_aside=" ".join([*KEPT_ASIDE, *OTHER_UPDATERS, *MAIL_SYSTEMS]), aside=making / "debs", authority=authority.certificate,
                                     masked=" ".join(MASKED)))
    hook.chmod(0o755)
    run("mmdebstrap", "--mode=root", "--variant=minbase", f"--include={','.join(PACKAGES[format])}", f"--customize-hook={hook}",
        SUITE, making / "root", making / "sources.list", within=900)
    if format == "rpm":
        base_rpm.turn_into_rpm_host(making / "root", making)
    # Not installed on this machine: its package would start a server there.
    run("dpkg-deb", "--extract", next((making / "debs").glob("nginx_*.deb")), making / "tools")
    making.rename(top)
