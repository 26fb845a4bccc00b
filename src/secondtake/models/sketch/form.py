"""The form: the chords of a key, which bar carries which, how full it is, and the piece's end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from secondtake.models.sketch.score import Key, SketchInput, parse_key

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)
# Scale degrees (0 = tonic), two half-bars each. A dominant stands before every return, as in
# tango: it is what makes the key unmistakable. By (minor, short): four bars and a cadence are soon
# over, and home has to be heard more than once.
PROGRESSIONS: dict[tuple[bool, bool], tuple[tuple[tuple[int, int], ...], ...]] = {
    (True, False): (
        ((0, 0), (3, 3), (4, 4), (0, 0)),
        ((0, 0), (5, 5), (3, 4), (0, 4)),
        ((0, 0), (6, 6), (5, 5), (4, 4)),
        ((0, 0), (0, 3), (0, 4), (0, 0)),
    ),
    (False, False): (
        ((0, 0), (5, 5), (3, 3), (4, 4)),
        ((0, 0), (3, 3), (4, 4), (0, 0)),
        ((0, 0), (1, 1), (4, 4), (0, 4)),
    ),
    (True, True): (((0, 0), (0, 5), (3, 0), (3, 4)), ((0, 0), (5, 0), (0, 3), (3, 4))),
    (False, True): (((0, 0), (0, 5), (3, 0), (3, 4)), ((0, 0), (3, 0), (0, 1), (3, 4))),
}

BEATS = 4  # to a bar
RING_SECONDS = 1.15  # the last chord needs this long to be an ending and not a cut
LONGEST_RING_SECONDS = 3.6  # beyond, the cadence moves half a bar later
SECTION_BARS = 8
SHORT_BARS = 5

Drums = Literal["none", "hats", "groove", "full", "fill"]
Lead = Literal["rest", "pickup", "call", "answer", "solo"]
Comping = Literal["none", "long", "marcato", "sincopa"]


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


def progressions(key: Key, short: bool, rng: Random) -> list[tuple[tuple[Chord, Chord], ...]]:
    """Four-bar progressions in a drawn order; each bar is its two half-bar chords."""
    choices = list(PROGRESSIONS[key.minor, short])
    rng.shuffle(choices)
    return [tuple((chord_on(key, a), chord_on(key, b)) for a, b in bars) for bars in choices]


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


@dataclass(frozen=True)
class Bar:
    """One bar. start, beats: in beats (the bar of the cadence may be half as long)."""

    index: int
    start: float
    beats: float
    chords: tuple[Chord, Chord]
    drums: Drums
    lead: Lead
    comping: Comping
    bass: bool


@dataclass(frozen=True)
class Form:
    """bars: up to the cadence. end: the beat of the last chord. total: beats of the segment."""

    bars: tuple[Bar, ...]
    end: float
    total: float
    tonic: Chord


def last_beat(segment: SketchInput) -> float:
    """The beat of the last chord: a bar line, or mid-bar where that rings too long."""
    beat_seconds = 60 / segment.bpm
    total = segment.seconds / beat_seconds
    latest = total - RING_SECONDS / beat_seconds
    on_bar = latest // BEATS * BEATS
    if (total - on_bar) * beat_seconds > LONGEST_RING_SECONDS:
        return max(0.0, latest // 2 * 2)
    return max(0.0, on_bar)


def plan_form(segment: SketchInput, rng: Random) -> Form:
    """Lay out the whole segment."""
    key, end = parse_key(segment.key), last_beat(segment)
    count = int(-(-end // BEATS))
    cycle = progressions(key, count <= SHORT_BARS, rng)
    bars = []
    for index in range(count):
        first, second = cycle[index // SECTION_BARS % len(cycle)][index % 4]
        if index == count - 1:  # home by way of the dominant, whatever the cycle says
            first = chord_on(key, 3) if first.root == key.tonic else first
            second = chord_on(key, 4)
        start = float(index * BEATS)
        beats, roles = min(BEATS, end - start), _roles(segment, index, count)
        bars.append(Bar(index, start, beats, (first, second), *roles))
    return Form(tuple(bars), end, segment.seconds * segment.bpm / 60, chord_on(key, 0))


def _roles(segment: SketchInput, index: int, count: int) -> tuple[Drums, Lead, Comping, bool]:
    """The players of a bar. Short segments keep every station: opening, groove, break, cadence."""
    opening = 1 if count < 8 else 2
    last, place = index == count - 1, index - opening
    if segment.kind in ("intro", "outro") and not last:
        thin: Drums = "hats" if index % 4 < 2 else "groove"
        return thin, ("call", "answer")[index % 2], "long", index % 4 >= 2
    if index < opening and count > 1 and segment.kind != "drop":
        return ("hats" if index == opening - 1 else "none"), "pickup", "long", False
    if last and count > 2:
        return "fill", "answer", "marcato", True
    if count > 10 and index % SECTION_BARS == SECTION_BARS - 2 and index // SECTION_BARS % 2 == 0:
        return "none", "solo", "long", False  # the drums drop out before the turn
    if index % SECTION_BARS == SECTION_BARS - 1 and count - index > 2:
        return "fill", "call", "long", False
    late = place % 4 >= 2
    drums: Drums = "full" if late or segment.kind in ("chorus", "drop") else "groove"
    return drums, ("call", "answer")[place % 2], "sincopa" if late else "marcato", True


def beneath_voice(form: Form, spans: Sequence[tuple[float, float]]) -> Form:
    """The form with the lead silent and the chords calmer in bars where words are sung.

    spans: (first, last) beat of each phrase. A bar that a phrase only touches keeps its lead.
    """
    bars = []
    for bar in form.bars:
        sung = (min(end, bar.start + bar.beats) - max(start, bar.start) for start, end in spans)
        if sum(max(0.0, beats) for beats in sung) > bar.beats / 4:
            drums: Drums = "groove" if bar.drums == "full" else bar.drums
            bar = replace(bar, lead="rest", drums=drums)
        bars.append(bar)
    return replace(form, bars=tuple(bars))
