"""Drums: the groove's strokes on the kit, the percussion that a style names, fills and crashes."""

from collections.abc import Iterator
from random import Random

from secondtake.models.sketch.ensemble import TR_808, Ensemble
from secondtake.models.sketch.form import Bar, Form
from secondtake.models.sketch.grooves import PATTERNS, kit_strokes, strokes
from secondtake.models.sketch.score import Meter, Note, SketchInput

# General MIDI drum keys.
KICK, RIM, SNARE, CLAP, CLOSED_HAT, LOW_TOM, OPEN_HAT, HIGH_TOM, CRASH, COWBELL, CONGA, SHAKER = (
    36, 37, 38, 39, 42, 43, 46, 48, 49, 56, 63, 70,
)  # fmt: skip
LOW_CONGA, SHORT_GUIRO, LONG_GUIRO = 64, 73, 74
DRUMS = {
    "K": KICK, "R": RIM, "S": SNARE, "C": CLAP, "H": CLOSED_HAT, "O": OPEN_HAT, "B": COWBELL,
    "T": CONGA, "M": SHAKER, "G": SHORT_GUIRO,
}  # fmt: skip
TIME = "HGMR"  # the letters that keep time alone, before the groove enters
STEADY = "HGM"  # those that half-time, double-time and fills leave as they are
PER_DIGIT = 14  # of velocity, for a digit of a pattern

FILLS = {  # drums of a groove's fill, its last stroke's last; any other groove has snare and toms
    "cumbia": (CONGA, LOW_CONGA), "trap": (SNARE,), "reggaeton": (SNARE,), "waltz": (SNARE,),
    "tango": (SNARE,),
}  # fmt: skip
SNARE_AND_TOMS = (SNARE, HIGH_TOM, SNARE, LOW_TOM)
ROLLS = (4, 6, 8)  # strokes of a trap hat to a beat: sixteenths, triplets, thirty-seconds
# Named percussion, on every beat of two parts and of three; any other sounds on the weak beats.
SHAKEN, BEATEN, SCRAPED = ("7.46", "746"), ("6.57", "6.7"), ("8.56", "856")
PERCUSSION = {60: BEATEN, 63: BEATEN, 73: SCRAPED, 70: SHAKEN, 54: SHAKEN}
CLAPPED = 8


def drum_notes(segment: SketchInput, form: Form, ensemble: Ensemble, rng: Random) -> list[Note]:
    """Every stroke of the segment, the closing one aside."""
    notes: list[Note] = []
    for bar in form.bars:
        if bar.scoring.drums and ensemble.kit >= 0:
            notes += _bar(bar, form.meter, ensemble, segment.heard_style.feel, rng)
            if bar.scoring.crash and bar.scoring.drums == 3:
                notes.append(_hit(bar.start, CRASH, 84))
        if bar.scoring.drums or ensemble.kit < 0:
            notes += _percussion(bar, form.meter, ensemble)
    return notes


def kick_onsets(notes: list[Note]) -> list[float]:
    """Beats at which the synthesised kick falls; the bass makes room there."""
    return [note.start for note in notes if note.part == "synth_kit"]


def _bar(bar: Bar, meter: Meter, ensemble: Ensemble, feel: str, rng: Random) -> list[Note]:
    """The groove in one bar, and its fill."""
    level, energy, notes = bar.scoring.drums, bar.scoring.energy, []
    fill_beats = meter.beats // 2 if meter.beats > 2 else 1
    filled_from = bar.beats // 1 - fill_beats if bar.scoring.fill else bar.beats
    until = filled_from if filled_from > 0 else bar.beats
    for letter, beat, digit in _strokes(bar, meter, ensemble, feel):
        if level == 1 and letter not in TIME and (letter, beat) != ("K", 0):
            continue
        if beat >= (bar.beats if letter in STEADY else until):
            continue
        velocity = round(digit * PER_DIGIT * energy) - 10 * (level == 1)
        velocity += rng.randint(-4, 3) if letter in STEADY else 0
        start = bar.start + beat
        if letter == "K" and ensemble.kit == TR_808:
            notes.append(Note(start, 0.5, KICK, velocity, "synth_kit"))
        elif letter == "G":
            notes.append(_hit(start, SHORT_GUIRO if beat % 1 else LONG_GUIRO, velocity))
        else:
            notes.append(_hit(start, DRUMS[letter], velocity))
    if ensemble.groove == "trap" and level > 1:
        notes = _rolled(notes, bar, meter, rng)
    return notes + _fill(bar, until, meter, ensemble, rng)


def _strokes(
    bar: Bar, meter: Meter, ensemble: Ensemble, feel: str
) -> Iterator[tuple[str, float, int]]:
    """(letter, beat, digit) of a bar's strokes. In half-time the pattern takes two bars, and in
    double-time it is played twice in one, while the hats go on as they are."""
    pattern, full = PATTERNS[ensemble.groove][meter.text].kit, bar.scoring.drums == 3
    for letter, stroke in kit_strokes(pattern, bar.index, full):
        places = [stroke.beat]
        if feel == "half-time" and letter not in STEADY:
            places = [2 * stroke.beat - meter.beats * (bar.index % 2)]
        elif feel == "double-time" and letter not in STEADY:
            places = [stroke.beat / 2, (stroke.beat + meter.beats) / 2]
        for beat in places:
            if 0 <= beat < meter.beats:
                yield letter, beat, int(stroke.symbol)


def _rolled(notes: list[Note], bar: Bar, meter: Meter, rng: Random) -> list[Note]:
    """One roll a bar, half a beat of hats that swell or fade, in the place of a stroke."""
    halves = [note.start for note in notes if note.pitch == CLOSED_HAT and note.start > bar.start]
    if not halves:
        return notes
    start, size = rng.choice(halves), rng.choice(ROLLS)
    count = size // 2 if meter.subdivision == 2 else 2
    step = 1 / (2 * count) if meter.subdivision == 2 else 1 / 6
    up, end = rng.random() < 0.6, start + count * step
    kept = [n for n in notes if n.pitch != CLOSED_HAT or not start <= n.start < end]
    levels = range(count) if up else range(count - 1, -1, -1)
    until = bar.start + bar.beats
    return kept + [
        _hit(start + place * step, CLOSED_HAT, 56 + 34 * level // count)
        for place, level in enumerate(levels)
        if start + place * step < until
    ]


def _fill(bar: Bar, start: float, meter: Meter, ensemble: Ensemble, rng: Random) -> list[Note]:
    """From a beat of the bar to its end, growing; a breath makes it a phrase and not a drill."""
    drums = FILLS.get(ensemble.groove, SNARE_AND_TOMS)
    per_beat = 4 if meter.subdivision == 2 else 3
    count = round((bar.beats // 1 - start) * per_beat)
    softer = 16 * (bar.scoring.drums == 1)
    breaths = {stroke for stroke in (1, 3) if rng.random() < 0.5}
    return [
        _hit(
            bar.start + start + stroke / per_beat,
            drums[stroke * len(drums) // count],
            min(118, 66 + 48 * stroke // count) - softer,
        )
        for stroke in range(count)
        if stroke not in breaths
    ]


def _percussion(bar: Bar, meter: Meter, ensemble: Ensemble) -> list[Note]:
    notes = []
    for key in ensemble.percussion:
        cell = PERCUSSION[key][meter.subdivision - 2] if key in PERCUSSION else ""
        for beat in range(meter.beats):
            weak = beat not in meter.strong
            for stroke in strokes(cell or (str(CLAPPED) if weak else "."), 0):
                at = beat + stroke.beat
                if at < bar.beats:
                    notes.append(_hit(bar.start + at, key, int(stroke.symbol) * PER_DIGIT - 8))
    return notes


def _hit(start: float, key: int, velocity: int) -> Note:
    return Note(start, 0.25, key, max(1, min(127, velocity)), "kit")
