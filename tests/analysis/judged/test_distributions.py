"""Models as sets beside the baselines, of embeddings that are made up."""

from dataclasses import replace

import numpy as np
import pytest
from tests.analysis.judged.made_judgments import OTHER_IDENTITY, JudgedSong, judgment

from secondtake.analysis.features.corpus import LEAST_MATCHES
from secondtake.analysis.judged.distributions import METRIC, distributions
from secondtake.analysis.metrics.document import parse_docstring

DIMENSIONS = 12
SEGMENTS = 8


def heard(seed: int, shift: float = 0.0):
    """A recording's two windows around a centre of its own."""
    random = np.random.default_rng(seed)
    centre = random.standard_normal(DIMENSIONS) + shift / DIMENSIONS**0.5
    return judgment(0.4, 0.1, embeddings=centre + 0.5 * random.standard_normal((2, DIMENSIONS)))


@pytest.fixture
def song(project) -> JudgedSong:
    return JudgedSong.of(project, SEGMENTS)


def judge_song(song: JudgedSong, shifts: dict[str, float], takes: int = 1):
    """Materials of a song whose baselines and takes were judged; shifts: by model."""
    materials = []
    for segment in range(1, len(song.song.segments) + 1):
        own = []
        for place, (model, shift) in enumerate(shifts.items()):
            for number in range(1, takes + 1):
                take = song.take(model, segment, number)
                song.judge_take(take, heard(1000 * segment + 100 * place + number, shift))
                own.append(take)
        song.judge_baseline(heard(segment), segment, style=own[0].job.style)
        materials.append(song.material(own, segment))
    return materials


def by_model(song: JudgedSong, materials):
    (judge,) = song.judges(*materials)
    entries = distributions(judge, materials, song.project.root)
    return {entry["model"]: entry for entry in entries}


def test_a_model_like_the_baselines_and_one_unlike_them(song):
    shifts = {"stable_audio": 0.0, "musicgen": 8.0, "sketch": 20.0}
    found = by_model(song, judge_song(song, shifts))
    assert list(found) == ["stable_audio", "musicgen", "sketch"]
    like, unlike, control = found.values()
    low, high = like["interval"]
    assert low < 0 < high and like["p"] > 0.05
    assert 0 < unlike["interval"][0] < unlike["value"] < control["value"]
    assert unlike["p"] == pytest.approx(2 / 2**SEGMENTS)
    assert abs(like["ceiling"]) < like["halves_most"] < unlike["value"]


def test_every_take_counts_and_a_segment_once(song):
    (entry,) = by_model(song, judge_song(song, {"musicgen": 0.0}, takes=3)).values()
    assert (entry["takes"], entry["segments"], entry["windows"]) == (24, 8, 48)
    assert entry["baseline_windows"] == 16


def test_few_segments_decide_nothing_and_say_how_many_it_takes(project):
    song = JudgedSong.of(project, 5)
    (entry,) = by_model(song, judge_song(song, {"musicgen": 20.0})).values()
    assert (entry["verdict"], entry["p"], entry["interval"]) == ("undecided", None, None)
    assert entry["note"] == "too few segments to tell any two sets apart: 5 of 6"
    assert entry["value"] > 0.3


def test_of_one_segment_there_is_no_value(project):
    song = JudgedSong.of(project, 1)
    (entry,) = by_model(song, judge_song(song, {"musicgen": 20.0})).values()
    assert (entry["value"], entry["verdict"]) == (None, "undecided")


def test_without_embeddings_or_baselines_there_is_nothing(song):
    takes = [song.take("musicgen", segment) for segment in (1, 2)]
    for take in takes:
        song.judge_take(take, judgment(0.4, 0.1))
    materials = [song.material([take], place) for place, take in enumerate(takes, 1)]
    assert by_model(song, materials) == {}
    song.judge_take(takes[0], heard(1))
    assert by_model(song, materials) == {}


def test_a_repaint_is_no_draw_of_its_own_and_a_cover_counts_apart(song, monkeypatch):
    materials = judge_song(song, {"musicgen": 0.0}, takes=2)
    own = "secondtake.analysis.judged.distributions"
    monkeypatch.setattr(f"{own}.repaint_source", lambda take: take if take.job.take == 2 else None)
    (entry,) = by_model(song, materials).values()
    assert entry["takes"] == SEGMENTS
    monkeypatch.setattr(
        f"{own}.maker_name", lambda take: "musicgen_from_baseline" if take.job.segment > 6 else "x"
    )
    found = by_model(song, materials)
    assert {name: entry["segments"] for name, entry in found.items()} == {
        "musicgen_from_baseline": 2,
        "x": 6,
    }


def judge_others(song: JudgedSong, count: int, shift: float, identity=None) -> None:
    """Other songs of the project, of which only the baselines were judged."""
    for number in range(count):
        other = JudgedSong.of(song.project, 2, f"other{number}")
        for segment in (1, 2):
            own = heard(50_000 + 10 * number + segment, shift)
            other.judge_baseline(own, segment, identity=identity)


def test_other_songs_baselines_are_the_floor_where_there_are_enough(song):
    materials = judge_song(song, {"stable_audio": 0.0, "musicgen": 30.0})
    judge_others(song, LEAST_MATCHES - 1, 10.0)
    entry = by_model(song, materials)["stable_audio"]
    assert (entry["verdict"], entry["floor"]) == ("no floor", None)
    assert "no floor: baselines of 14 other songs, of 15 that it takes" in entry["note"]
    judge_others(song, LEAST_MATCHES, 10.0)
    like, unlike = by_model(song, materials).values()
    assert like["floor"] == unlike["floor"] > 0.1
    assert like["verdict"] in ("as itself", "closer")
    assert unlike["verdict"] in ("as other music", "further")


def test_songs_heard_by_others_or_with_the_same_baseline_are_no_floor(song):
    materials = judge_song(song, {"musicgen": 0.0})
    judge_others(song, LEAST_MATCHES, 10.0, OTHER_IDENTITY)
    entry = by_model(song, materials)["musicgen"]
    assert "baselines of 0 other songs" in entry["note"]
    judge_others(song, LEAST_MATCHES, 10.0)
    same = [
        replace(m, sha256=JudgedSong.of(song.project, 2, "other0").baseline_sha(1))
        for m in materials[:1]
    ]
    (judge,) = song.judges(*materials)
    entries = distributions(judge, [*materials[1:], *same], song.project.root)
    assert "baselines of 14 other songs" in entries[0]["note"]


def test_the_distance_is_documented_like_a_metric():
    parts = parse_docstring(METRIC)
    assert all(parts[name] for name in ("", "Definition", "Range", "Source", "Fails"))
