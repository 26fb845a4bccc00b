"""The sketch's input, checked once at the door, and the score: notes in beats, before any sound."""

import re
from dataclasses import dataclass
from typing import Literal

from secondtake.core.constraints import check_limits
from secondtake.core.errors import ModelError
from secondtake.core.prompts.espeak_voices import check_languages
from secondtake.core.registry.sketch import SKETCH

PITCH_CLASSES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
KEY_PATTERN = re.compile(r"([A-Ga-g])\s*([#♯b♭]?)\s*(major|maj|minor|min|m|M)?")

Part = Literal["lead", "left_hand", "pad", "piano", "guitar", "bass", "kit", "synth_kit"]
Shape = Literal["plain", "accent", "swell"]


@dataclass(frozen=True)
class Key:
    """tonic: pitch class, 0 = C … 11 = B."""

    tonic: int
    minor: bool


@dataclass(frozen=True)
class SketchInput:
    """One segment to arrange. seconds: exact length; bpm: quarter notes per minute.

    kind: `instrumental`, `chorus`, `verse`, `intro`, `bridge`, `outro`, `drop`; any other is
    arranged as a verse. language: tags in order of preference, as in `("en", "es")`.
    """

    kind: str
    seconds: float
    bpm: float = 120.0
    key: str = "A minor"
    lyrics: str | None = None
    language: str | tuple[str, ...] = ("en",)
    style: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise ModelError("unsupported") for a number out of range, an unreadable key, or words
        in a language that is not spoken."""
        check_limits(SKETCH, SKETCH.default, self.seconds, self.bpm)
        parse_key(self.key)
        if self.lyrics:
            check_languages(self.languages)

    @property
    def languages(self) -> tuple[str, ...]:
        """Language tags without their region, lower case: `es-AR` -> `es`."""
        tags = (self.language,) if isinstance(self.language, str) else self.language
        return tuple(re.split(r"[-_]", tag.strip().lower())[0] for tag in tags if tag.strip())

    def asks_for(self, *words: str) -> bool:
        """True if the style text contains any of these lower-case words."""
        return any(word in self.style.lower() for word in words)


def parse_key(text: str) -> Key:
    """`A minor`, `F# major`, `Bbm`, `C` -> Key. Raise ModelError("unsupported") otherwise."""
    match = KEY_PATTERN.fullmatch(text.strip())
    if match is None:
        raise ModelError(
            "unsupported", f"key {text!r} is not a key", 'write it like "A minor" or "F# major"'
        )
    letter, accidental, mode = match.groups()
    tonic = PITCH_CLASSES[letter.lower()] + ACCIDENTALS[accidental]
    return Key(tonic % 12, mode in ("minor", "min", "m"))


@dataclass(frozen=True)
class Note:
    """start, length: beats from the segment's start. pitch: MIDI number, in a kit the drum.

    velocity: 1 to 127. shape: how the loudness moves within the note (`accent` bites and
    falls, `swell` opens like a bellows). glide: semitones from which the pitch slides in.
    """

    start: float
    length: float
    pitch: int
    velocity: int
    part: Part
    shape: Shape = "plain"
    glide: float = 0.0
