"""The lead: motifs in the meter's rhythms, called and answered, over the bars' chords."""

from collections.abc import Sequence
from random import Random

from secondtake.core.prompts.sketch_style import Instrument
from secondtake.models.sketch.ensemble import Ensemble
from secondtake.models.sketch.form import Bar, Form, nearest, step_from, voiced
from secondtake.models.sketch.grooves import Stroke, strokes
from secondtake.models.sketch.score import Note, Shape

LONG = 0.75  # beats from which a note sings (it swells) instead of bites
CHAN_BEATS = 1.0  # the dominant of a tango's close stands this long before its end
MARGIN = 0.25  # beats between a sung phrase and the lead's answer
FEWEST = 2  # notes of an answer
Motif = list[tuple[Stroke, int]]  # a rhythm with the scale steps from note to note

# As patterns in grooves; the last solo of a meter is its liveliest.
CALLS = {
    "4/4": ("x- xx x- --", "x- -x x- xx", ".x xx x- x-", "x- x- xx x-"),
    "3/4": ("x- -- x-", "x- xx x-", "x- x- xx"),
    "2/4": ("x-x- x-xx", "x--x x-x-", "x-xx x---"),
    "6/8": ("x-x x-x", "xxx x-x", "x-- x-x"),
}
TANGO_CALLS = {
    "4/4": ("x-x- --x- x--- x-x-", "x--x --x- x--x --x-", "x--- --xx x--- --xx"),
    "2/4": ("x--x x-x-", "xxxx x-x-"),
}
ANSWERS = {
    "4/4": (".x xx x- --", "xx x- -- ..", "x- -x x- --", ".x x- x- --"),
    "3/4": (".x xx x-", "xx x- --", "x- x- --"),
    "2/4": ("xxx- x---", "..xx x---"),
    "6/8": ("xxx x--", "x-x x--", ".xx x--"),
}
SOLOS = {
    "4/4": ("x- -- xx xx", "x-xx x-x- x-xx x---"),
    "3/4": ("x- xx xx", "x-xx x-x- x---"),
    "2/4": ("x-xx xxx-", "xxxx x-xx"),
    "6/8": ("x-x xxx", "xxx xxx"),
}


def lead_notes(
    form: Form, ensemble: Ensemble, rng: Random, sung: Sequence[tuple[float, float]] = ()
) -> list[Note]:
    """The melody; a motif returns on other chords. It is silent in the spans of beats that are
    sung, and answers between them."""
    if "lead" not in ensemble.players:
        return []
    player, meter = ensemble.players["lead"], form.meter.text
    calls = TANGO_CALLS.get(meter, CALLS[meter]) if ensemble.colour == "tango" else CALLS[meter]
    rhythms = {"call": calls, "answer": ANSWERS[meter], "solo": SOLOS[meter]}
    motifs = {
        name: [_motif(strokes(rhythm, 0), rng) for rhythm in rng.sample(choices, 2)]
        for name, choices in rhythms.items()
    }
    until = form.end - (CHAN_BEATS if form.ends and ensemble.colour == "tango" else 0)
    notes: list[Note] = []
    previous: float = (player.low + player.high) / 2
    for bar in form.bars:
        answers = sung and _sung_beats(bar, sung) > bar.beats / 4
        choices = motifs["answer" if answers else bar.scoring.lead]
        motif = choices[bar.index // 4 % len(choices)]
        line = _realise(bar, form, motif, previous, player, rng, until)
        previous = line[-1].pitch if line else previous
        free = [note for note in line if not _is_sung(note, sung)]
        notes += free if len(free) >= FEWEST or not sung or len(free) == len(line) else []
    return notes


def closing_notes(form: Form, ensemble: Ensemble) -> list[Note]:
    """The tonic held; before it, at the end of a tango, the dominant struck short: chan-chan."""
    if "lead" not in ensemble.players:
        return []
    player = ensemble.players["lead"]
    middle = (player.low + player.high) / 2
    top = nearest(middle, (form.tonic.root,))
    notes = [Note(form.end, form.total - form.end, top, 104, "lead")]
    if ensemble.colour == "tango" and form.bars and form.end >= 2:
        chan = voiced(form.bars[-1].chords[1], round(middle) - 8, 4)
        notes += [Note(form.end - CHAN_BEATS, 0.35, p, 100, "lead", "accent") for p in chan]
    return notes


def _is_sung(note: Note, sung: Sequence[tuple[float, float]]) -> bool:
    end = note.start + note.length
    return any(note.start < last + MARGIN and end > first - MARGIN for first, last in sung)


def _sung_beats(bar: Bar, sung: Sequence[tuple[float, float]]) -> float:
    end = bar.start + bar.beats
    return sum(max(0.0, min(last, end) - max(first, bar.start)) for first, last in sung)


def _motif(rhythm: Sequence[Stroke], rng: Random) -> Motif:
    """Mostly steps, a leap now and then, turned back before it runs away."""
    steps, height = [0], 0
    for _ in rhythm[1:]:
        move = rng.choice((-2, -1, -1, 1, 1, 2, 3, -3))
        if abs(height + move) > 4:
            move = -move
        height += move
        steps.append(move)
    return list(zip(rhythm, steps, strict=True))


def _realise(
    bar: Bar, form: Form, motif: Motif, previous: float, player: Instrument, rng: Random,
    until: float,
) -> list[Note]:  # fmt: skip
    """Set a motif on a bar's chords: chord tones on strong beats, steps between; until a beat."""
    room = min(bar.beats, until - bar.start)
    home = (player.low + player.high) / 2 + bar.scoring.lift
    played = [(stroke, move) for stroke, move in motif if stroke.beat < room - 1e-6]
    pitch = nearest((previous + 2 * home) / 3, bar.chords[0].tones)
    notes: list[Note] = []
    for place, (stroke, move) in enumerate(played):
        chord = bar.chords[stroke.beat >= form.meter.half]
        pitch = step_from(pitch, move, chord.scale) if place else pitch
        final = place == len(played) - 1 and bar.scoring.lead == "answer"
        if (place == 0 or final) and chord == form.tonic:  # home is heard as home
            pitch = nearest(pitch, (chord.tones[0], chord.tones[2])[: 1 if final else 2])
        elif stroke.beat in form.meter.strong or stroke.length >= 1 or final:
            pitch = nearest(pitch, chord.tones)
        elif pitch % 12 not in chord.scale:
            pitch = nearest(pitch, chord.scale)
        pitch = _in_range(pitch, home, player)
        length = min(stroke.length, room - stroke.beat)
        notes.append(_phrased(bar, stroke.beat, length, pitch, rng))
    return notes


def _phrased(bar: Bar, at: float, length: float, pitch: int, rng: Random) -> Note:
    """Weight and shape: on the beat heavier, long notes swell, some are slid into from below."""
    shape: Shape = "swell" if length >= LONG else "accent"
    velocity = round((106 if at % 1 == 0 else 95) * bar.scoring.energy) + rng.randint(-5, 4)
    glide = -1.0 if length >= LONG and rng.random() < 0.4 else 0.0
    sounding = length * (0.97 if length >= LONG else 0.85)
    return Note(bar.start + at, sounding, pitch, velocity, "lead", shape, glide)


def _in_range(pitch: int, home: float, player: Instrument) -> int:
    """Fold by octaves into an octave and a half around home, and into the instrument's range."""
    low, high = max(player.low, home - 9), min(player.high, home + 9)
    while pitch > high and pitch - 12 >= player.low:
        pitch -= 12
    while pitch < low and pitch + 12 <= player.high:
        pitch += 12
    return pitch
