"""The demo's score: words, melody, chords and what each instrument plays, humanised.

Times leave here in seconds, pitches as MIDI numbers. Four bars of introduction, four of verse, six
of chorus; the last chord rings on in a fifteenth.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BPM, BEATS = 96.0, 4  # quarters a minute, and in a bar
VERSE, CHORUS, END = 4, 8, 14  # bars
SECONDS = 37.0  # of the recording: the last chord's ring with it
SWING = 0.035  # beats that an eighth between two beats comes late: 22 ms
DRIFT = 0.0075, 24.0  # beats, and their period: the tempo breathes by 0.2 %
LAID_BACK = {"bass": 0.004, "snare": 0.008, "keys": 0.006, "voice": 0.01}  # seconds late
JITTER = 0.004  # seconds, one standard deviation

# By bar: the bass's note, and the guitar's from its lowest string.
G, E_MINOR = (31, (43, 50, 55, 59, 62, 67)), (28, (40, 47, 52, 55, 59, 64))
C, D, D_OVER_F = (36, (48, 52, 55, 60, 64)), (38, (50, 57, 62, 66)), (30, (50, 57, 62, 66))
VERSE_CHORDS = (G, E_MINOR, C, D)
CHORDS = (*VERSE_CHORDS, *VERSE_CHORDS, G, D_OVER_F, E_MINOR, C, C, G, G)
TURN = 12, D  # this bar changes chord on its third beat


@dataclass(frozen=True)
class Line:
    """A line of a bar: seven syllables, the first on the beat, the last held."""

    bar: int
    language: str
    text: str
    pitches: tuple[int, ...]


HOOK = (62, 64, 67, 67, 66, 64, 62)
LINES = (
    Line(4, "en", "Paper lantern, burning low,", (59, 59, 62, 62, 60, 59, 55)),
    Line(5, "en", "tell me where the rivers go,", (55, 57, 59, 59, 62, 60, 59)),
    Line(6, "en", "carry all I could not say", (60, 60, 64, 64, 62, 60, 64)),
    Line(7, "en", "over water, far away.", (62, 62, 60, 59, 57, 59, 57)),
    Line(8, "es", "Canto, canto mi canción,", HOOK),
    Line(9, "es", "por la noche volverás,", (62, 64, 66, 66, 69, 67, 66)),
    Line(10, "es", "como fuego de papel,", (64, 64, 67, 67, 69, 67, 64)),
    Line(11, "es", "siempre vas a regresar.", (60, 62, 64, 64, 66, 64, 67)),
    Line(12, "es", "Canto, canto mi canción,", HOOK),
    Line(13, "es", "que mañana volverás.", (62, 62, 64, 62, 62, 64, 67)),
)
HELD = 0.85  # beats of a line's last syllable


@dataclass(frozen=True)
class Note:
    """start, seconds: in seconds. pitch: MIDI, of a drum 0. velocity: 0 to 1."""

    part: str
    start: float
    seconds: float
    pitch: int
    velocity: float


def second_of(beat: float) -> float:
    """When a beat comes: straight but for the swing and the slow drift."""
    late = SWING if abs(beat % 1 - 0.5) < 0.01 else 0.0
    depth, period = DRIFT
    return float(beat + late + depth * np.sin(2 * np.pi * beat / period)) * 60 / BPM


def chord(beat: float) -> tuple[int, tuple[int, ...]]:
    """The bass's note and the guitar's, on a beat from the song's start."""
    bar = min(int(beat // BEATS), END)
    return TURN[1] if bar == TURN[0] and beat % BEATS >= 2 else CHORDS[bar]


def notes() -> list[Note]:
    """All that is played, each part by a hand of its own: the same notes every time."""
    return [
        note
        for seed, part in enumerate((_guitar, _bass, _keys, _bells, _pad, _drums))
        for note in _humanised(part(), np.random.default_rng(seed))
    ]


Plan = Iterator[tuple[str, float, float, int, float]]  # part, beat, beats, pitch, velocity


def _humanised(plan: Plan, random: np.random.Generator) -> Iterator[Note]:
    for part, beat, beats, pitch, velocity in plan:
        late = LAID_BACK.get(part, 0.0) + float(np.clip(random.normal(0, JITTER), -0.01, 0.01))
        loud = min(1.0, velocity * float(random.uniform(0.88, 1.1)))
        yield Note(part, max(0.0, second_of(beat) + late), beats * 60 / BPM, pitch, loud)


def _guitar() -> Plan:
    """Picked in eighths below the verse; strummed across the strings in the chorus."""
    for bar in range(CHORUS):
        for eighth, string in enumerate((0, 2, 3, 1, 4, 2, 3, 2)):
            beat = bar * BEATS + eighth / 2
            strings = chord(beat)[1]
            accent = 0.8 if eighth == 0 else 0.62 if eighth % 2 == 0 else 0.5
            yield "guitar", beat, 2.2, strings[min(string, len(strings) - 1)], accent
    strums = (
        (0, 0.8, 1),
        (1, 0.55, 1),
        (1.5, 0.5, -1),
        (2.5, 0.55, -1),
        (3, 0.7, 1),
        (3.5, 0.5, -1),
    )
    for bar in range(CHORUS, END):
        for place, velocity, way in strums:
            beat = bar * BEATS + place
            for at, pitch in enumerate(chord(beat)[1][::way]):
                yield "strum", beat + at * 0.018, 1.1, pitch, velocity * 0.75
    for at, pitch in enumerate(chord(END * BEATS)[1]):
        yield "strum", END * BEATS + at * 0.05, 3, pitch, 0.7


def _bass() -> Plan:
    for bar in range(1, END):
        beat, (root, _) = bar * BEATS, chord(bar * BEATS)
        after = chord(beat + 2)[0]
        coming = chord(beat + BEATS)[0]
        yield "bass", beat, 1.6, root, 0.85
        if bar < CHORUS:
            yield "bass", beat + 2.5, 1.3, after + 7, 0.6
            continue
        yield "bass", beat + 1.5, 0.5, root + 12, 0.6
        yield "bass", beat + 2, 1.3, after, 0.85
        yield "bass", beat + 3.5, 0.5, coming + (2 if coming <= after else -1), 0.6
    yield "bass", END * BEATS, 3, G[0], 0.8


def _keys() -> Plan:
    """Chords of the electric piano: whole notes, then after the beat."""
    for bar in range(2, END + 1):
        places = ((0, 3.5),) if bar < CHORUS or bar == END else ((0, 1.4), (1.5, 0.9), (2.5, 1.4))
        for place, beats in places:
            beat = bar * BEATS + place
            for pitch in sorted({55 + (p - 55) % 12 for p in chord(beat)[1]}):
                yield "keys", beat, beats, pitch, 0.5 if place else 0.6


def _bells() -> Plan:
    """The hook before anybody sings it, and answers between the chorus's lines."""
    for bar, pitches in ((0, HOOK), (2, LINES[7].pitches)):
        for at, pitch in enumerate(pitches):
            yield "bells", bar * BEATS + at / 2, 1.5, pitch + 12, 0.8 if at % 2 == 0 else 0.65
    for answer, pitch in ((4, 71), (6, 74), (7, 76), (12, 74), (13, 72), (14, 69)):
        yield "bells", answer, 2, pitch, 0.6
    for bar in range(CHORUS, END):
        for place, string, octave in ((3.25, -2, 12), (3.5, -1, 12), (3.75, -2, 24)):
            beat = bar * BEATS + place
            yield "bells", beat, 1, chord(beat)[1][string] + octave, 0.4
    yield "bells", END * BEATS, 3, 79, 0.5


def _pad() -> Plan:
    for bar in (3, *range(CHORUS, END + 1)):
        for half in (0, 2) if bar == TURN[0] else (0,):
            beat = bar * BEATS + half
            for pitch in chord(beat)[1][-3:]:
                yield "pad", beat, 2 if bar == TURN[0] else 4, pitch, 0.6


def _drums() -> Plan:
    for bar in range(END):
        beat, full = bar * BEATS, bar >= CHORUS
        if bar >= 1:
            yield "kick", beat, 1, 0, 0.9 if full else 0.7
            yield "kick", beat + (2.5 if full else 2), 1, 0, 0.75 if full else 0.6
        for place in (1, 3) if bar >= 2 else ():
            yield "snare" if full else "brush", beat + place, 1, 0, 0.85 if full else 0.6
        for eighth in range(8):
            loud = (0.75 if eighth % 2 == 0 else 0.5) * (1 if full else 0.7)
            yield "hat" if bar >= VERSE else "shaker", beat + eighth / 2, 0.3, 0, loud
        for sixteenth in range(1, 16, 2) if full else ():
            yield "shaker", beat + sixteenth / 4, 0.3, 0, 0.4
        if bar in (CHORUS - 1, END - 1):
            for at in range(4):
                yield "brush", beat + 3 + at / 4, 1, 0, 0.45 + 0.12 * at
    for bar in (CHORUS, END):
        yield "cymbal", bar * BEATS, 4, 0, 0.7
    yield "kick", END * BEATS, 1, 0, 0.8
