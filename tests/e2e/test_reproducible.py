"""The same source makes the same packages, byte for byte."""

import filecmp
from pathlib import Path

import pytest

from world.process import run
from world.tykup import package_file

TOP = Path(__file__).parents[2]
UNPACK = {"apt": 'dpkg-deb --raw-extract "$1" "$2"', "rpm": 'cd "$2" && rpm2cpio "$1" | cpio --extract --make-directories --quiet'}
# Another time of day, other words, other permissions by default; the folder and its depth are others anyway.
ELSEWHERE = {"TZ": "Pacific/Chatham", "LANGUAGE": "de", "HOME": "/nonexistent", "USER": "somebody"}


def build_again(folder):
    """Every file is compiled anew: the folder has a compiler cache of its own, which begins empty."""
    run("sh", "-c", 'umask 027 && exec "$0" deb rpm', TOP / "tests/package", env={**ELSEWHERE, "TYKUP_AGAIN": str(folder)}, within=5400)


def different_members(format, first, second, folder):
    """Which files of the two packages are not the same: what to look at. None: it is in the header of the rpm."""
    trees = [folder / "first", folder / "second"]
    for package, tree in zip((first, second), trees):
        tree.mkdir()
        run("sh", "-euc", UNPACK[format], "sh", package, tree)
    names = sorted({str(path.relative_to(tree)) for tree in trees for path in tree.rglob("*") if path.is_file()})
    return filecmp.cmpfiles(*trees, names, shallow=False)[1:]


@pytest.mark.in_full
@pytest.mark.takes_minutes
def test_packages_are_reproducible(tmp_path):
    again = tmp_path / "a/rather/deeper/place"
    again.mkdir(parents=True)
    build_again(again)
    for format in ("apt", "rpm"):
        first, second = package_file(format), package_file(format, again)
        room = tmp_path / format
        room.mkdir()
        assert first.read_bytes() == second.read_bytes(), different_members(format, first, second, room)
