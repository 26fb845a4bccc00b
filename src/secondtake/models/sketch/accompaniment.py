"""The harmony: bass, chords, pad and counter-melody in the groove's patterns; the last chord."""

from dataclasses import replace
from typing import NamedTuple

from secondtake.core.prompts.sketch_style import Instrument
from secondtake.models.sketch.drums import CRASH, KICK, PER_DIGIT
from secondtake.models.sketch.ensemble import TR_808, Ensemble
from secondtake.models.sketch.form import Bar, Chord, Form, nearest, voiced
from secondtake.models.sketch.grooves import pattern_of, strokes
from secondtake.models.sketch.score import Note, Part

BASS_LOWEST = 29  # F1, 43.7 Hz; the octave from here sounds on small speakers through its overtones
BASS_VELOCITY = 92
BASS_TONES = {"R": 0, "3": 1, "5": 2, "8": 0}  # of the chord
DISTORTED = (29, 30)  # programs whose overtones are fifths enough: they play roots and thirds
BLOWN_OR_BOWED = {*range(40, 80)} - {45, 46, 47}  # programs that hold a note; some are plucked
ARPEGGIO = (0, 2, 1, 2)  # voices of the chord in turn
SHORT = 0.9  # of its written length a note sounds
CHAN_BEATS = 1.0  # the dominant of a tango's close stands this long before its end


class Register(NamedTuple):
    """low: the MIDI pitch that chords are built on, before a section's lift. velocity: of held
    notes; length: the share that sounds. last: velocity of the last chord."""

    low: int
    velocity: int
    length: float
    last: int


REGISTERS: dict[Part, Register] = {
    "chords": Register(52, 72, 0.98, 84),
    "pad": Register(55, 60, 0.98, 66),
    "counter": Register(57, 74, 0.96, 70),
}


def accompaniment_notes(form: Form, ensemble: Ensemble) -> list[Note]:
    """Bass, chords, pad and counter-melody of every bar, of those that the ensemble has."""
    players, result = ensemble.players, []
    for bar in form.bars:
        scoring, notes = bar.scoring, list[Note]()
        if "bass" in players and scoring.bass:
            notes += _bass(bar, ensemble)
        if "chords" in players:
            notes += _held(bar, ensemble, "chords") if scoring.held else _comping(bar, ensemble)
        if "pad" in players and scoring.pad:
            notes += _held(bar, ensemble, "pad")
        if "counter" in players and (scoring.counter or "chords" not in players):
            wind = players["counter"].program in BLOWN_OR_BOWED
            notes += _held(bar, ensemble, "counter") if wind else _arpeggio(bar, ensemble)
        end = bar.start + bar.beats
        notes = [note for note in notes if note.start < end - 1e-6]
        result += [replace(note, length=min(note.length, end - note.start)) for note in notes]
    return result


def closing_notes(form: Form, ensemble: Ensemble) -> list[Note]:
    """Everyone on the tonic, ringing to the end; before it, in a tango, the lead's dominant struck
    short: chan-chan."""
    ring = form.total - form.end
    notes = [
        Note(form.end, ring, pitch, register.last, part)
        for part, register in REGISTERS.items()
        if part in ensemble.players
        for pitch in voiced(form.tonic, _low(ensemble, part))
    ]
    if "bass" in ensemble.players:
        pitch = _bass_pitch(form.tonic, "R", ensemble.players["bass"])
        notes.append(Note(form.end, ring, pitch, 104, "bass"))
    if "lead" in ensemble.players:
        middle = ensemble.players["lead"].middle
        notes.append(Note(form.end, ring, nearest(middle, (form.tonic.root,)), 104, "lead"))
        if ensemble.colour == "tango" and form.bars and form.end >= 2:
            chan = voiced(form.bars[-1].chords[1], round(middle) - 8, 4)
            notes += [Note(form.end - CHAN_BEATS, 0.35, p, 100, "lead", "accent") for p in chan]
    if ensemble.kit >= 0:
        kick: Part = "synth_kit" if ensemble.kit == TR_808 else "kit"
        notes += [Note(form.end, 1, KICK, 100, kick), Note(form.end, 1, CRASH, 70, "kit")]
    return notes


def _bass(bar: Bar, ensemble: Ensemble) -> list[Note]:
    """The groove's bass: root, third, fifth and octave of the chord; held, strong beats alone."""
    notes, meter, held = [], bar.meter, bar.scoring.held
    pattern = pattern_of(ensemble.groove, meter.text, "bass")
    line = [s for s in strokes(pattern, bar.index) if not held or s.beat in meter.strong]
    ends = [*(stroke.beat for stroke in line[1:]), bar.beats]
    for (beat, length, symbol), end in zip(line, ends, strict=False):
        turned = beat == meter.half and bar.chords[0] != bar.chords[1]
        tone = "R" if turned else symbol  # a new chord stands on its root
        pitch = _bass_pitch(bar.chord_at(beat), tone, ensemble.players["bass"])
        velocity = round((BASS_VELOCITY + 8 * (beat == 0)) * bar.scoring.energy)
        glide = -12.0 if tone == "8" and ensemble.synth_bass else 0.0
        sounding = 0.96 * (end - beat if held else length)
        notes.append(Note(bar.start + beat, sounding, pitch, velocity, "bass", glide=glide))
    return notes


def _bass_pitch(chord: Chord, tone: str, player: Instrument) -> int:
    lowest = max(BASS_LOWEST, player.low)
    above = (chord.tones[BASS_TONES[tone]] - chord.root) % 12 + 12 * (tone == "8")
    return lowest + (chord.root - lowest) % 12 + above


def _comping(bar: Bar, ensemble: Ensemble) -> list[Note]:
    """The groove's strokes of the chords."""
    pattern = pattern_of(ensemble.colour, bar.meter.text, "chords")
    return [
        Note(bar.start + beat, SHORT * length, pitch, velocity, "chords", "accent")
        for beat, length, digit in strokes(pattern, bar.index)
        for velocity in (round(int(digit) * PER_DIGIT * bar.scoring.energy),)
        for pitch in _voicing(bar, bar.chord_at(beat), ensemble, "chords")
    ]


def _held(bar: Bar, ensemble: Ensemble, part: Part) -> list[Note]:
    """The bar's chords held as long as they sound, equal neighbours as one."""
    half, (first, second) = bar.meter.half, bar.chords
    spans = [(0.0, bar.beats, first)]
    if bar.beats > half and first != second:
        spans = [(0.0, half, first), (half, bar.beats - half, second)]
    velocity = round(REGISTERS[part].velocity * bar.scoring.energy)
    return [
        Note(bar.start + at, REGISTERS[part].length * beats, pitch, velocity, part, "swell")
        for at, beats, chord in spans
        for pitch in _voicing(bar, chord, ensemble, part)
    ]


def _voicing(bar: Bar, chord: Chord, ensemble: Ensemble, part: Part) -> list[int]:
    """In close position; a minor third is doubled, or the overtones of the root drown it. Of the
    counter-melody the third or seventh."""
    low, (root, third) = _low(ensemble, part, bar.scoring.lift), chord.tones[:2]
    if part == "counter":
        return [nearest(low + 6, (chord.tones[3 if chord.dominant else 1],))]
    if ensemble.players[part].program in DISTORTED:
        chord = replace(chord, tones=(root, third))
    pitches = voiced(chord, low, bar.scoring.voices)
    if (third - root) % 12 == 3:
        pitches.append(pitches[-1] + 1 + (third - pitches[-1] - 1) % 12)
    return pitches


def _arpeggio(bar: Bar, ensemble: Ensemble) -> list[Note]:
    """The chords broken, a note for every part of a beat."""
    low, parts = _low(ensemble, "counter", bar.scoring.lift), bar.meter.subdivision
    velocity = round(REGISTERS["counter"].velocity * bar.scoring.energy)
    notes = []
    for step in range(bar.meter.beats * parts):
        pitch = voiced(bar.chord_at(step // parts), low)[ARPEGGIO[step % len(ARPEGGIO)]]
        accent = velocity + (12 if step % parts == 0 else -8)
        notes.append(Note(bar.start + step / parts, 1.2 / parts, pitch, accent, "counter"))
    return notes


def _low(ensemble: Ensemble, part: Part, lift: int = 0) -> int:
    """The pitch that a part's chords are built on, where its instrument has them."""
    player = ensemble.players[part]
    return max(player.low, min(REGISTERS[part].low + lift, player.high - 16))
