"""The project's own markdown: pages, the anchors of their headings, their links and commands."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

FENCE = re.compile(r"^( *)(```+)(\w*)\n(.*?)^\1\2$", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
LINK = re.compile(r"\[[^\[\]]*(?:\[[^\]]*\][^\[\]]*)?\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A markdown file of the project."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """The text without fenced blocks and without the comments between generated parts."""
        return re.sub(r"<!--.*?-->", "", FENCE.sub("", self.text), flags=re.DOTALL)

    @property
    def links(self) -> list[str]:
        """Where its links lead, as they are written."""
        return LINK.findall(INLINE_CODE.sub("", self.prose))

    @property
    def anchors(self) -> set[str]:
        """The places in it that a link may name, as GitHub makes them of headings."""
        seen: dict[str, int] = {}
        anchors = set()
        for heading in HEADING.findall(FENCE.sub("", self.text)):
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
            slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
            count = seen.get(slug, 0)
            seen[slug] = count + 1
            anchors.add(f"{slug}-{count}" if count else slug)
        return anchors

    @property
    def code(self) -> list[str]:
        """Its lines of code: of fenced and indented blocks, and what stands between backticks."""
        text = self.text
        blocks = [match[4] for match in FENCE.finditer(text) if match[3] in ("", "bash", "sh")]
        rest = FENCE.sub("", text)
        indented = re.findall(r"^    (.+)$", rest, re.MULTILINE)
        inline = [" ".join(match[2].split()) for match in INLINE_CODE.finditer(rest)]
        return [line.strip() for block in blocks for line in block.splitlines()] + indented + inline


@cache
def pages() -> tuple[Page, ...]:
    """Every markdown file that belongs to the project."""
    places = (ROOT, *(ROOT / name for name in ("data", "docs", "songs")))
    files = [
        file
        for place in places
        for file in (place.glob("*.md") if place == ROOT else place.rglob("*.md"))
    ]
    return tuple(Page(file) for file in sorted(files))
