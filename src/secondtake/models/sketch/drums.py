"""Drums: the groove's strokes on the kit, the percussion that a style names, fills and crashes."""

from collections.abc import Iterator
from random import Random

from secondtake.models.sketch.ensemble import TR_808, Ensemble
from secondtake.models.sketch.form import Bar, Form
from secondtake.models.sketch.grooves import DRUMS, GROOVES, PERCUSSION, pattern_of, strokes
from secondtake.models.sketch.score import Note, Part, SketchInput

# General MIDI keys. A guiro is long on the beat.
KICK, CLOSED_HAT, CRASH, LONG_GUIRO = 36, 42, 49, 74
TIME = "HGMR"  # the letters that keep time alone, before the groove enters
STEADY = "HGM"  # those that half-time, double-time and fills leave as they are
PER_DIGIT = 14  # of velocity, for a digit of a pattern
ROLLS = (4, 6, 8)  # strokes of a trap hat to a beat: sixteenths, triplets, thirty-seconds


def drum_notes(segment: SketchInput, form: Form, ensemble: Ensemble, rng: Random) -> list[Note]:
    """Every stroke of the segment, the closing one aside."""
    notes: list[Note] = []
    for bar in form.bars:
        if bar.scoring.drums and ensemble.kit >= 0:
            filled_from = bar.beats // 1 - bar.meter.beats // 2 if bar.scoring.fill else 0
            until = filled_from if filled_from > 0 else bar.beats
            groove = _groove(bar, until, ensemble, segment.heard_style.feel, rng)
            if ensemble.groove == "trap" and bar.scoring.drums > 1:
                groove = _rolled(groove, bar, rng)
            notes += groove + _fill(bar, until, ensemble, rng)
            notes += [_hit(bar.start, CRASH, 84)] if bar.scoring.crash else []
        if bar.scoring.drums or ensemble.kit < 0:
            notes += _percussion(bar, ensemble)
    return notes


def _groove(bar: Bar, until: float, ensemble: Ensemble, feel: str, rng: Random) -> list[Note]:
    """The groove in one bar, up to the beat of its fill."""
    alone, notes = bar.scoring.drums == 1, []
    for letter, beat, digit in _strokes(bar, ensemble, feel):
        steady = letter in STEADY
        silent = alone and letter not in TIME and (letter, beat) != ("K", 0)
        if silent or beat >= (bar.beats if steady else until):
            continue
        velocity = round(digit * PER_DIGIT * bar.scoring.energy) - 10 * alone
        velocity += rng.randint(-4, 3) if steady else 0
        key = LONG_GUIRO if letter == "G" and beat % 1 == 0 else DRUMS[letter]
        synthesised = letter == "K" and ensemble.kit == TR_808
        notes.append(_hit(bar.start + beat, key, velocity, "synth_kit" if synthesised else "kit"))
    return notes


def _strokes(bar: Bar, ensemble: Ensemble, feel: str) -> Iterator[tuple[str, float, int]]:
    """(letter, beat, digit) of a bar's strokes. In half-time the pattern takes two bars, and in
    double-time it is played twice in one, while the hats go on as they are."""
    beats = bar.meter.beats
    for line in pattern_of(ensemble.groove, bar.meter.text, "kit").split("|"):
        name, pattern = line.split(maxsplit=1)
        if name.startswith("+") and bar.scoring.drums < 3:
            continue
        letter = name[-1]
        for stroke in strokes(pattern, bar.index):
            places = [stroke.beat]
            if feel == "half-time" and letter not in STEADY:
                places = [2 * stroke.beat - beats * (bar.index % 2)]
            elif feel == "double-time" and letter not in STEADY:
                places = [stroke.beat / 2, (stroke.beat + beats) / 2]
            for beat in places:
                if 0 <= beat < beats:
                    yield letter, beat, int(stroke.symbol)


def _rolled(notes: list[Note], bar: Bar, rng: Random) -> list[Note]:
    """One roll a bar, half a beat of hats that swell or fade, in the place of a stroke."""
    hats = [note.start for note in notes if note.pitch == CLOSED_HAT and note.start > bar.start]
    if not hats:
        return notes
    start, size = rng.choice(hats), rng.choice(ROLLS)
    count, step = (size // 2, 1 / size) if bar.meter.subdivision == 2 else (2, 1 / 6)
    levels = range(count) if rng.random() < 0.6 else range(count - 1, -1, -1)
    end = start + count * step
    roll = [
        _hit(start + place * step, CLOSED_HAT, 56 + 34 * level // count)
        for place, level in enumerate(levels)
        if start + place * step < bar.start + bar.beats
    ]
    return roll + [n for n in notes if n.pitch != CLOSED_HAT or not start <= n.start < end]


def _fill(bar: Bar, start: float, ensemble: Ensemble, rng: Random) -> list[Note]:
    """From a beat of the bar to its end, growing; a breath makes it a phrase and not a drill."""
    drums, per_beat = (GROOVES[ensemble.groove]["fill"], 4 if bar.meter.subdivision == 2 else 3)
    count, at = round((bar.beats // 1 - start) * per_beat), bar.start + start
    breaths = {stroke for stroke in (1, 3) if rng.random() < 0.5}
    return [
        _hit(at + place / per_beat, drums[place * len(drums) // count], 66 + 48 * place // count)
        for place in range(count)
        if place not in breaths
    ]


def _percussion(bar: Bar, ensemble: Ensemble) -> list[Note]:
    """What the style names, in its own pattern or on the weak beats."""
    weak = ["." if beat in bar.meter.strong else "8" for beat in range(bar.meter.beats)]
    return [
        _hit(bar.start + stroke.beat, key, int(stroke.symbol) * PER_DIGIT - 8)
        for key in ensemble.percussion
        for cell in (PERCUSSION.get(str(key), ("", ""))[bar.meter.subdivision - 2],)
        for stroke in strokes(" ".join([cell] * bar.meter.beats if cell else weak), 0)
        if stroke.beat < bar.beats
    ]


def _hit(start: float, key: int, velocity: int, part: Part = "kit") -> Note:
    return Note(start, 0.25, key, max(1, min(127, velocity)), part)
