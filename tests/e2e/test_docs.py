"""The documentation is true: its commands do what it says on a host, its configurations are understood, its links lead
somewhere. How pages are written so that this can be seen is told in reader/__init__.py."""

import re

import pytest

from reader import beginnings
from reader.pages import COMMANDS, FILES, TOP, Page, all_pages, exchanges
from reader.person import EDITS, PageIsWrong, matches
from reader.spoken import Command, key_in, typed_words
from world.scene import Scene
from world.tykup import Tykup

# Where each page with commands begins (see reader/beginnings.py), and on which hosts it is followed.
BOTH, APT = ("apt", "rpm"), ("apt",)
BEGINS = {
    "README.md": (BOTH, "fresh"),
    "docs/README.md": (APT, "upgraded"),
    "docs/failures.md": (BOTH, "gone_back"),
    "docs/first-host.md": (BOTH, "fresh"),
    "docs/hooks.md": (APT, "waiting"),
    "docs/man/tykup.1.md": (APT, "waiting"),
    "docs/migrating.md": (BOTH, "looked_after_by_others"),
    "docs/monitoring.md": (APT, "with_node_exporter"),
    "docs/one-way.md": (APT, "before_a_migration"),
    "docs/security.md": (BOTH, "waiting"),
    "docs/windows.md": (APT, "waiting"),
}

# Every block that is not run, by its page and first line. Whoever adds one writes down here why, too.
NOT_RUN = {
    ("README.md", "sudo tests/demo              # boots a throw-away host and upgrades it in front of your eyes"):
        "builds the packages and boots hosts of its own",
}

MINIMAL = '[deployment]\ntopology = "self-managed"\n'
# The first word of a line that somebody would type.
PROGRAMS = {"sudo", "$", "tykup", "tykupd", "systemctl", "journalctl", "apt", "apt-get", "apt-mark", "dnf", "yum", "rpm", "dpkg", "tar", "ln",
            "cat", "curl", "mv", "cp", "rm", "chmod", "install", "pkcon", "timedatectl", "gpg"}
PAGES = all_pages()


def blocks():
    return [block for page in PAGES for block in page.blocks]


# --- by reading ---


def test_every_block_says_what_it_is():
    unknown = [block.place for block in blocks() if block.language not in (*COMMANDS, *FILES)]
    assert not unknown, f"a block is one of {', '.join((*COMMANDS, *FILES))}: {unknown}"


def test_no_command_hides_in_a_block_that_is_not_run():
    """Neither in one that is called a text, nor in one that only stands further to the right."""
    hidden = [f"{block.place}: {line}" for block in blocks() if block.language in ("text", "yaml", "json")
              for line in block.text.splitlines() if line.split()[:1] and line.split()[0] in PROGRAMS]
    hidden += [f"{page.name}: {line}" for page in PAGES for before, line in zip(["", *page.prose.splitlines()], page.prose.splitlines())
               if line.startswith("    ") and not before.strip()]
    assert not hidden, hidden


def test_only_the_blocks_of_the_table_are_not_run():
    left_out = {(block.page, block.text.splitlines()[0]): block.remark("not run") for block in blocks() if block.remark("not run") is not None}
    assert left_out == NOT_RUN


def test_every_page_with_commands_is_followed_on_a_host_for_each_of_them():
    assert {page.name for page in PAGES if page.commands} == set(BEGINS)
    alone = [block.place for page in PAGES for block in page.commands if not any(block.is_for(format) for format in BEGINS[page.name][0])]
    assert not alone, f"no host follows {alone}"


def test_links_lead_somewhere():
    broken = [f"{page.name}: {link}" for page in PAGES for link in page.links if not leads_somewhere(page, link)]
    assert not broken, broken


def leads_somewhere(page, link):
    if "://" in link or link.startswith("mailto:"):
        return True
    path, _, anchor = link.partition("#")
    target = (TOP / page.name).parent / path if path else TOP / page.name
    if not target.exists():
        return False
    return not anchor or anchor in Page(str(target.resolve().relative_to(TOP))).anchors


def test_the_index_knows_every_page():
    index = (TOP / "docs/README.md").read_text()
    missing = [path.name for path in TOP.glob("docs/*.md") if path.name != "README.md" and f"({path.name}" not in index]
    missing += [path.name for path in TOP.glob("docs/man/*.md") if f"(man/{path.name}" not in index]
    assert not missing, missing


def test_the_index_explains_every_gate_and_no_other():
    source = (TOP / "daemon/core/policy.cpp").read_text()
    names = re.search(r"kNames\{(.*?)\}", source, re.DOTALL)[1]
    gates = {name.replace("_", " ") for name in re.findall(r'"(\w+)"', names)} - {"fleet"}
    table = (TOP / "docs/README.md").read_text().split("## Why a component stays")[1]
    assert set(re.findall(r"^\| \*([a-z ]+)\* \|", table, re.MULTILINE)) == gates


def test_the_manual_page_lists_every_key_that_the_configuration_reads():
    sources = "".join(path.read_text() for path in TOP.glob("daemon/core/config*.cpp"))
    keys = set(re.findall(r'\b(?:texts?|duration|one_of|integer|boolean|tables?|read_component_names|read_moment)\((?:[\w*]+, )?"([a-z_]+)"', sources))
    manual = (TOP / "docs/man/tykup.toml.5.md").read_text()
    assert {"soak", "hold", "ics", "until", "window", "probe", "keep"} <= keys
    assert sorted(key for key in keys if not re.search(rf"\b{key}\b", manual)) == []


# --- the reader himself ---


PICTURES = [
    ("done", "done", True), ("done", "failed", False), ("Plan …, 3 steps:", "Plan 12ab34, 3 steps:", True), ("a  b", "a b", True),
    ("one\n…\nfour", "one\ntwo\nthree\nfour", True), ("one\n…\nfour", "one\nfour", True), ("one\n…", "one\ntwo", True),
    ("one", "one\ntwo", False), ("one\ntwo", "one", False), ("a.c", "abc", False), ("", "", True), ("", "something", False),
]


@pytest.mark.parametrize("page, screen, same", PICTURES)
def test_a_picture_of_a_screen_is_compared(page, screen, same):
    assert matches(page, screen) == same


def test_a_page_is_taken_apart():
    page = Page("page.md", "See `tykup plan`.\n\n<!-- rpm -->\n```console\n$ echo a \\\n> b\na b\n$ true\n```\n\n- in a list\n  ```sh\n  #!/bin/sh\n  exit\n  ```\n")
    told, program = page.blocks
    assert (told.language, told.line, told.is_commands, told.is_for("rpm"), told.is_for("apt")) == ("console", 4, True, True, False)
    assert exchanges(told) == [("echo a \\\nb", ["a b"]), ("true", [])]
    assert program.text == "#!/bin/sh\nexit" and program.is_file and not program.is_commands
    assert page.spans == ["tykup plan"]


@pytest.mark.parametrize("text", ["```sh\ntrue\n", "<!-- sometimes -->\n```sh\ntrue\n```\n", "<!-- apt -->\n\nA word.\n"])
def test_a_page_that_cannot_be_understood_is_refused(text):
    with pytest.raises(AssertionError):
        Page("page.md", text)


# --- on a host ---


@pytest.fixture(scope="module")
def bystander(session):
    """A host with tykup and nothing else, to ask whether a command, option or key exists."""
    scene = Scene(session)
    host = beginnings.Desk(scene, session).host_on(beginnings.tykup_layer(session))
    yield host
    scene.close()


def test_every_configuration_is_understood(bystander):
    wrong = [complaint for block in blocks() if block.language == "toml" for complaint in complaints(bystander, whole(block.text), block.place)]
    assert not wrong, "\n".join(wrong)


def whole(text):
    return text if "[deployment]" in text else MINIMAL + text


def complaints(host, text, place):
    Tykup(host).configure(text)
    checked = host.run("tykup", "check-config", check=False)
    # A calendar of freezes is the operator's own file.
    return [f"{place}: {line}" for line in checked.stderr.splitlines() if ".ics" not in line]


def test_commands_in_running_text_exist(bystander):
    command = Command(bystander)
    defects = [(page.name, span, command.defect(span)) for page in PAGES for span in page.spans]
    assert sum(typed_words(span)[:1] == ["tykup"] for _, span, _ in defects) > 50
    assert [defect for defect in defects if defect[2]] == []


def test_keys_in_running_text_exist(bystander):
    """With a value both have to be right; a bare key is given one that no key has, and only has to be known."""
    found = [(page.name, span, key_in(span)) for page in PAGES for span in page.spans if key_in(span)]
    wrong = []
    for name, span, (table, key, value) in found:
        said = complaints(bystander, with_key(table, key, value or "[[]]"), f"{name}: {span}")
        wrong += [line for line in said if value or "unknown" in line]
    assert len(found) > 10 and not wrong, "\n".join(wrong)


def with_key(table, key, value):
    return f"{MINIMAL}{key} = {value}\n" if table == "[deployment]" else f"{MINIMAL}{table}\n{key} = {value}\n"


# What the rpm pages have of their own; the others are followed on rpm hosts in the full run, and where somebody names them.
RPM_ALWAYS = {"docs/first-host.md", "docs/migrating.md"}
CASES = [(format, name) for name, (formats, _) in BEGINS.items() for format in formats]
ALWAYS = [f"{format}-{name}" for format, name in CASES if format == "apt" or name in RPM_ALWAYS]


@pytest.mark.takes_minutes
@pytest.mark.part(ALWAYS)
@pytest.mark.parametrize("format, name", [pytest.param(*case, id="-".join(case)) for case in CASES])
def test_page_can_be_followed(scene, session, format, name):
    page = Page(name)
    person = getattr(beginnings, BEGINS[name][1])(beginnings.Desk(scene, session))
    for number, block in enumerate(page.blocks):
        if block.is_commands and block.is_for(format) and block.remark("not run") is None:
            person.follow(block, files_after(page, number, format))


def files_after(page, number, format):
    """What an editor could type from there on: the page's next files."""
    return [block for block in page.blocks[number:] if block.is_file and block.is_for(format)]


@pytest.mark.parametrize("text, complaint", [
    ("```sh\ntykup wait\n```", "There is no verb"),
    ("```console\n$ echo one\ntwo\n```", "the page shows"),
    ("```sh\nsudoedit /etc/tykup/tykup.toml\n```", "no file for `sudoedit`"),
    ("```console\n$ bash -c 'read -p \"Is this ok [y/N]: \" a'\n```", "does not show an answer"),
    ("<!-- until: never said -->\n```sh\necho one\n```", "never said"),
])
def test_a_page_that_is_wrong_is_told_so(bystander, text, complaint):
    page = Page("page.md", text + "\n")
    person = beginnings.Person(bystander, {})
    with pytest.raises(PageIsWrong, match=re.escape(complaint)):
        person.follow(page.blocks[0], files_after(page, 0, "apt"))


def test_the_reader_knows_what_is_to_be_edited():
    assert len(EDITS.findall("sudo sudoedit a\nsudoedit /etc/x   # now\necho sudoedit\n")) == 2


