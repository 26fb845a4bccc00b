from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.analysis import false_closer as page
from benchmarks.analysis.excerpts import Excerpt, Material
from benchmarks.analysis.false_closer import DRAWN, JudgedPair, share, table
from tests.benchmarks.dealt import material

from secondtake.analysis.features.extract import ROWS, Features

MINE = material("mine", "band", "sung", "owner/demo ace-retake")
RELATIONS = [
    (replace(MINE), 1, "other half of the recording"),
    (replace(MINE, song="again"), 0, "second take: drawn again, in six strengths"),
    (replace(MINE, song="again"), 1, ""),  # a second take is asked for once
    (material("hers", "band"), 0, "sung, same maker"),
    (material("theirs", "others"), 1, "sung"),
    (material("tune", "band", "instrumental"), 0, "instrumental"),
    (material("alone", "band", "acappella"), 0, "a cappella"),
    (material("design 0", "sketch", "sketch"), 0, "the sketch"),
    (material("sine 0", "sine", "sine"), 0, "sine"),
    (material("announcements 0", "speech", "speech"), 0, "speech"),
]


@pytest.fixture
def one_process(dealt: list[Excerpt], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is decoded or scored: the likeness of every pair is called closer."""
    features = dealt[0].features
    monkeypatch.setattr(page, "parallel_map", map)
    monkeypatch.setattr(page, "_verdicts", lambda work: {"likeness": "closer", "timbre": "between"})
    monkeypatch.setattr(page, "kept_features", lambda name, audio: features)


def excerpt(features: Features, source: Material, half: int = 0) -> Excerpt:
    return Excerpt(source, half, 30.0 * half, features, {})


def pair(
    close: bool, song: str, album: str = "band", relation: str = "sung", kind: str = "sung"
) -> JudgedPair:
    """A pair of an original of that song, called closer or not."""
    rows: dict[str, Any] = dict.fromkeys(ROWS, np.empty(0))
    nothing = Features(0.0, 0.0, 0.0, 0.0, **rows)
    original, take = (excerpt(nothing, material(name, album, kind)) for name in (song, "take"))
    return JudgedPair(original, take, relation, {"likeness": "closer" if close else "between"})


@pytest.mark.parametrize(("source", "half", "relation"), RELATIONS)
def test_what_a_take_is_to_an_original(
    dealt: list[Excerpt], source: Material, half: int, relation: str
) -> None:
    features = dealt[0].features
    original = excerpt(features, MINE)
    assert page._relation(original, original) == ""
    assert page._relation(original, excerpt(features, source, half)) == relation


def test_an_original_meets_so_many_of_each_and_all_that_are_its_own(
    dealt: list[Excerpt], others: list[Excerpt], one_process: None
) -> None:
    pairs = page.judged(dealt, others)
    assert {p.original.half for p in pairs} == {0}
    originals = {p.original.song for p in pairs}
    assert originals == {e.song for e in dealt}
    counts = Counter(p.relation for p in pairs if p.original.song == "album 0: song 0")
    assert counts == {
        "other half of the recording": 1,
        "sung": 6,  # all that there are
        "sung, same maker": 4,
        "instrumental": DRAWN["instrumental"],
        "speech": 3,
        "sine": 1,
        "white noise": 1,
        "the sketch": DRAWN["the sketch"],
        "itself, reversed": 1,
        "itself, shuffled in time": 1,
    }
    assert len({(p.original.song, p.take.song, p.take.half, p.relation) for p in pairs}) == len(
        pairs
    )


def test_what_is_short_or_no_music_is_no_original(
    dealt: list[Excerpt], others: list[Excerpt], one_process: None
) -> None:
    alone = [replace(dealt[6], material=replace(dealt[6].material, kind="acappella"))]
    pairs = page.judged([dealt[0], dealt[2].cut(2), *alone], others[:1])
    assert {p.original.song for p in pairs} == {dealt[0].song}
    assert Counter(p.relation for p in pairs)["a cappella"] == 1
    assert all(p.take.song != dealt[2].song for p in pairs)


def test_close_is_closer_or_as_itself() -> None:
    verdicts = {"likeness": "as itself", "timbre": "closer", "pulse": "between"}
    judged = replace(pair(True, "song"), verdicts=verdicts)
    assert judged.is_close and judged.close_questions == ("timbre",)
    assert not replace(judged, verdicts={"likeness": "undecided"}).is_close
    assert not replace(judged, verdicts={"timbre": "closer"}).is_close


def test_the_interval_is_that_of_a_binomial_share_where_every_album_has_one_pair() -> None:
    pairs = [pair(n < 10, f"song {n}", f"album {n}") for n in range(40)]
    assert share(pairs) == (0.25, pytest.approx(0.125, abs=0.03), pytest.approx(0.4, abs=0.03))
    assert share(pairs[:10]) == (1, 1, 1)
    assert share(pairs[10:]) == (0, 0, 0)


def test_more_songs_of_the_same_albums_do_not_make_it_surer() -> None:
    """Two albums, one all close and one not at all: their draw decides."""
    pairs = [pair(a == 0, f"{a} {n}", f"album {a}") for a in range(2) for n in range(50)]
    assert share(pairs) == (0.5, 0, 1)


def test_the_table_has_strangers_first_and_both_kinds_of_originals_apart() -> None:
    pairs = [
        pair(True, "a", relation="other half of the recording"),
        pair(False, "a", relation="sine"),
        pair(True, "a"),
        pair(False, "b"),
        pair(False, "c", kind="instrumental"),
    ]
    *_, sung, sine, half = lines = table(pairs).splitlines()
    assert len(lines) == 5
    assert sung.startswith("| sung | 50 % [0 %, 100 %] (1 of 2) | 0 % [0 %, 0 %] (0 of 1) | 10 % |")
    assert sine == "| sine | 0 % [0 %, 0 %] (0 of 1) | – | 2 % |"
    assert half.startswith("| other half of the recording | 100 % ") and half.endswith("| – |  |")


def test_the_original_is_reversed_and_shuffled_where_it_lies_in_its_file(
    dealt: list[Excerpt], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[Path, float, float]] = []
    monkeypatch.setattr(page, "read", lambda *asked: read.append(asked))
    monkeypatch.setattr(page, "reverse", lambda audio: "reversed")
    monkeypatch.setattr(page, "shuffle", lambda audio, seed: "shuffled")
    monkeypatch.setattr(page, "kept_features", lambda name, audio: audio())
    made: dict[str, Any] = {relation: e.features for relation, e in page._from_itself(dealt[1])}
    assert made == {"itself, reversed": "reversed", "itself, shuffled in time": "shuffled"}
    assert read == [(dealt[1].material.path, 30.0, 54.0)] * 2
