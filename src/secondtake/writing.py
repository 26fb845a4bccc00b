"""A prompt as it grows: words, who delivers them and how, and where the lyrics' lines end.

Line ends stay: Bark takes them for spaces, but whoever splits a long prompt sees them. For Bark
itself the breath at a line's end is a comma, and the rest between stanzas a full stop, unless the
lyrics have a mark of their own there.
"""

import re
import unicodedata
from dataclasses import dataclass, field

NOTE = "♪"
WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")  # kana and Han: their own marks
CLOSERS = frozenset("\"'”’»)）」』")
BREATH, STOP = {False: ",", True: "、"}, {False: ".", True: "。"}


@dataclass
class Stretch:
    """Words that one singer sings, or speaks, in one go."""

    singer: str
    sung: bool
    lines: list[str]
    own_line: bool  # it begins where a line of the lyrics does


@dataclass
class Writing:
    """What has been written so far, and how the next words are to be delivered."""

    singer: str
    sung: bool
    stretches: list[Stretch] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    respelled: list[str] = field(default_factory=list)
    line_over: bool = True
    stanza_over: bool = False

    def leave_out(self, what: str) -> None:
        self.left_out.append(what.strip())

    def words(self, text: str) -> None:
        """Go on with these words, after a breath where a line of the lyrics has ended."""
        if self.line_over and self.stretches:
            lines = self.stretches[-1].lines
            lines[-1] = _ended(lines[-1], STOP if self.stanza_over else BREATH)
        last = self.stretches[-1] if self.stretches else None
        if last is None or (last.singer, last.sung) != (self.singer, self.sung):
            self.stretches.append(Stretch(self.singer, self.sung, [text], self.line_over))
        elif self.line_over:
            last.lines.append(text)
        else:
            gap = "" if text[0] in ",.;:!?…)" else " "
            last.lines[-1] += gap + text
        self.line_over = self.stanza_over = False

    def text(self) -> str:
        parts, singer = "", ""
        for stretch in self.stretches:
            words = "\n".join(stretch.lines)
            words = f"{NOTE} {words} {NOTE}" if stretch.sung else words
            tag = f"{stretch.singer} " if stretch.singer not in ("", singer) else ""
            singer = stretch.singer or singer
            parts += ("\n" if stretch.own_line else " ") + tag + words
        return parts.strip()


def _ended(line: str, marks: dict[bool, str]) -> str:
    """The line with a breath or a stop at its end, if it ends with a word."""
    end = line.rstrip("".join(CLOSERS))
    if not end or not (end[-1].isalnum() or unicodedata.category(end[-1])[0] == "M"):
        return line
    return line + marks[bool(WITHOUT_SPACES.match(end[-1]))]
