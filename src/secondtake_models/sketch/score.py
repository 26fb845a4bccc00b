"""The score: notes in beats, before any sound."""

from dataclasses import dataclass
from typing import Literal

Part = Literal["lead", "left_hand", "pad", "piano", "guitar", "bass", "kit", "synth_kit"]
Shape = Literal["plain", "accent", "swell"]


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
