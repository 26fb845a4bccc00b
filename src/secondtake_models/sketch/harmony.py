"""Chords of a key, and which chord each bar carries."""

import random
from dataclasses import dataclass

from secondtake_models.sketch.brief import Key

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)
# Scale degrees (0 = tonic), two half-bars each. A dominant stands before every return, as in
# tango: it is what makes the key unmistakable.
MINOR_PROGRESSIONS = (
    ((0, 0), (3, 3), (4, 4), (0, 0)),
    ((0, 0), (5, 5), (3, 4), (0, 4)),
    ((0, 0), (6, 6), (5, 5), (4, 4)),
    ((0, 0), (0, 3), (0, 4), (0, 0)),
)
MAJOR_PROGRESSIONS = (
    ((0, 0), (5, 5), (3, 3), (4, 4)),
    ((0, 0), (3, 3), (4, 4), (0, 0)),
    ((0, 0), (1, 1), (4, 4), (0, 4)),
)
# Four bars and a cadence are soon over: home has to be heard more than once.
SHORT_MINOR = (((0, 0), (0, 5), (3, 0), (3, 4)), ((0, 0), (5, 0), (0, 3), (3, 4)))
SHORT_MAJOR = (((0, 0), (0, 5), (3, 0), (3, 4)), ((0, 0), (3, 0), (0, 1), (3, 4)))


@dataclass(frozen=True)
class Chord:
    """root and tones: pitch classes; scale: the seven that fit it; dominant: it wants home."""

    root: int
    tones: tuple[int, ...]
    scale: tuple[int, ...]
    dominant: bool


def chord_on(key: Key, degree: int) -> Chord:
    """The chord on a scale degree, the fifth degree always as a dominant seventh."""
    steps = list(MINOR if key.minor else MAJOR)
    if degree == 4 and key.minor:
        steps[6] = 11  # the leading tone of the harmonic minor
    size = 4 if degree == 4 else 3
    tones = tuple((key.tonic + steps[(degree + 2 * third) % 7]) % 12 for third in range(size))
    scale = tuple(sorted((key.tonic + step) % 12 for step in steps))
    return Chord(tones[0], tones, scale, degree == 4)


def progressions(
    key: Key, short: bool, rng: random.Random
) -> list[tuple[tuple[Chord, Chord], ...]]:
    """Four-bar progressions in a drawn order; each bar is its two half-bar chords."""
    long_ones, short_ones = (
        (MINOR_PROGRESSIONS, SHORT_MINOR) if key.minor else (MAJOR_PROGRESSIONS, SHORT_MAJOR)
    )
    choices = list(short_ones if short else long_ones)
    rng.shuffle(choices)
    return [
        tuple((chord_on(key, first), chord_on(key, second)) for first, second in choice)
        for choice in choices
    ]


def voiced(chord: Chord, low: int, count: int = 3) -> list[int]:
    """The chord in close position: MIDI pitches from `low` upwards."""
    pitches = sorted(low + (tone - low) % 12 for tone in chord.tones)
    return (pitches + [pitch + 12 for pitch in pitches])[:count]


def nearest(pitch: float, classes: tuple[int, ...]) -> int:
    """The MIDI pitch nearest to `pitch` whose class is one of `classes`; ties go down."""
    around = range(int(pitch) - 7, int(pitch) + 8)
    return min((p for p in around if p % 12 in classes), key=lambda p: (abs(p - pitch), p))


def step_from(pitch: int, steps: int, scale: tuple[int, ...]) -> int:
    """Walk `steps` scale steps up (or down, if negative) from a pitch."""
    direction = 1 if steps > 0 else -1
    for _ in range(abs(steps)):
        pitch += direction
        while pitch % 12 not in scale:
            pitch += direction
    return pitch
