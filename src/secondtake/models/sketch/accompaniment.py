"""The harmony: bass, chords, pad and counter-melody in the groove's patterns; the last chord."""

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from typing import get_args

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
HOLDING = BLOWN_OR_BOWED | {*range(16, 24), *range(80, 96)}  # organs, reeds, synthesisers too
ARPEGGIO = (0, 2, 1, 2)  # voices of the chord in turn
SHORT, HELD = 0.9, 0.98  # of its written length a note sounds
QUIETER, ALONE = 0.9, 70  # velocity of the last chord: a share of those before; with none, this
CHAN_BEATS = 1.0  # the dominant of a tango's close stands this long before its end


LOWEST = {"chords": 52, "pad": 55, "counter": 57}  # MIDI pitches of chords, before the lift
VELOCITY = {"chords": 72, "pad": 60, "counter": 74}  # of held notes


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


def closing_notes(form: Form, ensemble: Ensemble, notes: Sequence[Note]) -> list[Note]:
    """Those who play in the last two bars, on the tonic and about as loud, ringing to the end;
    before it, in a tango, the lead's dominant struck short: chan-chan."""
    end, since = form.end, min((bar.start for bar in form.bars[-2:]), default=0.0)
    late = [n for n in sorted(notes, key=attrgetter("velocity")) if n.start >= since]
    levels: dict[Part, int] = {note.part: round(QUIETER * note.velocity) for note in late}
    levels = levels or dict.fromkeys(get_args(Part), ALONE)
    result = [
        Note(end, form.total - end, pitch, level, part)
        for part, level in levels.items()
        if part in ensemble.players
        for pitch in _last_pitches(form, ensemble, part)
    ]
    if "lead" in levels and ensemble.colour == "tango" and end >= 2:
        chan = voiced(form.bars[-1].chords[1], round(ensemble.players["lead"].middle) - 8, 4)
        result += [Note(end - CHAN_BEATS, 0.35, p, levels["lead"], "lead", "accent") for p in chan]
    if ensemble.kit >= 0 and (loud := levels.get("kit")):
        kick: Part = "synth_kit" if ensemble.kit == TR_808 else "kit"
        result += [Note(end, 1, KICK, loud, kick), Note(end, 1, CRASH, loud, "kit")]
    return result


def _last_pitches(form: Form, ensemble: Ensemble, part: Part) -> list[int]:
    if part == "bass":
        return [_bass_pitch(form.tonic, "R", ensemble.players[part])]
    if part == "lead":
        return [nearest(ensemble.players[part].middle, (form.tonic.root,))]
    return voiced(form.tonic, _low(ensemble, part), 1 if part == "counter" else 3)


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
    if bar.scoring.pulse and part == "chords" and ensemble.players[part].program not in HOLDING:
        spans = [(beat, 1.0, bar.chord_at(beat)) for beat in range(bar.meter.beats)]
    velocity = round(VELOCITY[part] * bar.scoring.energy)
    return [
        Note(bar.start + at, HELD * beats, pitch, velocity, part, "swell")
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
    velocity = round(VELOCITY["counter"] * bar.scoring.energy)
    notes = []
    for step in range(bar.meter.beats * parts):
        pitch = voiced(bar.chord_at(step // parts), low)[ARPEGGIO[step % len(ARPEGGIO)]]
        accent = velocity + (12 if step % parts == 0 else -8)
        notes.append(Note(bar.start + step / parts, 1.2 / parts, pitch, accent, "counter"))
    return notes


def _low(ensemble: Ensemble, part: Part, lift: int = 0) -> int:
    """The pitch that a part's chords are built on, where its instrument has them."""
    player = ensemble.players[part]
    return max(player.low, min(LOWEST[part] + lift, player.high - 16))
