import numpy as np
import pytest
from benchmarks.analysis.metric_validity import (
    areas,
    in_folds,
    in_pairs,
    of_likeness,
    of_metric,
    table,
)
from benchmarks.analysis.separating import Area

from secondtake.analysis.features.corpus import Piece, ReferenceCorpus
from secondtake.analysis.metrics import harmony, level, rhythm, timbre
from secondtake.analysis.metrics.scoring import aggregate


@pytest.fixture(scope="module")
def calibration(dealt):
    return ReferenceCorpus.of([Piece(one.song, one.album, one.features) for one in dealt])


def test_songs_are_told_apart_by_what_they_are_and_not_by_what_was_drawn_by_lot(dealt):
    asked = {
        "timbre": of_metric(timbre.timbre),
        "harmony": of_metric(harmony.harmony),
        "likeness": of_likeness,
    }
    found = {name: areas(dealt, close) for name, close in in_folds(dealt, dealt, asked).items()}
    for name in ("timbre", "likeness"):
        assert [one.value for one in found[name]] == pytest.approx([1, 1], abs=0.01)
    assert [one.value for one in found["harmony"]] == pytest.approx([0.5, 0.5], abs=0.1)
    assert all(one.songs == 12 for one in found["timbre"])


def test_no_pair_is_judged_by_a_calibration_that_saw_either_of_its_albums(dealt):
    judged = [one for one in dealt if one.album != "album 3"]
    pairs = []

    def closeness(ours, theirs, calibration):
        own = {one.album for one in (*ours, *theirs)}
        seen = {piece.album for piece in calibration.raw}
        assert not own & seen
        assert "album 3" in seen  # what is not judged may be learned from
        pairs.append(own)
        return np.zeros((len(ours), len(theirs)))

    close = in_folds(judged, dealt, {"": closeness})[""]
    assert len(pairs) == 6
    assert np.isfinite(close[np.triu_indices(len(judged))]).all()


@pytest.mark.parametrize("metric", [timbre.timbre, rhythm.pulse, level.dynamics])
def test_all_pairs_at_once_say_what_each_pair_says(metric, dealt, calibration):
    short = dealt[1].features.take_windows(np.arange(2))  # an excerpt that ends in silence
    ours = [calibration.standardized(one) for one in (dealt[0].features, short)]
    excerpts = [type(dealt[0])("", "", 0.0, one, {}) for one in (dealt[0].features, short)]
    close = of_metric(metric)(excerpts, excerpts, calibration)
    for row, reference in enumerate(ours):
        for column, estimate in enumerate(ours):
            value = aggregate(metric, metric.pairs(reference, estimate))
            assert close[row, column] == pytest.approx(metric.closeness(np.array(value)), abs=1e-5)


def test_what_needs_more_than_an_excerpt_is_asked_of_two(dealt, calibration):
    seen = [calibration.standardized(one.features) for one in dealt[:8]]  # two songs
    close = in_pairs(timbre.mmd, seen, seen)
    known = close[::2, ::2]  # (4, 4): first and second half of either song
    assert np.isfinite(known).all()
    assert np.isfinite(close).sum() == 16
    assert min(known[0, 1], known[2, 3]) > max(known[0, 2], known[0, 3], known[1, 2])


def test_the_table_says_what_was_judged(dealt):
    text = table([("timbre", Area(0.9, 0.8, 1.0, 12), None)], dealt)
    assert text.startswith("12 songs of 4 albums, 48 excerpts of 12 s.")
    assert "| timbre | .90 [.80, 1.00] | too short | .91 / .81 |" in text
