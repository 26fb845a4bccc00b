"""The form: the chords of a key, and what plays in which bar of a segment of a kind."""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Literal

from secondtake.core.keys import Key, parse_key
from secondtake.models.sketch.score import Meter, SketchInput

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)
TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
RING_SECONDS = 1.15  # the last chord needs this long to be an ending and not a cut
LONGEST_RING_SECONDS = 3.6  # beyond, the last chord moves to a strong beat later
SHORTEST_BAR_SECONDS = 0.12  # what is left of a bar at a cut; less belongs to the bar before
SECTION_BARS, SHORT_BARS = 8, 5


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
    choices = [*TABLES["progressions"]["short_" * short + ("minor" if key.minor else "major")]]
    rng.shuffle(choices)
    return [
        tuple((chord_on(key, int(bar[0])), chord_on(key, int(bar[1]))) for bar in bars)
        for bars in map(str.split, choices)
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


@dataclass(frozen=True)
class Scoring:
    """What plays in a bar. drums: 0 none, 1 the time alone, 2 the groove, 3 all of it.

    held: bass and chords are, instead of the groove's strokes. voices: notes to a chord. lift:
    semitones that lead and chords go up. energy: of velocities, as a share. fill: the drums lead
    on into the next bar. crash: a cymbal on its first beat. pulse: held chords that fade are struck
    on every beat.
    """

    drums: int
    lead: Literal["call", "answer", "solo"] = "call"
    held: bool = False
    bass: bool = True
    pad: bool = False
    counter: bool = False
    voices: int = 3
    lift: int = 0
    energy: float = 1.0
    fill: bool = False
    crash: bool = False
    pulse: bool = False


SCORINGS = {
    kind: Scoring(**facts) for kinds, facts in TABLES["sections"].items() for kind in kinds.split()
}
ENDINGS = ("outro", "coda")


@dataclass(frozen=True)
class Bar:
    """One bar. start, beats: in beats; the last one may be cut short. chords: of its halves."""

    index: int
    start: float
    beats: float
    chords: tuple[Chord, Chord]
    scoring: Scoring
    meter: Meter

    def chord_at(self, beat: float) -> Chord:
        """The chord that sounds at a beat of the bar."""
        return self.chords[beat >= self.meter.half]


@dataclass(frozen=True)
class Form:
    """bars: up to the end. end: the beat of the last chord, or the segment's end. total: beats of
    the segment. ends: a last chord rings out; otherwise the music is cut out of a song."""

    bars: tuple[Bar, ...]
    end: float
    total: float
    tonic: Chord
    meter: Meter
    ends: bool

    def chord_at(self, beat: float) -> Chord:
        """The chord that sounds at a beat, the last one included."""
        if (self.ends and beat >= self.end) or not self.bars:
            return self.tonic
        bar = self.bars[min(int(beat // self.meter.beats), len(self.bars) - 1)]
        return bar.chord_at(beat - bar.start)


def last_beat(segment: SketchInput) -> float:
    """The beat up to which bars are played: the segment's end, or an ending's last chord, which
    stands on a bar line or, where it would ring too long, on a strong beat."""
    beat_seconds, meter = 60 / segment.bpm, segment.bar
    total = segment.seconds / beat_seconds
    if segment.kind not in ENDINGS:
        return total
    latest = total - RING_SECONDS / beat_seconds
    on_bar = latest // meter.beats * meter.beats
    if (total - on_bar) * beat_seconds > LONGEST_RING_SECONDS:
        places = range(3) if meter.beats == 3 else meter.strong
        on_bar += max(beat for beat in places if on_bar + beat <= latest)
    return max(0.0, on_bar)


def plan_form(segment: SketchInput, rng: Random) -> Form:
    """Lay out the whole segment."""
    key, end, meter = parse_key(segment.key), last_beat(segment), segment.bar
    total, ends = segment.seconds * segment.bpm / 60, segment.kind in ENDINGS
    count = int(-(-round(end, 6) // meter.beats))
    left = (end - (count - 1) * meter.beats) * 60 / segment.bpm
    if count > 1 and left < SHORTEST_BAR_SECONDS and not ends:
        count -= 1
    # The bar that leads home or on; what is left behind it is the beginning of another phrase.
    turn_at = count - (2 if count > 2 and end - (count - 1) * meter.beats <= meter.half else 1)
    cycle = progressions(key, count <= SHORT_BARS, rng)
    bars = []
    for index in range(count):
        start, last = float(index * meter.beats), index == count - 1
        first, second = cycle[index // SECTION_BARS % len(cycle)][index % 4]
        if (index == turn_at and count > 1) or (last and ends):
            first = chord_on(key, 3) if ends and first.root == key.tonic else first
            second = chord_on(key, 4)
        if index > turn_at and not ends:
            first = second = chord_on(key, 0)
        beats = end - start if last else float(meter.beats)
        scoring = _scoring(segment, index, count, turn_at)
        bars.append(Bar(index, start, beats, (first, second), scoring, meter))
    return Form(tuple(bars), end, total, chord_on(key, 0), meter, ends)


def _scoring(segment: SketchInput, index: int, count: int, turn_at: int) -> Scoring:
    """A bar's place in its section: intros build up, endings thin out, sections vary."""
    kind, place, within = segment.kind, index / max(count - 1, 1), index % SECTION_BARS
    scoring, style = SCORINGS.get(kind, SCORINGS["verse"]), segment.heard_style
    pad, counter = scoring.pad or "pad" in style.parts, scoring.counter or "counter" in style.parts
    scoring = replace(scoring, pad=pad, counter=counter)  # what is named, plays
    if kind == "intro":
        entered, drums, energy = place >= 0.3, (place >= 0.3) + (place >= 0.7), 0.8 + 0.2 * place
        scoring = replace(scoring, drums=drums, held=place < 0.6, bass=entered, energy=energy)
        scoring = replace(scoring, pad=entered, counter=counter and entered, pulse=True)
    elif kind in ENDINGS:
        drums, held = min(scoring.drums, (place < 0.4) + (place < 0.8)), place >= 0.6
        scoring = replace(scoring, drums=drums, held=held or scoring.held, energy=1 - 0.25 * place)
    elif kind == "pre-chorus":
        scoring = replace(scoring, energy=0.8 + 0.2 * place, counter=counter or place >= 0.5)
    elif kind in ("instrumental", "solo") and within >= SECTION_BARS // 2:
        scoring = replace(scoring, drums=3, counter=True)
    if scoring.lead == "call" and index % 2:
        scoring = replace(scoring, lead="answer")
    drums, voices = scoring.drums, scoring.voices
    if style.density == "sparse":  # fewer parts, or more, the order of the sections kept
        counter, held = "counter" in style.parts, drums < 3
        scoring = replace(scoring, lead="answer", counter=counter, held=held, voices=voices - 1)
        scoring = replace(scoring, drums=max(0, drums - 1))
    elif style.density == "dense":
        drums = min(3, drums + 1) if drums else 0
        scoring = replace(scoring, drums=drums, voices=voices + 1, counter=True)
    turn = count > 1 and (index == turn_at or within == SECTION_BARS - 1)
    filled = scoring.drums > 1 and style.density != "sparse" and kind not in ENDINGS
    crash = scoring.drums == 3 and within == 0 and kind not in ("intro", "rap")
    return replace(scoring, fill=turn and filled, crash=crash)
