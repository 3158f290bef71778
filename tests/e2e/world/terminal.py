"""A shell at a terminal, and somebody who types."""

import os
import pty
import re
import select
import signal
import time

from .process import ENVIRONMENT

BEGIN_OF_LINE, END_OF_LINE, TAB, ALL = "\x01", "\x05", "\t", "\x1b*"
# What stands in the line is printed word by word instead of being run.
WORDS = re.compile(r"((?:<[^<>%]*>)+)\r?\nsaid")


class Terminal:
    """`start` is what the shell is told first."""

    def __init__(self, *argv, start=(), env=None):
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, {**ENVIRONMENT, "TERM": "dumb", "PS1": "$ ", "COLUMNS": "400", **(env or {})})
        for line in [*start, "stty -echo 2> /dev/null; stty cols 4000; echo rea''dy"]:
            self._type(line + "\n")
        self._read_until(re.compile("ready"))

    def _type(self, text):
        os.write(self._terminal, text.encode())

    def _read_until(self, pattern, within=60):
        text, end = "", time.monotonic() + within
        while time.monotonic() < end:
            if select.select([self._terminal], [], [], 0.2)[0]:
                text += os.read(self._terminal, 65536).decode(errors="replace")
            found = pattern.search(text)
            if found:
                return found
        raise AssertionError(f"the shell did not answer within {within} s: {text!r}")

    def complete(self, typed, key=TAB):
        """The words of the line after the key."""
        self._type(typed + key + BEGIN_OF_LINE + "printf '<%s>' " + END_OF_LINE + "; echo; echo sa''id\n")
        return re.findall("<([^<>]*)>", self._read_until(WORDS)[1])

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.close(self._terminal)
        os.waitpid(self.pid, 0)
