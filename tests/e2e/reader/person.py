"""A person at a terminal of a host, who types what a page says and compares what the page shows."""

import os
import re
import selectors
import subprocess
import time

from world.process import ENVIRONMENT

from .pages import exchanges

NAME = "you"
HOME = f"/home/{NAME}"
TYPING = f"{HOME}/.typing"
EDITOR = "/usr/local/bin/editor-of-the-page"
EDITOR_TEXT = f"""#!/bin/sh
# Types the next file of the page.
next=$(ls {TYPING} | head -n 1)
[ -n "$next" ] && cat "{TYPING}/$next" > "$1" && rm "{TYPING}/$next"
"""

QUESTION = re.compile(r"(?:Type yes[^:\n]*: |\[y/N\]:? ?|\[Y/n\] ?)$")
ANSWERED = re.compile(r"^.*(?:Type yes[^:\n]*: |\[y/N\]:? |\[Y/n\] )(?P<typed>\S+)$")
USUAL_ANSWERS = {"Type": "yes", "[y/N]": "y", "[Y/n]": "y"}
PLACEHOLDERS = re.compile(r"\b(RUN|PLAN|FINGERPRINT|PACKAGE_FINGERPRINT)\b")
EDITS = re.compile(r"^\s*(?:sudo )?sudoedit ", re.MULTILINE)
COLOR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class PageIsWrong(AssertionError):
    """A page does not say what happens."""


class Person:
    """Has an account with sudo, a terminal of 80 columns, an editor that types what the page has."""

    def __init__(self, host, meanings):
        """`meanings` has a function for each placeholder."""
        self.host = host
        self._meanings = meanings
        host.shell(f"id {NAME} 2> /dev/null || useradd --create-home --shell /bin/bash {NAME}")
        host.write("/etc/sudoers.d/page", f"{NAME} ALL=(ALL:ALL) NOPASSWD: ALL\n", mode=0o440)
        host.write(EDITOR, EDITOR_TEXT, mode=0o755)
        host.shell(f"mkdir -p {TYPING} && chown {NAME}: {TYPING}")

    def meant(self, text):
        """The text with its placeholders filled."""
        return PLACEHOLDERS.sub(lambda match: self._meanings[match[0]](), text)

    def follow(self, block, files):
        """Does what a block says; `files` are the blocks further down that an editor could type."""
        edits = len(EDITS.findall(block.text))
        if len(files) < edits:
            raise PageIsWrong(f"{block.place}: the page has no file for `sudoedit` to write")
        for number, file in enumerate(files[:edits]):
            self.host.write(f"{TYPING}/{number}", self.meant(file.text) + "\n", owner=NAME)
        if block.language == "sh":
            self._run_script(block)
        else:
            self._converse(block)
        left = self.host.names_in(TYPING)
        if left:
            raise PageIsWrong(f"{block.place}: {len(left)} of the files that sudoedit was to write were not asked for")

    def _run_script(self, block):
        status, said = self.type(self.meant(block.text), lambda question: usual_answer(question), block.remark("until"))
        if status != 0:
            raise PageIsWrong(f"{block.place}: a command failed with {status}:\n{block.text}\n--- it said:\n{said}")

    def _converse(self, block):
        for command, expected in exchanges(block):
            answers = [match["typed"] for match in map(ANSWERED.match, expected) if match]
            _, said = self.type(self.meant(command), lambda _, left=answers: left.pop(0) if left else None, block.remark("until"))
            if not matches("\n".join(expected), said):
                raise PageIsWrong(f"{block.place}: $ {command}\n--- the page shows:\n" + "\n".join(expected) + f"\n--- it said:\n{said}")

    def type(self, script, answer, until=None, within=300):
        """(exit status, what the screen shows) of a script that is typed at a terminal. `answer(question)` is typed where
        something asks. What shows `until` is interrupted by Ctrl-C, which is its right end."""
        self.host.write(f"{HOME}/.typed", f"set -e\ncd {HOME}\n{script}\n", owner=NAME)
        argv = self.host.command("script", "--quiet", "--return", "--command", f"bash {HOME}/.typed", "/dev/null", user=NAME,
                                 env={"HOME": HOME, "TERM": "dumb", "SUDO_EDITOR": EDITOR})
        terminal = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENVIRONMENT)
        try:
            said = watch(terminal, answer, until, within)
            return (0 if until else terminal.wait(30)), on_screen(said)
        finally:
            terminal.kill()
            terminal.wait()
            terminal.stdin.close()
            terminal.stdout.close()


def watch(terminal, answer, until, within):
    """All that it says until it ends; answers what it asks."""
    said, deadline = "", time.monotonic() + within
    answered, interrupted = 0, False
    with selectors.DefaultSelector() as selector:
        selector.register(terminal.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0, deadline - time.monotonic())):
                raise PageIsWrong(f"it did not come to an end within {within} s; it said:\n{on_screen(said)}")
            got = os.read(terminal.stdout.fileno(), 65536)
            if not got:
                if until and until not in said:
                    raise PageIsWrong(f"it never said {until!r}:\n{on_screen(said)}")
                return said
            said += got.decode(errors="replace")
            question = QUESTION.search(said, answered)
            if question:
                typed = answer(question[0])
                if typed is None:
                    raise PageIsWrong(f"it asks something that the page does not show an answer to:\n{on_screen(said)}")
                answered = len(said)
                type_in(terminal, typed + "\n")
            if until and until in said and not interrupted:
                interrupted = True
                type_in(terminal, "\x03")


def type_in(terminal, text):
    terminal.stdin.write(text.encode())
    terminal.stdin.flush()


def usual_answer(question):
    return next(answer for word, answer in USUAL_ANSWERS.items() if question.startswith(word))


def on_screen(said):
    """What stands on a terminal after this was written to it: of a line that was written anew, what came last."""
    lines = COLOR.sub("", said).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in lines).strip("\n")


def matches(expected, said):
    """Whether a page's picture of a screen is the screen."""
    return re.fullmatch(pattern_of(expected), "".join(words(line) + "\n" for line in said.rstrip().splitlines())) is not None


def pattern_of(expected):
    return "".join(r"(?:.*\n)*?" if line.strip() == "…" else as_pattern(words(line)) + r"\n" for line in expected.rstrip().splitlines())


def as_pattern(line):
    return ".*?".join(map(re.escape, line.split("…")))


def words(line):
    return " ".join(line.split())
