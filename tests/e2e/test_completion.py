"""What bash and zsh make of a Tab, with the files of the package and the command in it."""

import re

import pytest

from world.process import output, run
from world.terminal import ALL, Terminal
from world.tykup import config, package_file

BASH = ["bash", "--norc", "--noprofile", "-i"]
ZSH = ["zsh", "--no-rcs", "--interactive"]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The files of the .deb, and a configuration."""
    folder = tmp_path_factory.mktemp("deb")
    run("dpkg-deb", "--extract", package_file("apt"), folder)
    (folder / "tykup.toml").write_text(config())
    return folder


@pytest.fixture(scope="module")
def environment(unpacked):
    return {"PATH": f"{unpacked}/usr/bin:/usr/bin:/bin", "XDG_DATA_DIRS": f"{unpacked}/usr/share", "XDG_DATA_HOME": "/nonexistent"}


@pytest.fixture(scope="module")
def bash(environment):
    terminal = Terminal(*BASH, start=["bind 'set completion-display-width 0'", ". /usr/share/bash-completion/bash_completion"], env=environment)
    yield terminal
    terminal.close()


@pytest.fixture(scope="module")
def zsh(environment, unpacked):
    start = ["bindkey -e", "unsetopt zle_bracketed_paste prompt_cr prompt_sp", f"fpath=({unpacked}/usr/share/zsh/vendor-completions $fpath)",
             "autoload -Uz compinit", "compinit -u -D"]
    terminal = Terminal(*ZSH, start=start, env=environment)
    yield terminal
    terminal.close()


@pytest.fixture(params=["bash", "zsh"])
def shell(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("typed, becomes", [
    ("tykup rele", ["tykup", "release"]),
    ("tykup status --js", ["tykup", "status", "--json"]),
    ("tykup hold --unt", ["tykup", "hold", "--until"]),
    ("tykup windows --config {here}/tyk", ["tykup", "windows", "--config", "{here}/tykup.toml"]),
    ("tykup windows --config {here}/tykup.toml --component ga", ["tykup", "windows", "--config", "{here}/tykup.toml", "--component", "gateway"]),
    ("tykup subscribe --config {here}/tykup.toml gateway pu", ["tykup", "subscribe", "--config", "{here}/tykup.toml", "gateway", "pump"]),
    ("tykup run --config {here}/tykup.toml --without-way-back das",
     ["tykup", "run", "--config", "{here}/tykup.toml", "--without-way-back", "dashboard="]),
    ("tykup nonsense st", ["tykup", "nonsense", "st"]),
])
def test_a_tab_completes(shell, unpacked, typed, becomes):
    assert shell.complete(typed.format(here=unpacked)) == [word.format(here=unpacked) for word in becomes]


def verbs_in(help_text):
    return re.findall(r"^  ([a-z][a-z-]+) ", help_text.partition("Subcommands:")[2].partition("\n\n")[0], re.MULTILINE)


def options_in(help_text):
    return set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", help_text, re.MULTILINE))


def test_bash_offers_what_the_help_names(bash, unpacked):
    tykup = unpacked / "usr/bin/tykup"
    verbs = verbs_in(output(tykup, "--help"))
    assert {"status", "run", "subscribe"} <= set(verbs)
    assert bash.complete("tykup ", ALL)[1:] == sorted(verbs)
    for verb in verbs:
        help_text = output(unpacked / "usr/libexec/tykup/tykup-subscribe", "--help") if verb == "subscribe" else output(tykup, verb, "--help")
        assert set(bash.complete(f"tykup {verb} --", ALL)[2:]) == options_in(help_text), verb
