"""rpm packages made with rpmbuild from nothing but their own recipe."""

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from .process import output, run


@dataclass(frozen=True)
class Rpm:
    """A package file."""

    path: Path

    def _ask(self, tag):
        return output("rpm", "--query", "--nosignature", "--queryformat", f"%{{{tag}}}", "--package", self.path)

    @property
    def name(self):
        return self._ask("NAME")

    @property
    def version(self):
        """Version and release, as dnf and rpm write it."""
        return self._ask("EVR")

    @property
    def sha256(self):
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


@dataclass
class Recipe:
    """What goes into a package: lines of its preamble by tag, files by path with their text and mode, symbolic links,
    configuration files, scriptlets by the name of their section ("post", "postun", …)."""

    name: str
    version: str
    preamble: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
    links: dict = field(default_factory=dict)
    conffiles: list = field(default_factory=list)
    scripts: dict = field(default_factory=dict)
    provides: list = field(default_factory=list)
    noarch: bool = False

    def add(self, path, content, mode=0o644):
        self.files[path] = (content if isinstance(content, bytes) else content.encode(), mode)

    def build(self, target, key=None):
        """Writes the .rpm, signed with `key` where one is given; unsigned, the same recipe gives the same bytes."""
        work = target.with_suffix(".work")
        shutil.rmtree(work, ignore_errors=True)
        tree = work / "tree"
        tree.mkdir(parents=True)
        for path, (content, _) in self.files.items():
            place = tree / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        for path, aim in self.links.items():
            (tree / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            (tree / path.lstrip("/")).symlink_to(aim)
        (work / "spec").write_text(self._spec(tree))
        run("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {work}/top", "--define", f"_dbpath {work}/db", "--define",
            f"_rpmdir {work}/out", work / "spec", env={"SOURCE_DATE_EPOCH": "1700000000", "HOME": work}, within=300)
        made = next((work / "out").rglob("*.rpm"))
        if key:
            key.sign_package(made)
        made.rename(target)
        shutil.rmtree(work)
        return Rpm(target)

    def _spec(self, tree):
        head = {"Name": self.name, "Version": self.version, "Release": "1", "Summary": self.name, "License": "none",
                "AutoReqProv": "no", **({"BuildArch": "noarch"} if self.noarch else {}), **self.preamble}
        lines = ["%global debug_package %{nil}", "%global __os_install_post %{nil}", "%global _build_id_links none",
                 # Stored, not packed: packages whose files are of one size are of one size, whatever is in them.
                 "%global _binary_payload w0.gzdio", "%global _buildhost packagecloud.test",
                 "%global use_source_date_epoch_as_buildtime 1", "%global clamp_mtime_to_source_date_epoch 1",
                 *(f"{tag}: {value}" for tag, value in head.items()), *(f"Provides: {p}" for p in self.provides),
                 "%description", self.name, "%install", "mkdir -p %{buildroot}", f"cp -a {tree}/. %{{buildroot}}/"]
        for section, text in self.scripts.items():
            lines += [f"%{section}", text.replace("%", "%%")]
        lines.append("%files")
        lines += [f'%attr({mode:o},root,root) {"%config(noreplace) " if path in self.conffiles else ""}"{path}"'
                  for path, (_, mode) in sorted(self.files.items())]
        lines += [f'"{path}"' for path in sorted(self.links)]
        return "\n".join(lines) + "\n"
