"""The tools that run the tests."""

import subprocess
import sys
from pathlib import Path

import pytest

LIB = Path(__file__).parents[1] / "lib"


def report(path, *cases):
    path.write_text("<testsuite>" + "".join(f"<testcase name='x'>{inside}</testcase>" for inside in cases) + "</testsuite>")
    return path


def sum_up(*paths):
    result = subprocess.run([sys.executable, LIB / "sum_up.py", *paths], capture_output=True, text=True, check=False)
    return result.stdout.strip(), result.returncode


@pytest.mark.parametrize("cases, said", [
    (["", ""], ("2 passed, 0 failed", 0)),
    (["", "<failure/>"], ("1 passed, 1 failed", 1)),
    (["", "<error/>", "<failure/>"], ("1 passed, 2 failed", 1)),
    (["", "<failure/><error/>"], ("1 passed, 1 failed", 1)),
    (["", "<skipped/>"], ("1 passed, 0 failed, 1 skipped", 0)),
    (["<skipped/>"], ("0 passed, 0 failed, 1 skipped", 1)),
    ([], ("0 passed, 0 failed", 1)),
])
def test_a_report_is_summed_up(tmp_path, cases, said):
    assert sum_up(report(tmp_path / "one.xml", *cases)) == said


def test_reports_are_added(tmp_path):
    reports = [report(tmp_path / f"{n}.xml", "", "<failure/>" if n == 2 else "") for n in range(3)]
    assert sum_up(*reports) == ("5 passed, 1 failed", 1)


def test_no_report_is_a_failure():
    assert sum_up() == ("0 passed, 0 failed", 1)


def test_every_build_dependency_is_found_in_control():
    names = subprocess.run(["bash", "-c", ". tests/lib/common.sh; build_dependencies"], cwd=LIB.parents[1], capture_output=True,
                           text=True, check=True).stdout.split()
    assert {"debhelper", "libapt-pkg-dev", "libsystemd-dev", "nlohmann-json3-dev"} <= set(names)
    assert all("(" not in name and not name.startswith(("$", "Rules")) for name in names)


@pytest.mark.parametrize("words", [["nonsense"], ["deb"]])
def test_an_unknown_level_is_answered_with_the_usage(words):
    result = subprocess.run([LIB.parent / "run", *words], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "LEVEL" in result.stderr


@pytest.mark.parametrize("words", [["nonsense"], ["deb", "nonsense"], ["DEB"]])
def test_an_unknown_package_format_is_answered_with_the_usage(words):
    result = subprocess.run([LIB.parent / "package", *words], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "[deb] [rpm]" in result.stderr
