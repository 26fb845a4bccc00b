"""Musical keys, as they are written in songs and measured in recordings."""

import re
from dataclasses import dataclass

from secondtake.core.errors import ModelError

PITCH_CLASSES = "c d ef g a b"  # by place
ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
KEY_PATTERN = re.compile(r"([A-Ga-g])\s*([#♯b♭]?)\s*(major|maj|minor|min|m|M)?")


@dataclass(frozen=True)
class Key:
    """tonic: pitch class, 0 = C … 11 = B."""

    tonic: int
    minor: bool


def parse_key(text: str) -> Key:
    """`A minor`, `F# major`, `Bbm`, `C` -> key. Raise ModelError("unsupported") otherwise."""
    match = KEY_PATTERN.fullmatch(text.strip())
    if match is None:
        raise ModelError(
            "unsupported", f"key {text!r} is not a key", 'write it like "A minor" or "F# major"'
        )
    letter, accidental, mode = match.groups()
    tonic = PITCH_CLASSES.index(letter.lower()) + ACCIDENTALS[accidental]
    return Key(tonic % 12, mode in ("minor", "min", "m"))
