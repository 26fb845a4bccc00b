"""The harmony: bass, chords, pad and counter-melody in the groove's patterns; the last chord."""

from collections.abc import Iterator
from dataclasses import replace

from secondtake.core.prompts.sketch_style import Instrument
from secondtake.models.sketch.drums import CRASH, KICK, PER_DIGIT
from secondtake.models.sketch.ensemble import TR_808, Ensemble
from secondtake.models.sketch.form import Bar, Chord, Form, nearest, voiced
from secondtake.models.sketch.grooves import PATTERNS, strokes
from secondtake.models.sketch.score import Note, Part

BASS_LOWEST = 29  # F1, 43.7 Hz; the octave from here sounds on small speakers through its overtones
BASS_VELOCITY, HELD_VELOCITY, PAD_VELOCITY, COUNTER_VELOCITY = 92, 72, 60, 74
CHORDS_FROM, PAD_FROM, COUNTER_FROM = 52, 55, 57  # MIDI pitches, before a section's lift
DISTORTED = (29, 30)  # programs whose overtones are fifths enough: they play roots and thirds
ARPEGGIO = (0, 2, 1, 2)  # voices of the chord in turn
SHORT = 0.9  # of its written length a note sounds


def bass_notes(form: Form, ensemble: Ensemble) -> list[Note]:
    """The groove's bass: root, third, fifth and octave of the chord that sounds."""
    if "bass" not in ensemble.players:
        return []
    pattern = PATTERNS[ensemble.groove][form.meter.text].bass
    notes = []
    for bar in form.bars:
        if not bar.scoring.bass:
            continue
        line = strokes(pattern, bar.index)
        if bar.scoring.comping == "long":  # its strong beats alone
            line = tuple(s for s in line if s.beat in form.meter.strong)
        turned = bar.chords[0] != bar.chords[1]
        for place, stroke in enumerate(line):
            chord = bar.chords[stroke.beat >= form.meter.half]
            first = stroke.beat == form.meter.half and turned  # a new chord stands on its root
            tone = "R" if first else stroke.symbol
            following = line[place + 1].beat if place + 1 < len(line) else bar.beats
            length = following - stroke.beat if bar.scoring.comping == "long" else stroke.length
            pitch = _bass_pitch(chord, tone, ensemble)
            velocity = round((BASS_VELOCITY + 8 * (stroke.beat == 0)) * bar.scoring.energy)
            glide = -12.0 if tone == "8" and ensemble.synth_bass else 0.0
            note = Note(
                bar.start + stroke.beat, 0.96 * length, pitch, velocity, "bass", glide=glide
            )
            notes += _within(bar, [note])
    return notes


def root_pitch(chord: Chord, lowest: int = BASS_LOWEST) -> int:
    """The chord's root in the bass octave, as a MIDI pitch."""
    return lowest + (chord.root - lowest) % 12


def _bass_pitch(chord: Chord, tone: str, ensemble: Ensemble) -> int:
    root = root_pitch(chord, max(BASS_LOWEST, ensemble.players["bass"].low))
    third, fifth = ((chord.tones[place] - chord.root) % 12 for place in (1, 2))
    return root + {"R": 0, "3": third, "5": fifth, "8": 12}[tone]


def chord_notes(form: Form, ensemble: Ensemble) -> list[Note]:
    """Chords, pad and counter-melody of every bar, of those that the ensemble has."""
    notes: list[Note] = []
    for bar in form.bars:
        if "chords" in ensemble.players:
            notes += _within(bar, _comping(bar, form, ensemble))
        if "pad" in ensemble.players and bar.scoring.pad:
            notes += _within(bar, _held(bar, form, ensemble, "pad", PAD_FROM, PAD_VELOCITY))
        if "counter" in ensemble.players and (
            bar.scoring.counter or "chords" not in ensemble.players
        ):
            notes += _within(bar, _counter(bar, form, ensemble))
    return notes


def final_chord(form: Form, ensemble: Ensemble) -> list[Note]:
    """Everyone on the tonic, ringing to the end."""
    ring = form.total - form.end
    sections: tuple[tuple[Part, int, int], ...] = (
        ("chords", CHORDS_FROM, 84), ("pad", PAD_FROM, 66), ("counter", COUNTER_FROM, 70),
    )  # fmt: skip
    notes = [
        Note(form.end, ring, pitch, velocity, part)
        for part, low, velocity in sections
        if part in ensemble.players
        for pitch in voiced(form.tonic, _register(ensemble, part, low))
    ]
    if "bass" in ensemble.players:
        notes.append(Note(form.end, ring, _bass_pitch(form.tonic, "R", ensemble), 104, "bass"))
    if ensemble.kit >= 0:
        kick: Part = "synth_kit" if ensemble.kit == TR_808 else "kit"
        notes += [Note(form.end, 1, KICK, 100, kick), Note(form.end, 1, CRASH, 70, "kit")]
    return notes


def _comping(bar: Bar, form: Form, ensemble: Ensemble) -> list[Note]:
    scoring = bar.scoring
    if scoring.comping == "long":
        return _held(bar, form, ensemble, "chords", CHORDS_FROM, HELD_VELOCITY)
    low = _register(ensemble, "chords", CHORDS_FROM + scoring.lift)
    pattern = PATTERNS[ensemble.colour][form.meter.text].chords
    return [
        Note(
            bar.start + stroke.beat,
            SHORT * stroke.length,
            pitch,
            round(int(stroke.symbol) * PER_DIGIT * scoring.energy),
            "chords",
            "accent",
        )
        for stroke in strokes(pattern, bar.index)
        for chord in (bar.chords[stroke.beat >= form.meter.half],)
        for pitch in _voicing(chord, low, scoring.voices, ensemble.players["chords"])
    ]


def _held(
    bar: Bar, form: Form, ensemble: Ensemble, part: Part, low: int, velocity: int
) -> list[Note]:
    """The bar's chords held as long as they sound."""
    low = _register(ensemble, part, low + bar.scoring.lift)
    velocity = round(velocity * bar.scoring.energy)
    return [
        Note(bar.start + at, 0.98 * length, pitch, velocity, part, "swell")
        for at, length, chord in _spans(bar, form)
        for pitch in _voicing(chord, low, bar.scoring.voices, ensemble.players[part])
    ]


def _voicing(chord: Chord, low: int, count: int, player: Instrument) -> list[int]:
    """In close position; a minor third is doubled, or the overtones of the root drown it."""
    root, third = chord.tones[:2]
    if player.program in DISTORTED:
        chord = replace(chord, tones=(root, third))
    pitches = voiced(chord, low, count)
    if (third - root) % 12 == 3:
        pitches.append(pitches[-1] + 1 + (third - pitches[-1] - 1) % 12)
    return pitches


def _counter(bar: Bar, form: Form, ensemble: Ensemble) -> list[Note]:
    """Wind and strings hold the chord's third or seventh; other instruments break the chord."""
    low = _register(ensemble, "counter", COUNTER_FROM + bar.scoring.lift)
    velocity = round(COUNTER_VELOCITY * bar.scoring.energy)
    if ensemble.sustains("counter"):
        return [
            Note(bar.start + at, 0.96 * length, pitch, velocity, "counter", "swell")
            for at, length, chord in _spans(bar, form)
            for pitch in (nearest(low + 6, (chord.tones[3 if chord.dominant else 1],)),)
        ]
    parts, notes = form.meter.subdivision, []
    for step in range(form.meter.beats * parts):
        chord = bar.chords[step // parts >= form.meter.half]
        pitch = voiced(chord, low)[ARPEGGIO[step % len(ARPEGGIO)]]
        accent = velocity + (12 if step % parts == 0 else -8)
        notes.append(Note(bar.start + step / parts, 1.2 / parts, pitch, accent, "counter"))
    return notes


def _register(ensemble: Ensemble, part: str, low: int) -> int:
    """The pitch that a part's chords are built on, where its instrument has them."""
    player = ensemble.players[part]
    return max(player.low, min(low, player.high - 16))


def _spans(bar: Bar, form: Form) -> Iterator[tuple[float, float, Chord]]:
    """The bar's chords as (beat in the bar, beats, chord), equal neighbours as one."""
    half = form.meter.half
    if bar.beats <= half or bar.chords[0] == bar.chords[1]:
        yield 0.0, bar.beats, bar.chords[0]
    else:
        yield 0.0, half, bar.chords[0]
        yield half, bar.beats - half, bar.chords[1]


def _within(bar: Bar, notes: list[Note]) -> list[Note]:
    """What begins before the bar's end; a bar that is cut short cuts its notes too."""
    end = bar.start + bar.beats
    return [replace(n, length=min(n.length, end - n.start)) for n in notes if n.start < end - 1e-6]
