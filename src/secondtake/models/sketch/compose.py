"""The score of a segment: words in their places, form, and every part's notes, before any sound."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from secondtake.models.sketch.accompaniment import accompaniment_notes, closing_notes
from secondtake.models.sketch.drums import drum_notes
from secondtake.models.sketch.ensemble import ensemble_of
from secondtake.models.sketch.form import Form, plan_form
from secondtake.models.sketch.lead import lead_notes
from secondtake.models.sketch.score import Note, SketchInput, swung
from secondtake.models.sketch.singing import place_lyrics
from secondtake.models.sketch.vocals import PlacedPhrase

LATEST_SECONDS = 0.03  # before the segment's end: what begins later is a click


@dataclass(frozen=True)
class Score:
    """Everything that is played and sung, before any sound. notes: in order of time.

    programs: General MIDI program, 0 to 127, of every part but the kits. kit: the soundfont's drum
    kit. synth_bass: the bass is the synthesised 808, and no program of the soundfont.
    """

    form: Form
    notes: list[Note]
    lyrics: tuple[PlacedPhrase, ...]
    programs: Mapping[str, int]
    kit: int
    synth_bass: bool


def generator(segment: SketchInput, part: str) -> Random:
    """The random numbers of a part: a change to one part leaves the others as they are."""
    return Random(f"{segment.seed}/{part}")  # noqa: S311 - music, not a secret


def compose(segment: SketchInput) -> Score:
    """The score alone."""
    lyrics, ensemble = place_lyrics(segment), ensemble_of(segment.heard_style)
    sung = [(phrase.beats[0], phrase.end) for phrase in lyrics]
    form = plan_form(segment, generator(segment, "form"))
    notes = drum_notes(segment, form, ensemble, generator(segment, "drums"))
    notes += accompaniment_notes(form, ensemble)
    notes += lead_notes(form, ensemble, generator(segment, "lead"), sung)
    if segment.heard_style.feel == "swing" and form.meter.subdivision == 2:
        spans = [(swung(note.start), swung(note.start + note.length)) for note in notes]
        notes = [replace(n, start=a, length=b - a) for n, (a, b) in zip(notes, spans, strict=True)]
    if form.ends:
        notes += closing_notes(form, ensemble, notes)
    latest = form.total - LATEST_SECONDS * segment.bpm / 60
    notes = [replace(note, length=min(note.length, form.total - note.start)) for note in notes]
    notes = [note for note in notes if note.start < latest]
    notes.sort(key=lambda note: (note.start, note.part, note.pitch))
    programs = {part: player.program for part, player in ensemble.players.items()}
    return Score(form, notes, tuple(lyrics), programs, max(ensemble.kit, 0), ensemble.synth_bass)
