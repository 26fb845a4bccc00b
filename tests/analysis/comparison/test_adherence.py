import numpy as np
import pytest
from tests.analysis.made_up import comparison, measured, segment, take
from tests.sounds import RATE

from secondtake.analysis.comparison.adherence import (
    KEYS,
    TEMPI,
    adherence,
    key_relation,
    tempo_relation,
)
from secondtake.analysis.metrics.harmony import LEAST_FIT, PITCHES, UNSURE
from secondtake.analysis.metrics.rhythm import tempo
from secondtake.analysis.report.adherence_section import ANCHOR
from secondtake.analysis.report.comparison_page import comparison_page
from secondtake.core.keys import Key, parse_key
from secondtake.core.validation import NOTES
from secondtake.runner.progress_pages.phase4_analysis import ADHERENCE


@pytest.mark.parametrize(
    ("bpm", "relation"),
    [
        (120.0, "kept"), (124.7, "kept"), (115.3, "kept"), (125.0, "other"), (60.5, "half"),
        (235.0, "double"), (180.0, "other"), (80.0, "other"), (None, "undecidable"),
    ],
)  # fmt: skip
def test_a_tempo_is_kept_within_4_percent_and_half_and_double_are_named(bpm, relation):
    assert tempo_relation(120.0, bpm) == relation


@pytest.mark.parametrize(
    ("meter", "bpm", "relation"),
    [
        ("3/4", 60.0, "kept"), ("3/4", 20.2, "regrouped"), ("3/4", 40.0, "regrouped"),
        ("3/4", 30.0, "half"), ("3/4", 120.0, "double"), ("3/4", 90.0, "other"),
        ("3/4", 180.0, "other"), ("6/8", 60.0, "kept"), ("6/8", 91.0, "regrouped"),
        ("6/8", 180.0, "regrouped"), ("6/8", 30.0, "half"), ("6/8", 120.0, "double"),
        ("6/8", 40.0, "other"), ("6/8", 20.0, "other"), ("6/8", None, "undecidable"),
        *((meter, bpm, "other") for meter in ("", "2/4", "4/4") for bpm in (20, 40, 90, 180)),
    ],
)  # fmt: skip
def test_in_three_the_groups_of_the_pulse_are_named_too(meter, bpm, relation):
    assert tempo_relation(60.0, bpm, meter) == relation


# Weights of the eighths of a bar, and the tempo of the meter's beats: what a jig and a waltz sound
# like, and what the tracker, which knows of no meter, makes of them.
BARS = {
    "6/8": [(1, 0.4, 0.4, 0.8, 0.4, 0.4), (1, 0, 0.5, 0.8, 0, 0.5), (1, 0, 0, 1, 0, 0)],
    "3/4": [(1, 0, 0.5, 0, 0.5, 0), (1, 0.3, 0.6, 0.3, 0.6, 0.3)],
}


@pytest.mark.parametrize(("meter", "bpm"), [("6/8", 60), ("6/8", 100), ("3/4", 92), ("3/4", 160)])
def test_music_in_three_is_never_found_to_miss_its_tempo(features, sounds, meter, bpm):
    eighth = 60 / bpm / (3 if meter == "6/8" else 2)
    for bar in BARS[meter]:
        track = sum(
            weight * np.roll(sounds.clicks(60 / (6 * eighth), 12), round(n * eighth * RATE))
            for n, weight in enumerate(bar)
        )
        measured = tempo(features(track)).bpm
        assert tempo_relation(bpm, measured, meter) in ("kept", "half", "double", "regrouped")


@pytest.mark.parametrize(
    ("asked", "key", "relation"),
    [
        ("A minor", "A minor", "same"), ("A minor", "C major", "relative"),
        ("C major", "A minor", "relative"), ("A minor", "E minor", "fifth"),
        ("A minor", "D minor", "fifth"), ("A minor", "A major", "other"),
        ("A minor", "G major", "other"), ("Db major", "C# major", "same"),
        ("A# minor", "Bb minor", "same"), ("Gb major", "Eb minor", "relative"),
    ],
)  # fmt: skip
def test_a_key_is_the_same_its_relative_a_fifth_away_or_another(asked, key, relation):
    assert key_relation(asked, {**measured(), "key": key}) == relation


@pytest.mark.parametrize(
    "more",
    [{"key": None}, {"key_fit": LEAST_FIT - 0.01}, {"key_margin": UNSURE - 0.01}],
)
def test_a_key_that_hardly_shows_is_neither_kept_nor_missed(more):
    for asked in ("A minor", "E minor"):
        assert key_relation(asked, {**measured(), **more}) == "undecidable"


def test_every_note_of_a_song_file_and_of_a_measurement_is_known():
    assert {parse_key(f"{note} major").tonic for note in NOTES} == set(range(12))
    assert [parse_key(f"{note} minor") for note in PITCHES] == [Key(n, True) for n in range(12)]


@pytest.fixture
def kept():
    """Two segments: Bark keeps one tempo of two, no key; the sketch keeps all."""
    slow = {**measured(60.0), "key": "E minor"}
    quiet = {**measured(None), "key_margin": 0.01}
    return comparison(
        segment(1, take(1, "sketch"), take(1, "bark", measured=slow)),
        segment(
            2,
            take(2, "sketch"),
            take(2, "bark", name="bark_a", against=None),
            take(2, "bark", name="bark_b", measured=quiet, against=None),
        ),
    )


def test_every_take_counts_with_a_baseline_or_without(kept):
    models = kept["across"]["adherence"]["models"]
    assert models["bark"]["tempo"] == dict(zip(TEMPI, (1, 1, 0, 0, 0, 1), strict=True))
    assert models["bark"]["key"] == dict(zip(KEYS, (1, 0, 1, 0, 1), strict=True))
    assert models["sketch"]["tempo"]["kept"] == models["sketch"]["key"]["same"] == 2
    rows = {row["take"]: row for row in kept["across"]["adherence"]["takes"]}
    assert rows["bark_b"]["note"] == "undecidable below 5 s; key: A minor or C major (margin 0.01)"
    assert rows["bark_a"]["note"] == ""


def test_the_page_says_shares_with_counts_of_what_could_be_told(kept):
    page = comparison_page(kept)
    assert "| Bark | 50 % (1 of 2) | 1 | 0 | 0 | 1 |" in page
    assert "| Bark | 50 % (1 of 2) | 0 | 1 | 0 | 1 |" in page
    assert "| Sketch | 100 % (2 of 2) | 0 | 0 | 0 | 0 |" in page
    assert page.index("## Asked and kept") < page.index("## By segment")


def test_what_is_grouped_otherwise_has_a_column_where_there_is_any(kept):
    assert "grouped otherwise |" not in comparison_page(kept)
    jig = take(1, "bark", measured=measured(180.0))
    jig["asked"] |= {"meter": "6/8", "bpm": 120}
    page = comparison_page(comparison(segment(1, jig)))
    assert "| model | tempo kept | half | double | grouped otherwise | another tempo | und" in page
    assert "| Bark | 0 % (0 of 1) | 0 | 0 | 1 | 0 | 0 |" in page


def test_nothing_is_a_share_of_nothing():
    nothing = {**measured(None), "key": None}
    page = comparison_page(comparison(segment(1, take(1, "bark", measured=nothing))))
    assert page.count("| Bark | none could be told | 0 | 0 | 0 | 1 |") == 2
    empty = comparison_page(comparison(segment(1)))
    assert "Asked and kept" not in empty
    assert adherence([segment(1)]) == {"models": {}, "takes": []}


def test_phase_4_leads_to_the_section(kept):
    assert ADHERENCE == ANCHOR
    assert f'<a id="{ANCHOR}"></a>' in comparison_page(kept)
