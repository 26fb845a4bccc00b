import numpy as np
import pytest
from benchmarks.analysis.learning import _logistic, learned, owners

from secondtake.analysis.features.corpus import Piece, ReferenceCorpus
from secondtake.analysis.metrics.overall import BIAS, PARTS


def test_weights_that_are_known_are_found():
    random = np.random.default_rng(5)
    rows = np.stack([*random.normal(size=(2, 20_000)), np.ones(20_000)], axis=1)
    wanted = random.random(20_000) < 1 / (1 + np.exp(-(rows @ [2.0, -1.0, 0.5])))
    found = _logistic(rows, wanted, np.ones(20_000))
    assert found == pytest.approx([2, -1, 0.5], abs=0.1)


def test_two_kinds_that_are_far_apart_keep_finite_weights():
    rows = np.stack([np.repeat([-1.0, 1.0], 50), np.ones(100)], axis=1)
    found = _logistic(rows, rows[:, 0] > 0, np.ones(100))
    assert 1 < found[0] < 20


def test_what_tells_songs_apart_outweighs_what_is_drawn_by_lot(dealt):
    calibration = ReferenceCorpus.of([Piece(one.song, one.album, one.features) for one in dealt])
    weights = learned(dealt, calibration)
    assert set(weights) == {BIAS, *(metric.name for metric in PARTS)}
    assert abs(weights["harmony"]) < 0.1 * weights["embedding"]


def test_every_window_knows_its_song_and_its_excerpt(dealt):
    songs, parts = owners(dealt[:6])
    assert songs.tolist() == [0] * 16 + [1] * 8
    assert parts.tolist() == [number for number in range(6) for _ in range(4)]
