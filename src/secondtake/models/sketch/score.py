"""The sketch's input, checked once at the door, and the score: notes in beats, before any sound."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from secondtake.core.constraints import check_limits
from secondtake.core.errors import ModelError
from secondtake.core.keys import parse_key
from secondtake.core.prompts.espeak_voices import check_languages
from secondtake.core.prompts.sketch_style import SketchStyle, read_style
from secondtake.core.registry.sketch import SKETCH, check_compound_tempo
from secondtake.core.validation import METERS, did_you_mean

# counter: the second melody, an arpeggio. kit: the soundfont's drums, by their General MIDI keys.
Part = Literal["lead", "counter", "chords", "pad", "bass", "kit", "synth_kit"]
Shape = Literal["plain", "accent", "swell"]


@dataclass(frozen=True)
class Meter:
    """text: as written, `6/8`. beats: to a bar. subdivision: parts of a beat that are counted."""

    text: str
    beats: int
    subdivision: int

    @property
    def half(self) -> int:
        """The beat of a bar on which its second chord may enter."""
        return (self.beats + 1) // 2

    @property
    def strong(self) -> tuple[int, ...]:
        """The beats of a bar that carry weight: one, and three in 4/4, four's half in 6/8."""
        return (0, self.half) if self.text in ("4/4", "6/8") else (0,)


def parse_meter(text: str) -> Meter:
    """`3/4`, `6/8` -> Meter. Raise ModelError("unsupported") for one that is not played."""
    if text not in METERS:
        hint = did_you_mean(text, METERS)
        raise ModelError("unsupported", f"the meter {text!r} is not played", hint)
    upper, lower = map(int, text.split("/"))
    return Meter(text, upper // 3, 3) if lower == 8 else Meter(text, upper, 2)


@dataclass(frozen=True)
class SketchInput:
    """One segment to arrange. seconds: exact length; bpm: beats of the meter per minute, which
    are quarters, and dotted quarters in 6/8.

    kind: as in a song file; one that is not known there is arranged as a verse. meter: "" if none
    is said. language: tags in order of preference, as in `("en", "es")`.
    """

    kind: str
    seconds: float
    bpm: float = 120.0
    key: str = "A minor"
    lyrics: str | None = None
    language: str | tuple[str, ...] = ("en",)
    style: str = ""
    seed: int = 0
    meter: str = ""

    def __post_init__(self) -> None:
        """Raise ModelError("unsupported") for a number out of range, an unreadable key, a meter
        that is not played, or words in a language that is not spoken."""
        check_limits(SKETCH, SKETCH.default, self.seconds, self.bpm)
        parse_key(self.key)
        check_compound_tempo(self.bar.text, self.bpm)
        if self.lyrics:
            check_languages(self.languages)

    @property
    def bar(self) -> Meter:
        """The meter that is played: where none is said the groove's own."""
        return parse_meter(self.meter or self.heard_style.meter)

    @cached_property
    def heard_style(self) -> SketchStyle:
        """What the style asks for."""
        return read_style(self.style)

    @property
    def languages(self) -> tuple[str, ...]:
        """Language tags without their region, lower case: `es-AR` -> `es`."""
        tags = (self.language,) if isinstance(self.language, str) else self.language
        return tuple(re.split(r"[-_]", tag.strip().lower())[0] for tag in tags if tag.strip())


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


def swung(beat: float) -> float:
    """A beat of a straight rhythm as it is swung: eighths as two thirds and one; triplets stay."""
    whole, part = divmod(beat, 1.0)
    if abs(part * 3 - round(part * 3)) < 1e-6:
        return beat
    return whole + (part * 4 / 3 if part <= 0.5 else (2 * part + 1) / 3)
