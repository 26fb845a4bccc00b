"""The grooves of grooves.toml: the players of each, and its patterns in every meter."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from secondtake.core.validation import METERS


class Band(NamedTuple):
    """A groove's players, by instrument of core.prompts.sketch_style, and the soundfont's drum kit
    (-1: drums only where the style names them)."""

    lead: str
    counter: str
    chords: str
    pad: str
    bass: str
    kit: int


class Patterns(NamedTuple):
    """Of one groove in one meter: the kit's, the bass's and the chords'."""

    kit: str
    bass: str
    chords: str


TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
BANDS = {name: Band(*(table[part] for part in Band._fields)) for name, table in TABLES.items()}
PATTERNS = {
    name: {meter: Patterns(*table[meter]) for meter in METERS} for name, table in TABLES.items()
}


class Stroke(NamedTuple):
    """beat: in the bar. length: beats until the pattern's next stroke or silence."""

    beat: float
    length: float
    symbol: str


@lru_cache(maxsize=1024)
def strokes(pattern: str, index: int) -> tuple[Stroke, ...]:
    """The strokes of a pattern in the bar of that index."""
    choices = pattern.split(";")
    result: list[Stroke] = []
    for beat, cell in enumerate(choices[index % len(choices)].split()):
        for place, symbol in enumerate(cell):
            if symbol == "-" and result:
                result[-1] = result[-1]._replace(length=result[-1].length + 1 / len(cell))
            elif symbol not in ".-":
                result.append(Stroke(beat + place / len(cell), 1 / len(cell), symbol))
    return tuple(result)


@lru_cache(maxsize=256)
def kit_strokes(pattern: str, index: int, full: bool) -> tuple[tuple[str, Stroke], ...]:
    """(letter, stroke) of every drum in the bar of that index. full: those with a + as well."""
    result = []
    for lines in pattern.split("|"):
        choices = lines.split(";")
        letter, line = choices[index % len(choices)].split(maxsplit=1)
        if full or not letter.startswith("+"):
            result += [(letter[-1], stroke) for stroke in strokes(line, index)]
    return tuple(result)
