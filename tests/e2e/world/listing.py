"""What is on the disk of a host and in its /run, to be compared with what was."""

import re

# Programs that the tests themselves run write here, or whatever changes packages does so, tykup or not.
OTHERS = [
    "/proc/.*", "/sys/.*", "/dev/.*", "/tmp(/systemd-private-.*)?", "/var/tmp(/systemd-private-.*)?", "/root/.*",
    "/run/(systemd|user|dbus|lock|log|udev)(/.*)?", "/var/log/.*", "/var/lib/systemd/.*", "/var/cache/(ldconfig|debconf)/.*",
    "/var/lib/(dpkg|apt)/.*", "/var/cache/apt/.*", "/var/lib/(rpm|dnf)(/.*)?", "/var/cache/(dnf|libdnf)(/.*)?", "/var/lib/ucf/.*",
    "/usr/share/licenses",  # of the package `filesystem` on a host of the RHEL family, which ours have not got
]
FIND = ["find", "/", "/run", "-xdev", "-printf", r"%p\t%y %m %u:%g %l\n"]


def listing(host):
    """{path: type, mode, owner and target} of everything that is not others'."""
    others = re.compile("|".join(OTHERS))
    found = dict(line.split("\t") for line in host.output(*FIND, check=False).splitlines())
    return {path: what for path, what in found.items() if not others.fullmatch(path)}


def changes(before, after):
    """The paths that are new, gone, or of another kind, mode or owner."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
