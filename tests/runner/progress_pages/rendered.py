"""Markdown as a reader's program shows it: rendered by a real library, raw HTML allowed."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote

from markdown_it import MarkdownIt

HEADINGS = ("h1", "h2", "h3")


@dataclass
class Rendered(HTMLParser):
    """The tags, links and text of a page."""

    tags: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    cells: list[int] = field(default_factory=list)  # per table row
    blocks: list[str] = field(default_factory=list)  # of code
    text: str = ""
    inside: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        values = dict(attrs)
        self.links += [unquote(values[key] or "") for key in ("href", "src") if key in values]
        if tag == "tr":
            self.cells.append(0)
        elif tag in ("td", "th"):
            self.cells[-1] += 1
        elif tag in HEADINGS:
            self.headings.append("")
            self.inside = tag
        elif tag == "pre":
            self.blocks.append("")
            self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside:
            self.inside = ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.inside in HEADINGS:
            self.headings[-1] += data
        elif self.inside == "pre":
            self.blocks[-1] += data


def render(page: str) -> Rendered:
    """The page as HTML, taken apart."""
    parser = Rendered()
    parser.feed(MarkdownIt("commonmark").enable("table").render(page))
    return parser
