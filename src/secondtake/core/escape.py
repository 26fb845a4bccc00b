"""Escaping of song-file text for markdown and HTML reports; readable text stays readable."""

import html
import re
import unicodedata

# Marks of markdown, and those of GitHub besides: $math$, @people, :signs: and addresses.
MARKDOWN_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>&<=$@]|:(?=\S))")
# Ordinary words: nothing in them is markup where they stand, also at the start of a line.
WORDS = re.compile(
    r"(?!\d+[.)])[^\W_]((?<=[^\W_])_(?=[^\W_])|[^\W_]|[ ,.;:'\"“”‘’()?!%/…–—♪±×−≥≤°=+-])*"
)
LINKED = re.compile(r"://|www\.|@|:\w+:", re.IGNORECASE)  # GitHub makes links and signs of these
# Characters that reorder what the reader sees (bidirectional controls) or that no one can see.
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def plain(text: str) -> str:
    """One line without control, bidirectional or other invisible characters."""
    spaced = re.sub(r"\s+", " ", text)
    return "".join(c for c in spaced if unicodedata.category(c) not in INVISIBLE).strip()


def markdown(text: str) -> str:
    """`text` as a line of markdown, or a table's cell, that renders as itself; words stay plain."""
    line = plain(text)
    if WORDS.fullmatch(line) and not LINKED.search(line):
        return line
    escaped = MARKDOWN_MARKS.sub(r"\\\1", line)
    return escaped.replace("\\&", "&amp;").replace("\\<", "&lt;").replace("\\>", "&gt;")


def markup(text: str) -> str:
    """`text` as HTML content or attribute value that renders as itself."""
    return html.escape(plain(text), quote=True)
