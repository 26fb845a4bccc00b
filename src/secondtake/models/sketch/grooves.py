"""The patterns of grooves.toml: of each groove in every meter, and the lead's motifs."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

GROOVES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
# Drums: General MIDI keys by letter. Motifs: by use and meter. Percussion: by key.
TABLES = ("drums", "motifs", "percussion", "substitutes")
DRUMS, MOTIFS, PERCUSSION, SUBSTITUTES = map(GROOVES.pop, TABLES)
PATTERNS = ("kit", "bass", "chords")  # of a groove in a meter, in this order


class Stroke(NamedTuple):
    """beat: in the bar. length: beats until the pattern's next stroke or silence."""

    beat: float
    length: float
    symbol: str


def pattern_of(groove: str, meter: str, part: Literal["kit", "bass", "chords"]) -> str:
    """What a part plays in a groove."""
    return str(GROOVES[groove][meter][PATTERNS.index(part)])


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
