"""Other music of a reference's kind, and songs made of their stretches."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from secondtake.analysis.features.corpus import (
    LEAST_MATCHES,
    MATCHED_SHARE,
    Piece,
    ReferenceCorpus,
    from_json,
    to_json,
)
from secondtake.analysis.features.extract import ROWS, Features
from secondtake.analysis.features.kind import KINDS, SIZE, Kind, KindClassifier

STEADY = 0.2  # LU that are added to every movement


def features(movement: float, is_sung: bool = False, windows: int = 4) -> Features:
    """Windows whose loudness scatters by that many LU; sung is told by the voice."""
    random = np.random.default_rng(round(100 * movement))
    rows: dict[str, Any] = {
        name: random.normal(size=(windows, *shape)).astype(np.float32)
        for name, shape in ROWS.items()
    }
    rows["attack"] = np.ones(windows, np.float32)
    rows["speech"] = np.full(windows, float(is_sung), np.float32)
    rows["loudness"] = -20 + np.resize([-movement, movement], windows).astype(np.float32)
    rows["starts"] = 3 * np.arange(windows, dtype=np.float32)
    return Features(3.0 * windows, -20.0, 5.0, -1.0, **rows)


@pytest.fixture(scope="module")
def corpus() -> ReferenceCorpus:
    """40 instrumental songs that move by 1.0, 1.1 … LU, and 20 sung ones; two stretches each."""
    songs = [
        (f"{kind} {place}", kind, 1 + place / 10)
        for kind, count in (("instrumental", 40), ("sung", 20))
        for place in range(count)
    ]
    pieces = [
        Piece(name, "album", features(movement, kind == "sung"), kind)
        for name, kind, movement in songs
        for _ in range(2)
    ]
    weights = np.zeros((SIZE, len(KINDS)))
    weights[-1, KINDS.index("instrumental")] = 5.0
    weights[753, KINDS.index("sung")] = 10.0  # the share of words
    plain = ReferenceCorpus.of(pieces)
    standard = plain.standards["embedding"]
    return replace(plain, classifier=KindClassifier(standard.mean, standard.scale, weights))


@pytest.mark.parametrize(("kind", "is_sung"), [("sung", True), ("instrumental", False)])
def test_other_music_is_of_the_references_kind(
    corpus: ReferenceCorpus, kind: str, is_sung: bool
) -> None:
    assert corpus.kind(features(2, is_sung)).name == kind
    assert {piece.kind for piece in corpus.matched(features(2, is_sung))} == {kind}


def test_of_a_kind_it_is_the_half_whose_loudness_moves_most_like_the_references(
    corpus: ReferenceCorpus,
) -> None:
    reference = features(2.0)
    matched = corpus.matched(reference)
    assert len(matched) == MATCHED_SHARE * 80
    movements = {n: STEADY + 1 + n / 10 for n in range(40)}
    nearest = sorted(movements, key=lambda n: abs(np.log(movements[n] / (STEADY + 2.0))))[:20]
    assert {piece.name for piece in matched} == {f"instrumental {n}" for n in nearest}
    assert matched[0].name == "instrumental 10"  # the nearest first: as much movement


def test_what_moves_four_times_as_much_is_another_kind_of_recording(
    corpus: ReferenceCorpus,
) -> None:
    alike = {f"instrumental {n}" for n in range(40) if STEADY + 1 + n / 10 > 15.3 / 4}
    assert len(alike) == 13
    assert {piece.name for piece in corpus.matched(features(15.1))} == alike
    assert corpus.matched(features(40.0)) == ()


def test_with_too_few_of_a_kind_there_is_none(corpus: ReferenceCorpus) -> None:
    sung = [piece for piece in corpus.raw if piece.kind == "sung"]
    rest = [piece for piece in corpus.raw if piece.kind != "sung"]
    for count, expected in ((LEAST_MATCHES - 1, 0), (LEAST_MATCHES, LEAST_MATCHES)):
        fewer = replace(corpus, raw=(*rest, *sung[:count]))
        assert len(fewer.matched(features(1.5, is_sung=True))) == expected


@pytest.mark.parametrize("kind", ["speech", "noise", "tone"])
def test_what_is_no_music_has_no_other_music(corpus: ReferenceCorpus, kind: str) -> None:
    weights = np.zeros((SIZE, len(KINDS)))
    weights[-1, KINDS.index(kind)] = 9.0
    assert corpus.classifier is not None
    told = replace(corpus, classifier=replace(corpus.classifier, weights=weights))
    assert told.matched(features(2)) == ()
    assert corpus.matched(features(2, windows=0)) == ()


def test_whole_songs_are_matched_once_with_all_their_windows(corpus: ReferenceCorpus) -> None:
    songs = corpus.matched(features(2.0), whole_songs=True)
    assert len(songs) == len({song.name for song in songs}) == MATCHED_SHARE * 40
    assert {song.features.windows for song in songs} == {8}
    assert len(corpus.songs) == 60


def test_without_a_classifier_everything_is_instrumental_but_silence(
    corpus: ReferenceCorpus,
) -> None:
    plain = replace(corpus, classifier=None)
    assert plain.kind(features(2, is_sung=True)) == Kind("instrumental", 1.0)
    assert plain.kind(features(2, windows=0)) == Kind("silence", 1.0)


def test_kinds_and_the_classifier_come_back(corpus: ReferenceCorpus) -> None:
    again = from_json(json.loads(json.dumps(to_json(corpus))))
    assert [piece.kind for piece in again.raw] == [piece.kind for piece in corpus.raw]
    assert again.classifier is not None and corpus.classifier is not None
    assert np.allclose(again.classifier.weights, corpus.classifier.weights)
    for is_sung in (True, False):
        before, after = (each.kind(features(2, is_sung)) for each in (corpus, again))
        assert after.name == before.name
        assert after.probability == pytest.approx(before.probability, abs=0.01)
    assert from_json(to_json(replace(corpus, classifier=None))).classifier is None
