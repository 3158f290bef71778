"""What must be the same before and after something that was refused."""

from .stack import OLD


def snapshot(host, *components):
    """Of these components (default: the whole stack) the packages, files and processes that serve, and every mark that the
    operator made on a package of the host."""
    components = components or tuple(OLD)
    return {"packages": {c.package: host.package_state(c.package) for c in components},
            **host.packages.marks(),
            "files": host.checksums(*(c.folder for c in components)),
            "processes": {c.unit: host.main_pid(c.unit) for c in components}}
