"""The manual pages, as the package brings them."""

import gzip
import re

import pytest

from test_completion import options_in, unpacked, verbs_in  # noqa: F401
from world.process import output, run

PAGES = ["man1/tykup.1", "man5/tykup.toml.5", "man8/tykupd.8"]


@pytest.fixture
def page(request, unpacked, tmp_path):  # noqa: F811
    """A page of the .deb, as a file of its own."""
    file = tmp_path / request.param.rpartition("/")[2]
    file.write_bytes(gzip.decompress((unpacked / f"usr/share/man/{request.param}.gz").read_bytes()))
    return file


def shown(page):
    return output("man", "--encoding=UTF-8", "--local-file", page, env={"MANWIDTH": "4000", "MAN_KEEP_FORMATTING": ""})


@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_neither_mandoc_nor_groff_has_anything_to_say(page):
    assert run("mandoc", "-T", "lint", "-W", "warning", page, check=False).stdout == ""
    said = run("man", "--warnings", "--encoding=UTF-8", "--local-file", page)
    assert said.stderr == "" and len(said.stdout) > 1000


@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_a_page_is_read_as_it_was_written(page):
    """No mark of the Markdown is left, no paragraph runs into the next, and a dash can be copied."""
    text = shown(page)
    assert not re.search(r"\*\*|`|\\-|@[A-Z_]+@|‐", text), text
    assert not re.search(r"[a-z)][.;:][A-Z][a-z]", text), text
    assert not re.search(r"^\.nf\n([^.].*\n|\n)*\.IP", page.read_text(), re.MULTILINE), "an example of several paragraphs"
    assert re.search(r"^NAME\n +\S+(, \S+)? - ", text, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES[:1], indirect=True)
def test_the_command_s_page_names_every_verb_and_option(page, unpacked):  # noqa: F811
    text, tykup = shown(page), unpacked / "usr/bin/tykup"
    for verb in verbs_in(output(tykup, "--help")):
        assert re.search(rf"^ +{verb}\b", text, re.MULTILINE), verb
        words = [unpacked / "usr/libexec/tykup/tykup-subscribe"] if verb == "subscribe" else [tykup, verb]
        missing = {option for option in options_in(output(*words, "--help")) - {"--help"} if option not in text}
        assert not missing, (verb, missing)
