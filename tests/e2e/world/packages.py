"""The package manager of a host, as its operator and the tests use it: one vocabulary over apt and rpm."""

from datetime import datetime, timezone


class AptPackages:
    """apt and dpkg."""

    format = "apt"
    suffix = "deb"
    lock = "/var/lib/dpkg/lock-frontend"
    new_config = ".dpkg-dist"  # what lies beside a configuration file that the operator and a new version changed
    source_folders = ("/etc/apt", "/usr/share/keyrings")
    entries = "/etc/apt/sources.list.d/*.sources"

    def __init__(self, host):
        self._host = host

    def full(self, version):
        """A version of a component as this package manager writes it."""
        return version

    def state(self, package):
        """("installed" or "half-way", version), or None where it is not on the host."""
        letters, version = self.letters(package) or ("un", "")
        return None if letters[1] in "nc" else ("installed" if letters[1:] == "i" else "half-way", version)

    def letters(self, package):
        """(dpkg's two or three letters, version), or None for a package that dpkg does not know."""
        result = self._host.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}|${Version}", package, check=False)
        if result.returncode != 0:
            return None
        letters, _, version = result.stdout.partition("|")
        return letters.strip(), version

    def refresh(self):
        self._host.run("apt-get", "update", "--quiet")

    def get(self, *words, within=300, **options):
        """The operator's own apt-get, never asking."""
        return self._host.run("apt-get", "--yes", "--quiet", "-o", "Dpkg::Options::=--force-confdef", "-o",
                              "Dpkg::Options::=--force-confold", *words, env={"DEBIAN_FRONTEND": "noninteractive"}, within=within,
                              **options)

    def install(self, versions):
        """Installs packages, each in a version, by {name: version}."""
        self.get("install", *(f"{name}={version}" for name, version in versions.items()))

    def would_install(self, versions):
        """Fails where it would refuse them."""
        self.get("install", "--simulate", *(f"{name}={version}" for name, version in versions.items()))

    def install_file(self, path):
        self.get("install", path)

    def install_again(self, path):
        """Installs a package file over the same version, as an upgrade would."""
        self._host.run("dpkg", "--install", path)

    def remove(self, package):
        self.get("purge", package)

    def offered(self, package):
        """What it knows to be offered, as text."""
        return self._host.output("apt-cache", "madison", package)

    def hold(self, package):
        self._host.run("apt-mark", "hold", package)

    def unhold_command(self, package):
        """What lets go of it, as the operator would type it."""
        return f"apt-mark unhold {package}"

    def came_along(self, package):
        """From now on it counts as installed because something else needed it."""
        self._host.run("apt-mark", "auto", package)

    def marks(self):
        """What the operator said of packages: held ones, and those that he asked for himself."""
        return {"held": self._host.output("apt-mark", "showhold"), "manual": self._host.output("apt-mark", "showmanual")}

    def complaints(self):
        """What is not whole in its database; nothing where all is well."""
        return self._host.output("dpkg", "--audit")

    def changes(self, package):
        """What dpkg's log says of a package, oldest first: (microseconds of a whole second, "upgrade", from, to)."""
        found = []
        for line in self._host.read("/var/log/dpkg.log").splitlines():
            day, time, what, *rest = line.split()
            if what == "upgrade" and rest[0].partition(":")[0] == package:
                at = datetime.fromisoformat(f"{day} {time}").replace(tzinfo=timezone.utc)
                found.append((int(at.timestamp() * 1e6), what, *rest[1:]))
        return found

    def forget_sources(self):
        """No trace stays of the sources that were made known by hand."""
        self._host.shell("rm -f /etc/apt/sources.list.d/tyk_* /etc/apt/keyrings/tyk_* /var/lib/apt/lists/packagecloud*; apt-get clean")


# dnf's and libdnf's record of a package: what was done, and how it stood before.
HISTORY = """SELECT t.id, t.dt_begin, i.action, r.version || '-' || r.release FROM trans t
JOIN trans_item i ON i.trans_id = t.id JOIN rpm r ON r.item_id = i.item_id WHERE r.name = '{name}' ORDER BY i.id;"""
CHANGED = {"6": "upgrade", "2": "downgrade", "9": "reinstall"}

# Every name of dnf's history of which the latest word is that the operator asked for it.
MANUAL = """SELECT r.name FROM trans_item i JOIN rpm r ON r.item_id = i.item_id
WHERE i.reason = 2 AND i.id IN (SELECT MAX(i.id) FROM trans_item i JOIN rpm r ON r.item_id = i.item_id GROUP BY r.name) ORDER BY r.name;"""


class DnfPackages:
    """dnf and rpm."""

    format = "rpm"
    suffix = "rpm"
    lock = "/var/lib/rpm/.rpm.lock"
    new_config = ".rpmnew"
    source_folders = ("/etc/yum.repos.d", "/etc/pki")
    entries = "/etc/yum.repos.d/*.repo"

    def __init__(self, host):
        self._host = host

    def full(self, version):
        """A version of a component as this package manager writes it: all our packages are release 1."""
        return f"{version}-1"

    def state(self, package):
        """("installed" or "half-way", version), or None where it is not on the host. Half-way: the database knows two of
        them, and the newer-written version is told."""
        result = self._host.run("rpm", "--query", "--queryformat", "%{DBINSTANCE} %{VERSION}-%{RELEASE}\n", package, check=False)
        if result.returncode != 0:
            return None
        found = sorted((int(number), version) for number, version in map(str.split, result.stdout.splitlines()))
        return ("installed" if len(found) == 1 else "half-way", found[-1][1].removesuffix("-1"))

    def refresh(self):
        self._host.run("dnf", "--assumeyes", "--quiet", "makecache", within=300)

    def get(self, *words, within=300, **options):
        """The operator's own dnf, never asking."""
        return self._host.run("dnf", "--assumeyes", "--quiet", *words, within=within, **options)

    def install(self, versions):
        """Installs packages, each in a version, by {name: version}."""
        self.get("install", *(f"{name}-{self.full(version)}" for name, version in versions.items()))

    def would_install(self, versions):
        """Fails where it would refuse them."""
        self.get("--setopt=tsflags=test", "install", *(f"{name}-{self.full(version)}" for name, version in versions.items()))

    def install_file(self, path):
        self.get("install", path)

    def install_again(self, path):
        """Installs a package file over the same version, as an upgrade would."""
        self._host.run("rpm", "--upgrade", "--replacepkgs", path)

    def remove(self, package):
        self.get("remove", package)

    def offered(self, package):
        """What it knows to be offered, as text."""
        return self._host.output("dnf", "--quiet", "repoquery", package, within=300)

    def hold(self, package):
        self.get("versionlock", "add", package)

    def unhold_command(self, package):
        """What lets go of it, as the operator would type it."""
        return f"dnf versionlock delete {package}"

    def came_along(self, package):
        """From now on it counts as installed because something else needed it."""
        self.get("mark", "remove", package)

    def marks(self):
        """What the operator said of packages: locked ones, and those that he asked for himself."""
        locked = self._host.output("cat", "/etc/dnf/plugins/versionlock.list", check=False)
        return {"held": locked, "manual": self._history(MANUAL)}

    def complaints(self):
        """What is not whole in its database; nothing where all is well."""
        return self._host.output("dnf", "--quiet", "check", check=False, within=300)

    def changes(self, package):
        """What dnf's history says of a package, oldest first: (microseconds of the whole second in which the transaction
        began, "upgrade", "downgrade" or "reinstall", from, to)."""
        rows = [line.split("|") for line in self._history(HISTORY.format(name=package)).splitlines()]
        found = []
        for transaction, at, action, version in rows:
            if action in CHANGED:
                before = next((v for t, _, a, v in rows if t == transaction and a not in CHANGED), version)
                found.append((int(at) * 1_000_000, CHANGED[action], before.removesuffix("-1"), version.removesuffix("-1")))
        return found

    def _history(self, question):
        return self._host.output("sqlite3", "file:/var/lib/dnf/history.sqlite?mode=ro", question)

    def forget_sources(self):
        """No trace stays of the sources that were made known by hand."""
        self._host.shell("rm -rf /etc/yum.repos.d/tyk_* /etc/pki/rpm-gpg/* /var/cache/dnf; rpm -qa gpg-pubkey | xargs -r rpm -e")


PACKAGES = {"apt": AptPackages, "rpm": DnfPackages}
