"""The lead: motifs in the meter's rhythms, called and answered, over the bars' chords."""

from collections.abc import Sequence
from random import Random

from secondtake.core.prompts.sketch_style import Instrument
from secondtake.models.sketch.accompaniment import CHAN_BEATS
from secondtake.models.sketch.ensemble import Ensemble
from secondtake.models.sketch.form import Bar, Form, nearest, step_from
from secondtake.models.sketch.grooves import GROOVES, MOTIFS, Stroke, strokes
from secondtake.models.sketch.score import Note

LONG = 0.75  # beats from which a note sings (it swells) instead of bites
MARGIN = 0.25  # beats between a sung phrase and the lead's answer
FEWEST = 2  # notes of an answer
SHRILL = 0.8  # of others' velocities, that of a shrill lead
Motif = list[tuple[Stroke, int]]  # a rhythm with the scale steps from note to note


def lead_notes(
    form: Form, ensemble: Ensemble, rng: Random, sung: Sequence[tuple[float, float]] = ()
) -> list[Note]:
    """The melody; a motif returns on other chords. It is silent in the spans of beats that are
    sung, and answers between them."""
    if "lead" not in ensemble.players:
        return []
    player, meter, colour = ensemble.players["lead"], form.meter.text, ensemble.colour
    rhythms = {use: choices[meter] for use, choices in MOTIFS.items()}
    rhythms["call"] = GROOVES[colour].get("calls", {}).get(meter, rhythms["call"])
    motifs = {
        use: [_motif(strokes(rhythm, 0), rng) for rhythm in rng.sample(choices, 2)]
        for use, choices in rhythms.items()
    }
    until = form.end - (CHAN_BEATS if form.ends and colour == "tango" else 0)
    notes: list[Note] = []
    previous = player.middle
    for bar in form.bars:
        end = bar.start + bar.beats
        words = sum(max(0.0, min(last, end) - max(first, bar.start)) for first, last in sung)
        motif = motifs["answer" if words > bar.beats / 4 else bar.scoring.lead][bar.index // 4 % 2]
        line = _realise(bar, form, motif, previous, player, rng, until)
        previous = line[-1].pitch if line else previous
        free = [note for note in line if not _is_sung(note, sung)]
        notes += free if len(free) >= FEWEST or len(free) == len(line) else []
    return notes


def _is_sung(note: Note, sung: Sequence[tuple[float, float]]) -> bool:
    end = note.start + note.length
    return any(note.start < last + MARGIN and end > first - MARGIN for first, last in sung)


def _motif(rhythm: Sequence[Stroke], rng: Random) -> Motif:
    """Mostly steps, a leap now and then, turned back before it runs away."""
    steps, height = [0], 0
    for _ in rhythm[1:]:
        move = rng.choice((-2, -1, -1, 1, 1, 2, 3, -3))
        steps.append(-move if abs(height + move) > 4 else move)
        height += steps[-1]
    return list(zip(rhythm, steps, strict=True))


def _realise(
    bar: Bar, form: Form, motif: Motif, previous: float, player: Instrument, rng: Random,
    until: float,
) -> list[Note]:  # fmt: skip
    """Set a motif on a bar's chords: chord tones on strong beats, steps between; until a beat."""
    room = min(bar.beats, until - bar.start)
    home = player.middle + bar.scoring.lift
    played = [(stroke, move) for stroke, move in motif if stroke.beat < room - 1e-6]
    pitch = nearest((previous + 2 * home) / 3, bar.chords[0].tones)
    notes: list[Note] = []
    for place, (stroke, move) in enumerate(played):
        chord = bar.chord_at(stroke.beat)
        pitch = step_from(pitch, move, chord.scale)
        final = place == len(played) - 1 and bar.scoring.lead == "answer"
        if (place == 0 or final) and chord == form.tonic:  # home is heard as home
            pitch = nearest(pitch, (chord.tones[0], chord.tones[2])[: 1 if final else 2])
        elif stroke.beat in form.meter.strong or stroke.length >= 1 or final:
            pitch = nearest(pitch, chord.tones)
        else:
            pitch = nearest(pitch, chord.scale)
        pitch = _in_range(pitch, home, player)
        energy = bar.scoring.energy * (SHRILL if player.shrill else 1)
        length = min(stroke.length, room - stroke.beat)
        notes.append(_phrased(bar.start + stroke.beat, length, pitch, energy, rng))
    return notes


def _phrased(at: float, length: float, pitch: int, energy: float, rng: Random) -> Note:
    """On the beat heavier; long notes swell, and some of them are slid into from below."""
    velocity = round((106 if at % 1 == 0 else 95) * energy) + rng.randint(-5, 4)
    if length < LONG:
        return Note(at, length * 0.85, pitch, velocity, "lead", "accent")
    glide = -1.0 if rng.random() < 0.4 else 0.0
    return Note(at, length * 0.97, pitch, velocity, "lead", "swell", glide)


def _in_range(pitch: int, home: float, player: Instrument) -> int:
    """Fold by octaves to near home, a shrill one nearer, and into the instrument's range."""
    reach = 6 if player.shrill else 9
    low, high = max(player.low, home - reach), min(player.high, home + reach)
    while pitch > high and pitch - 12 >= player.low:
        pitch -= 12
    while pitch < low and pitch + 12 <= player.high:
        pitch += 12
    return pitch
