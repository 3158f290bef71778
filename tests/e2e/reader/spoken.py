"""Commands and keys that running text names in passing: do they exist?"""

import re
import shlex

VERB = re.compile(r"^  ([a-z][a-z-]+) ", re.MULTILINE)
KEY = re.compile(r"^(?P<table>\[\[?[a-z.-]+\]\]?) (?P<key>[a-z_]+)(?: = (?P<value>.+))?$")


class Command:
    """`tykup` on a host, by what its --help says."""

    def __init__(self, host):
        self._host = host
        self._help = {}

    def defect(self, span):
        """What is wrong with a command in running text; None where it is fine, or no command of ours."""
        words = typed_words(span)
        if not words or words[0] not in ("tykup", "tykupd"):
            return None
        options = [word.split("=")[0] for word in words if re.match(r"^--?[a-z]", word)]
        if words[0] == "tykupd":
            return self._unknown_option(["tykupd"], options)
        verbs = [word for word in words[1:2] if re.match(r"^[a-z]", word)]
        if not verbs:
            return self._unknown_option(["tykup"], options)
        if verbs[0] in VERB.findall(self._help_of(["tykup"])):
            return self._defect_of_verb(["tykup", verbs[0]], words[2:3], options)
        return None if self._has_unlisted(verbs[0]) else f"there is no verb {verbs[0]!r}"

    def _defect_of_verb(self, command, next_words, options):
        """A verb such as `fleet` has verbs of its own."""
        own = VERB.findall(self._help_of(command).partition("Subcommands:")[2])
        if not own or not next_words or not re.match(r"^[a-z]", next_words[0]):
            return self._unknown_option(command, options)
        if next_words[0] not in own:
            return f"{' '.join(command)} has no verb {next_words[0]!r}"
        return self._unknown_option([*command, next_words[0]], options)

    def _has_unlisted(self, verb):
        """A verb that no help names is one all the same."""
        return "There is no verb" not in self._host.run("tykup", verb, check=False).stderr

    def _unknown_option(self, command, options):
        known = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", self._help_of(command)))
        unknown = [option for option in options if option not in known]
        return f"{' '.join(command)} has no option {unknown[0]}" if unknown else None

    def _help_of(self, command):
        words = tuple(command)
        if words not in self._help:
            self._help[words] = self._host.run(*words, "--help").stdout
        return self._help[words]


def typed_words(span):
    """The words of what might be a command line, without sudo."""
    try:
        words = shlex.split(span)
    except ValueError:
        return []
    return words[1:] if words[:1] == ["sudo"] else words


def key_in(span):
    """(table, key, value or None) of `[policy] soak = "3d"`, else None."""
    match = KEY.match(span)
    return (match["table"], match["key"], match["value"]) if match else None
