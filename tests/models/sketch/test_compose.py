"""Scores of every groove in every meter and kind: on the grid, from the first beat to the last."""

from dataclasses import replace
from functools import cache
from itertools import product
from random import Random

import numpy as np
import pytest

from secondtake.core.keys import Key, parse_key
from secondtake.core.prompts.sketch_style import INSTRUMENTS, read_style
from secondtake.core.song import KINDS
from secondtake.core.validation import METERS
from secondtake.models.sketch.accompaniment import HOLDING
from secondtake.models.sketch.compose import Score, compose, generator
from secondtake.models.sketch.drums import CLOSED_HAT, KICK, LONG_GUIRO
from secondtake.models.sketch.ensemble import ensemble_of
from secondtake.models.sketch.form import ENDINGS, plan_form
from secondtake.models.sketch.grooves import DRUMS, GROOVES
from secondtake.models.sketch.lead import lead_notes
from secondtake.models.sketch.score import Note, SketchInput, parse_meter

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
SNARE, CONGA = DRUMS["S"], DRUMS["T"]
KEYS = ("A minor", "Eb major", "F# minor", "D major")
SECONDS = 11.3
TRIPLET_ROLLS = 24  # to a beat: what sixteenths, triplets and thirty-seconds have in common
GROOVES_AND_METERS = list(product(GROOVES, METERS))
EXTRAS = ("", "sparse", "dense", "solo piano", "only glockenspiel")
# Every two of a groove, a meter and an extra stand together at least once.
GROOVES_METERS_EXTRAS = [
    (groove, METERS[(row + column) % len(METERS)], extra)
    for row, groove in enumerate(GROOVES)
    for column, extra in enumerate(EXTRAS)
]


@cache
def score_of(
    groove: str, meter: str, kind: str, extra: str = "", seconds: float = SECONDS
) -> Score:
    style = "" if groove == "neutral" else groove
    return compose(SketchInput(kind, seconds, 104, style=f"{style}, {extra}", meter=meter, seed=5))


def sounding(notes: list[Note], start: float, end: float) -> bool:
    return any(note.start < end - 1e-6 and note.start + note.length > start for note in notes)


def key_of(notes: list[Note]) -> Key:
    """By correlation of how long every pitch class sounds with Krumhansl's profiles."""
    chroma = np.zeros(12)
    for note in notes:
        if "kit" not in note.part:
            chroma[note.pitch % 12] += note.length * note.velocity
    fits = {
        Key(tonic, minor): np.corrcoef(np.roll(profile, tonic), chroma)[0, 1]
        for minor, profile in ((False, MAJOR), (True, MINOR))
        for tonic in range(12)
    }
    return max(fits, key=lambda key: fits[key])


@pytest.mark.parametrize(("groove", "meter"), GROOVES_AND_METERS)
def test_every_kind_plays_from_its_first_beat_to_its_last_on_the_grid(
    groove: str, meter: str
) -> None:
    for kind in sorted(KINDS):
        score = score_of(groove, meter, kind)
        form = score.form
        assert form.total == pytest.approx(SECONDS * 104 / 60)
        assert form.ends == (kind in ENDINGS), kind
        starts, lengths, pitches, velocities = np.array(
            [(note.start, note.length, note.pitch, note.velocity) for note in score.notes]
        ).T
        assert starts.min() >= 0 and (starts + lengths).max() <= form.total + 1e-6
        off_the_grid = starts * TRIPLET_ROLLS - np.rint(starts * TRIPLET_ROLLS)
        assert np.abs(off_the_grid).max() < 1e-6, kind
        assert velocities.min() >= 1 and max(velocities.max(), pitches.max()) <= 127
        beats = form.meter.beats
        assert [bar.start for bar in form.bars] == [i * beats for i in range(len(form.bars))]
        assert sum(bar.beats for bar in form.bars) == pytest.approx(form.end)
        played = [note for note in score.notes if "kit" not in note.part]
        assert all(sounding(played, bar.start, bar.start + bar.beats) for bar in form.bars), kind
        assert any(note.start == 0 for note in played), kind
        last = form.total - 0.5
        assert sounding(played, last, form.total), kind


@pytest.mark.parametrize(("groove", "meter"), GROOVES_AND_METERS)
def test_sections_differ_as_in_a_song(groove: str, meter: str) -> None:
    for density in ("", "sparse", "dense"):
        per_bar, height = {}, {}
        for kind in ("verse", "pre-chorus", "chorus", "break"):
            score = score_of(groove, meter, kind, density)
            per_bar[kind] = len(score.notes) / len(score.form.bars)
            height[kind] = [
                np.mean([note.pitch for note in score.notes if note.part == part])
                for part in ("lead", "chords")
            ]
        assert per_bar["break"] < per_bar["verse"] or density == "sparse"
        assert per_bar["verse"] < per_bar["pre-chorus"] < per_bar["chorus"]
        assert np.less(height["verse"], height["chorus"]).all()
    counts = [len(score_of(groove, meter, "verse", d).notes) for d in ("sparse", "", "dense")]
    assert counts == sorted(set(counts))


@pytest.mark.parametrize(("groove", "meter"), GROOVES_AND_METERS)
def test_the_key_is_unmistakable(groove: str, meter: str) -> None:
    style = "" if groove == "neutral" else groove
    kinds = ("verse", "chorus", "intro", "outro", "instrumental", "break")
    for place, (kind, seconds) in enumerate(product(kinds, (5, 12))):
        key = KEYS[place // 2 % len(KEYS)]
        score = compose(SketchInput(kind, seconds, 110, key, style=style, meter=meter, seed=2))
        assert key_of(score.notes) == parse_key(key), (kind, key, seconds)


@pytest.mark.parametrize(("groove", "meter"), GROOVES_AND_METERS)
def test_a_bar_has_its_weight_on_one(groove: str, meter: str) -> None:
    """Loudness times notes by beat of the bar, the bass's and kick's, which tell where one is."""
    score = score_of(groove, meter, "chorus")
    low = [n for n in score.notes if n.part == "bass" or (n.pitch == KICK and "kit" in n.part)]
    weight = np.zeros(score.form.meter.beats)
    for note in low:
        if note.start % 1 == 0:
            weight[int(note.start) % len(weight)] += note.velocity
    assert weight.argmax() == 0


@pytest.mark.parametrize(("groove", "meter"), GROOVES_AND_METERS)
def test_hats_roll_in_trap_alone_and_each_groove_has_its_mark(groove: str, meter: str) -> None:
    score = score_of(groove, meter, "chorus")
    drums = [note for note in score.notes if "kit" in note.part]
    hats = sorted(note.start for note in drums if note.pitch == CLOSED_HAT)
    fastest = min(np.diff(hats), default=1.0)
    assert (fastest < (0.5 if meter != "6/8" else 0.33)) == (groove == "trap")
    keys = {note.pitch for note in drums}
    assert ({LONG_GUIRO, CONGA} <= keys) == (groove == "cumbia")
    assert (score.synth_bass and score.kit == 25) == (groove in ("trap", "reggaeton"))
    if groove == "tango":
        assert not drums
    if groove == "reggaeton":
        beats = score.form.meter.beats
        snares = {round(n.start % beats, 3) for n in drums if n.pitch == SNARE}
        dembow = {"6/8": {0.667, 1.333}, "3/4": {0.75, 2.5}}.get(meter, {0.75, 1.5})
        assert dembow <= snares
    if groove == "waltz" and meter in ("3/4", "6/8"):
        one = [
            n for n in score.notes if n.part == "chords" and n.start % score.form.meter.beats == 0
        ]
        assert not one


def test_the_same_input_makes_the_same_notes_and_another_seed_others() -> None:
    segment = SketchInput("chorus", 12, 120, style="cumbia, swing", seed=4)
    assert compose(segment) == compose(replace(segment))
    assert compose(segment).notes != compose(replace(segment, seed=5)).notes


@pytest.mark.parametrize(("kind", "seconds"), [("intro", 1), ("verse", 180), ("outro", 1)])
@pytest.mark.parametrize(("meter", "bpm"), [("4/4", 40), ("3/4", 240), ("6/8", 160), ("2/4", 77)])
def test_any_size_and_tempo_is_filled(kind: str, seconds: float, meter: str, bpm: float) -> None:
    score = compose(SketchInput(kind, seconds, bpm, style="pop", meter=meter))
    ends = [note.start + note.length for note in score.notes if "kit" not in note.part]
    assert max(ends) >= score.form.total - 0.2 * bpm / 60
    assert min(note.start for note in score.notes) == 0


def test_an_ending_thins_out_and_rings() -> None:
    score = score_of("pop", "4/4", "outro", seconds=30)
    ring = (score.form.total - score.form.end) * 60 / 104
    assert 1.1 < ring < 4
    halves = [sum(a <= n.start < b for n in score.notes) for a, b in ((0, 24), (24, 48))]
    assert halves[0] > 1.5 * halves[1]
    last = [n for n in score.notes if n.start == score.form.end and "kit" not in n.part]
    assert {n.pitch % 12 for n in last} == {9, 0, 4}


def test_a_short_intro_is_full_of_music() -> None:
    """Six seconds, of which the first sketch had music in 2.6."""
    score = compose(SketchInput("intro", 6, 92, "D major", style="solo accordion, slow and airy",
                                meter="3/4"))  # fmt: skip
    assert set(score.programs.values()) == {21}
    covered = [any(n.start <= at < n.start + n.length for n in score.notes if "kit" not in n.part)
               for at in np.arange(0, score.form.total, 0.05)]  # fmt: skip
    assert np.mean(covered) * 6 >= 5.5


@pytest.mark.parametrize("meter", METERS)
def test_swing_moves_the_eighths_and_half_time_the_backbeat(meter: str) -> None:
    straight, swung = (score_of("rock", meter, "verse", feel) for feel in ("", "swing"))
    late = {round(note.start % 1, 3) for note in swung.notes}
    if parse_meter(meter).subdivision == 2:
        assert 0.667 in late and 0.5 not in late
    else:
        assert swung.notes == straight.notes
    slow = score_of("rock", meter, "verse", "half-time")
    snares = [
        sum(n.pitch == SNARE and "kit" in n.part for n in score.notes) for score in (straight, slow)
    ]
    assert snares[1] < snares[0]


@pytest.mark.parametrize("groove", GROOVES)
def test_the_lead_is_silent_under_words_and_answers_between_them(groove: str) -> None:
    form, ensemble = (
        score_of(groove, "4/4", "verse", seconds=16).form,
        ensemble_of(read_style(groove)),
    )
    spans = [(0.5, 6.0), (9.5, 15.0), (16.0, 19.5)]
    lead = lead_notes(form, ensemble, Random(1), spans)
    assert lead
    for first, last in spans:
        assert not sounding(lead, first, last)


@pytest.mark.parametrize("style", ["harp, strings, oboe, banjo", "organ, violin, kalimba, sparse"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_instrument_that_is_heard_plays_in_every_kind(style: str, kind: str) -> None:
    score = score_of("rock", "4/4", kind, style)
    parts = read_style(f"rock, {style}").parts
    assert parts and parts.keys() <= {note.part for note in score.notes}


def test_the_style_chooses_who_plays() -> None:
    def programs(style: str) -> dict[str, int]:
        return dict(compose(SketchInput("chorus", 8, style=style)).programs)

    assert programs("trap with tango colours")["lead"] == 23
    assert programs("pop, trumpet solo and upright bass")["lead"] == 56
    assert programs("pop, trumpet solo and upright bass")["bass"] == 32
    assert "bass" not in programs("rock without bass")
    assert set(programs("solo flute").values()) == {73}
    assert set(programs("only piano and strings").values()) == {0, 48}
    assert set(programs("a cappella").values()) == {52}
    for style, kit in (("ballad, brushed drums", 40), ("tango with 808 drums", 25), ("rock", 16)):
        assert compose(SketchInput("chorus", 8, style=style)).kit == kit
    silent = compose(SketchInput("chorus", 8, style="rock, no drums"))
    assert not [note for note in silent.notes if "kit" in note.part]
    shaken = compose(SketchInput("chorus", 8, style="tango with tambourine"))
    assert {note.pitch for note in shaken.notes if note.part == "kit"} == {54}


@pytest.mark.parametrize(("groove", "meter", "extra"), GROOVES_METERS_EXTRAS)
def test_a_last_chord_is_no_louder_than_the_bars_before_it(
    groove: str, meter: str, extra: str
) -> None:
    for kind, seconds in product(ENDINGS, (SECONDS, 21)):
        score = score_of(groove, meter, kind, extra, seconds)
        since = score.form.bars[-2].start
        before = [n for n in score.notes if since <= n.start < score.form.end]
        last = [n for n in score.notes if n.start == score.form.end]
        assert {n.part for n in last} <= {n.part for n in before} | {"synth_kit"}
        assert 30 <= max(n.velocity for n in last) <= max(n.velocity for n in before)
        bar = [n for n in before if n.start >= score.form.bars[-1].start]
        assert len(last) <= max(len(bar), 8)


def test_percussion_alone_ends_without_a_cymbal() -> None:
    score = compose(SketchInput("outro", 12, style="tango with tambourine"))
    assert {note.pitch for note in score.notes if note.part == "kit"} <= {54}


SHRILL = ("glockenspiel", "celesta", "music box", "piccolo", "xylophone", "tin whistle")


@pytest.mark.parametrize("name", SHRILL)
@pytest.mark.parametrize(
    "style", ["{} lead, piano", "solo {}", "{} melody, guitar, pop", "{}, harp"]
)
def test_a_shrill_lead_is_low_and_soft_and_its_intro_is_not_empty(name: str, style: str) -> None:
    for seed, meter in product(range(3), METERS):
        segment = SketchInput("intro", 12, 92, style=style.format(name), meter=meter, seed=seed)
        score = compose(segment)
        program = INSTRUMENTS[read_style(name).instruments[0]].program
        lead = [n for n in score.notes if n.part == "lead"]
        if score.programs["lead"] == program:
            assert np.mean([n.pitch for n in lead]) < 82
            assert max(n.pitch for n in lead) <= 86
            assert max(n.velocity for n in lead) < 90
        chords = [n for n in score.notes if n.part in ("chords", "counter")]
        held = any(score.programs[n.part] in HOLDING for n in chords)
        for beat in range(score.form.meter.beats):
            assert any(n.start == beat for n in chords) or (
                held and sounding(chords, beat, beat + 0.1)
            )


def test_what_can_be_held_is_held_in_an_intro() -> None:
    score = compose(SketchInput("intro", 12, 92, style="organ, strings, accordion, only"))
    first = [n for n in score.notes if n.part == "chords" and n.start < 4]
    assert max(n.length for n in first) >= 1.9


@pytest.mark.parametrize("groove", GROOVES)
def test_no_drum_fills_where_the_time_is_kept_alone(groove: str) -> None:
    for kind, density in product(sorted(KINDS), ("", "sparse", "dense")):
        style = f"{'' if groove == 'neutral' else groove}, {density}"
        segment = SketchInput(kind, 40, 104, style=style, meter="4/4", seed=5)
        bars = plan_form(segment, generator(segment, "form")).bars  # notes cost ten times as much
        filled = [bar.scoring.drums for bar in bars if bar.scoring.fill]
        assert all(drums > 1 and density != "sparse" for drums in filled), (kind, density)
        assert filled or density == "sparse" or kind not in ("verse", "chorus"), density
