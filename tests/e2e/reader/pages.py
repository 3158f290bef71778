"""The pages of the documentation: their blocks in order, what stands in backticks, their links."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parents[3]
COMMANDS = ("sh", "console")
FILES = ("toml", "yaml", "json", "text")
REMARKS = ("apt", "rpm", "until", "not run")

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\S*)\s*$")
REMARK = re.compile(r"^\s*<!-- (?P<name>[a-z ]+?)(?:: (?P<text>.+?))? -->$")
HEADING = re.compile(r"^#{1,6} +(?P<text>.+?)\s*$")
SPAN = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
LINK = re.compile(r"\[[^\]\n]*(?:\n[^\]\n]*)?\]\((?P<target>[^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """What stands between two fences."""

    page: str
    line: int
    language: str
    text: str
    remarks: tuple

    @property
    def place(self):
        return f"{self.page}:{self.line}"

    def remark(self, name):
        """What the remark says; "" for one that says nothing but its name, None where there is none."""
        return dict(self.remarks).get(name)

    @property
    def is_file(self):
        """Something that an editor could type."""
        return self.language in FILES or (self.language == "sh" and self.text.startswith("#!"))

    @property
    def is_commands(self):
        return self.language in COMMANDS and not self.is_file

    def is_for(self, format):
        other = {"apt": "rpm", "rpm": "apt"}[format]
        return self.remark(other) is None


class Page:
    """One page, named by its path in the tree."""

    def __init__(self, name, text=None):
        self.name = name
        self.text = (TOP / name).read_text() if text is None else text
        self.blocks, self.prose = split(name, self.text)

    @property
    def is_manual(self):
        return self.name.startswith("docs/man/")

    @property
    def commands(self):
        return [block for block in self.blocks if block.is_commands]

    @property
    def spans(self):
        """What stands in backticks in the running text, and in bold on manual pages."""
        found = [" ".join(text.split()) for text in SPAN.findall(self.prose)]
        return found + [text.replace("\\", "") for text in BOLD.findall(self.prose)] if self.is_manual else found

    @property
    def links(self):
        return [match["target"] for match in LINK.finditer(self.prose)]

    @property
    def anchors(self):
        """The names by which its headings can be linked to, as GitHub makes them."""
        headings = (HEADING.match(line) for line in self.prose.splitlines())
        return {anchor_of(heading["text"]) for heading in headings if heading}


def anchor_of(heading):
    words = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return words.strip().replace(" ", "-")


def split(name, text):
    """(the blocks, the text without them)"""
    blocks, prose, remarks = [], [], []
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        fence, remark = FENCE.match(line), REMARK.match(line)
        if remark:
            assert remark["name"] in REMARKS, f"{name}:{number}: there is no remark {remark['name']!r}"
            remarks.append((remark["name"], remark["text"] or ""))
            continue
        if not fence:
            assert not remarks, f"{name}:{number}: a remark stands right before its block"
            prose.append(line)
            continue
        inside = []
        for _, line in lines:
            if line.strip() == "```":
                break
            inside.append(line)
        else:
            raise AssertionError(f"{name}:{number}: this block has no end")
        blocks.append(Block(name, number, fence["language"], textwrap.dedent("\n".join(inside)), tuple(remarks)))
        remarks = []
    return blocks, "\n".join(prose)


def all_pages():
    """Every page that an operator may read."""
    names = ["README.md", *(str(path.relative_to(TOP)) for path in sorted(TOP.glob("docs/**/*.md")))]
    return [Page(name) for name in names]


def exchanges(block):
    """(command, lines that are to be printed) of a console block, in order."""
    found = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.startswith("> ") and found and not found[-1][1]:
            found[-1] = (found[-1][0] + "\n" + line[2:], [])
        else:
            assert found, f"{block.place}: something is printed before the first command"
            found[-1][1].append(line)
    return found
