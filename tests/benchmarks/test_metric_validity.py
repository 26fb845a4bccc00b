from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from benchmarks.analysis import metric_validity as page
from benchmarks.analysis.excerpts import Excerpt
from benchmarks.analysis.metric_validity import areas, measured, one_by_one, summed_up, table
from tests.benchmarks.dealt import deal, material

from secondtake.analysis.features.corpus import Piece, ReferenceCorpus
from secondtake.analysis.features.extract import Features
from secondtake.analysis.metrics import harmony, level, rhythm, timbre
from secondtake.analysis.metrics.metric import Metric
from secondtake.analysis.metrics.overall import BIAS, NEUTRAL, PARTS
from secondtake.analysis.metrics.scoring import aggregate

WEIGHTS = {BIAS: 0.0} | {part.name: float(part.name == "embedding") for part in PARTS}
WEIGHTS |= {NEUTRAL + part.name: 0.0 for part in PARTS}


@pytest.fixture(scope="module")
def corpus(dealt: list[Excerpt]) -> ReferenceCorpus:
    found = ReferenceCorpus.of([Piece(each.song, each.album, each.features) for each in dealt])
    return replace(found, weights=WEIGHTS)


@pytest.fixture(scope="module")
def rows(dealt: list[Excerpt], corpus: ReferenceCorpus) -> list[Features]:
    """Three songs of two halves, and a stretch that ends in silence."""
    listed = [*dealt[:6], dealt[6].cut(2)]
    return [corpus.standardized(each.features) for each in listed]


def test_songs_are_told_apart_by_what_they_are_and_not_by_what_was_drawn_by_lot(
    dealt: list[Excerpt], corpus: ReferenceCorpus
) -> None:
    rows = measured([each.cut(4) for each in dealt], corpus)
    found: dict[str, Any] = {name: areas for name, *areas in rows}
    for name in ("timbre", "embedding", "likeness", "spectral balance"):
        far, near, decided = found[name]
        assert (far.value, near.value, decided) == pytest.approx((1, 1, 1), abs=0.01), name
        assert far.songs == 12
    for name in ("harmony", "naive mfcc cosine", "naive chroma cosine"):
        assert found[name][0].value == pytest.approx(0.5, abs=0.15), name


def test_a_maker_is_no_stranger_and_another_take_of_the_song_neither(dealt: list[Excerpt]) -> None:
    """All of a maker sound alike; the second song of each is another take of the first."""
    takes = [
        replace(e, material=replace(e.material, group=f"take {e.album}" if n % 6 < 4 else ""))
        for n, e in enumerate(dealt)
    ]
    albums = np.array([each.album for each in takes])
    close = (albums[:, None] == albums[None, :]).astype(float)
    far, near, decided = areas(takes, close)
    assert far is not None and near is not None
    assert (far.value, near.value, decided) == (1, 0.5, 1)
    another_take = np.array([e.material.group or e.song for e in takes])
    close = (another_take[:, None] == another_take[None, :]).astype(float)
    _, near, _ = areas(takes, close)
    assert near is not None and near.value == 1  # the take itself is in neither kind of pairs


def test_the_decided_share_leaves_out_pairs_that_nobody_asks_about(dealt: list[Excerpt]) -> None:
    close = np.ones((4, 4))
    close[0, 2] = close[2, 0] = np.nan
    np.fill_diagonal(close, np.nan)
    *_, decided = areas(dealt[:4], close)
    assert decided == pytest.approx(10 / 12)


@pytest.mark.parametrize("metric", [timbre.timbre, rhythm.pulse, level.dynamics])
def test_all_pairs_at_once_say_what_each_pair_says(metric: Metric, rows: list[Features]) -> None:
    assert metric.pairs is not None
    close = summed_up(metric, rows)
    for row, reference in enumerate(rows):
        for column, estimate in enumerate(rows):
            value = aggregate(metric, metric.pairs(reference, estimate))
            assert close[row, column] == pytest.approx(metric.closeness(np.array(value)), abs=1e-5)


def test_what_needs_more_windows_than_a_stretch_has_is_undecided(rows: list[Features]) -> None:
    close = one_by_one(timbre.mmd, rows)
    assert np.isnan(close[-1]).all() and np.isnan(close[:, -1]).all()
    assert np.isfinite(close[:-1, :-1]).all()
    assert min(close[0, 1], close[2, 3]) > max(close[0, 2], close[0, 4], close[1, 3])


def test_without_a_key_the_harmony_says_nothing(rows: list[Features]) -> None:
    flat = replace(rows[1], chroma=np.ones_like(rows[1].chroma))
    close = page._closeness(harmony.harmony, [rows[0], flat, rows[2]])
    assert np.isnan(close[1]).all() and np.isnan(close[:, 1]).all()
    assert np.isfinite(close[0, 2])


def test_the_table_says_what_was_judged(
    dealt: list[Excerpt], corpus: ReferenceCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "load_default", lambda: corpus)
    monkeypatch.setattr(page, "METRICS", (timbre.timbre, level.loudness))
    lone = deal(material("lone", "lone", "instrumental"), np.random.default_rng(1))
    sung, instrumental = table([*dealt[:12], *lone]).split("\n\n**")
    assert sung.startswith("**sung**: 6 recordings by 2 makers, excerpts of 12 s.")
    assert "| timbre | 1.00 [1.00, 1.00] | 1.00 [1.00, 1.00] | 100 % |" in sung
    assert "loudness" not in sung  # nearer is not better
    assert instrumental.startswith("instrumental**: 1 recordings by 1 makers")
    assert "| timbre | too few | too few | 100 % |" in instrumental
