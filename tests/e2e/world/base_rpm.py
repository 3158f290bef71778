"""What makes a Debian root one of an rpm host: a database of rpm's own, with one package in it that stands for all that
the root holds, and the marks by which programs know a release of the RHEL family."""

import re
from pathlib import Path

from . import rpm
from .process import run

OS_RELEASE = """NAME="Rocky Linux"
VERSION="9.4 (Blue Onyx)"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.4"
PLATFORM_ID="platform:el9"
PRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"
"""

# Debian's rpm keeps its database in the home folder of whoever runs it.
MACROS = """%_dbpath /var/lib/rpm
%dist .el9
"""

DNF_CONF = """[main]
gpgcheck=1
installonly_limit=3
clean_requirements_on_remove=True
best=True
skip_if_unavailable=False
"""

# Debian puts all of dnf's plugins into one package; on EL this one, a repository of what was installed before, is apart.
NO_LOCAL_REPOSITORY = "[main]\nenabled = false\n"

# On EL nothing is enabled because it is installed: presets say what is.
PRESET = "disable *\n"

# What chkconfig does for an init script: it makes and removes the links of the run levels.
CHKCONFIG = """#!/bin/sh
case "$1" in
  --del) rm -f /etc/rc[0-6].d/[SK][0-9][0-9]"$2" ;;
  --add) for level in 2 3 4 5; do ln -sf "../init.d/$2" "/etc/rc$level.d/S50$2"; done ;;
  *) ls /etc/rc3.d ;;
esac
"""

# Names that packages of this distribution require and that no file tells.
PROVIDED = ["/bin/sh", "/usr/bin/sh", "/usr/bin/gpg", "bash", "chkconfig", "coreutils", "dbus", "gnupg2", "polkit", "shadow-utils",
            "systemd = 252", "tzdata", "rtld(GNU_HASH)", "system-release = 9.4", "redhat-release = 9.4",
            "system-release(releasever) = 9"]


def recipe():
    """All that the outcome depends on, as text."""
    return Path(__file__).read_text() + Path(rpm.__file__).read_text()


def libraries_provide(root):
    """What the root's shared libraries provide, in the words of rpm's own generator."""
    folders = (root / "usr/lib/x86_64-linux-gnu", root / "usr/lib64")
    libraries = sorted({str(path) for folder in folders for path in folder.glob("*.so*") if path.is_file()})
    # Its exit status is 1 where one of the files is no library.
    said = run("/usr/lib/rpm/elfdeps", "--provides", input="\n".join(libraries) + "\n", check=False, within=300).stdout
    provided = sorted({line for line in said.splitlines() if re.fullmatch(r"\S+", line)})
    if not any(line.startswith("libc.so.6") for line in provided):
        raise RuntimeError("rpm's generator found no libc in the root")
    return provided


def turn_into_rpm_host(root, work):
    for path, text in {"etc/rpm/macros": MACROS, "etc/dnf/dnf.conf": DNF_CONF, "etc/yum.repos.d/.keep": "",
                       "etc/dnf/plugins/local.conf": NO_LOCAL_REPOSITORY,
                       "usr/lib/systemd/system-preset/99-default-disable.preset": PRESET, "usr/sbin/chkconfig": CHKCONFIG}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "usr/sbin/chkconfig").chmod(0o755)
    for path in ("etc/os-release", "usr/lib/os-release"):
        (root / path).unlink(missing_ok=True)
        (root / path).write_text(OS_RELEASE)
    (root / "etc/pki/rpm-gpg").mkdir(parents=True)
    base = rpm.Recipe("test-base", "9.4", noarch=True, provides=PROVIDED + libraries_provide(root))
    built = base.build(work / "test-base.rpm")
    run("cp", built.path, root / "root/base.rpm")
    run("chroot", root, "rpm", "--install", "--nosignature", "/root/base.rpm")
    (root / "root/base.rpm").unlink()
