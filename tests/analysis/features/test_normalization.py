import numpy as np
import pytest

from secondtake.analysis.features.normalization import Standardizer


def test_dimensions_with_units_of_their_own_count_alike():
    rows = np.random.default_rng(1).normal((3, -70), (0.01, 20), (200, 2))
    standardized = Standardizer.of([rows], least=1e-3).apply(rows)
    assert standardized.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert standardized.std(axis=0) == pytest.approx([1, 1])


def test_what_hardly_ever_moves_does_not_outweigh_the_rest():
    rows = np.array([[0.0, 0.0], [1.0, 1e-6]])
    assert Standardizer.of([rows], least=0.1).scale.tolist() == [2, 10]


def songs(shake: tuple[float, ...], count: int = 40) -> list[np.ndarray]:
    """Songs that differ by 1 in every dimension, and shake by so much from window to window."""
    random = np.random.default_rng(2)
    middles = random.normal(size=(count, len(shake)))
    return [middle + random.normal(0, shake, (30, len(shake))) for middle in middles]


def inside(standard: Standardizer, recordings: list[np.ndarray]) -> np.ndarray:
    """The spread within recordings, of each dimension."""
    found = [standard.apply(one) for one in recordings]
    return np.concatenate([one - one.mean(axis=0) for one in found]).std(axis=0)


def test_what_changes_most_within_songs_then_changes_hardly_more_than_the_rest():
    recordings = songs((3, 0.3, 0.3, 0.3))
    plain, damped = Standardizer.of(recordings, 1e-3), Standardizer.of(recordings, 1e-3, axes=1)
    before, after = inside(plain, recordings), inside(damped, recordings)
    assert before[0] > 2.5 * before[1]
    assert after[0] < 1.5 * after[1]  # not quite as little: a share of the mean is mixed in
    assert after[1:] == pytest.approx(before[1:], rel=0.05)
    assert damped.within_song_axes.shape == (4, 1)
    assert abs(damped.within_song_axes[0, 0]) == pytest.approx(1, abs=0.01)
    assert 0.5 < damped.shrinkage[0] < 1


def test_where_nothing_changes_more_than_the_rest_nothing_is_damped():
    assert Standardizer.of(songs((0.5,) * 5), 1e-3, axes=2).shrinkage == pytest.approx(
        [0, 0], abs=0.1
    )


def test_few_recordings_do_not_take_everything_away():
    recordings = songs((1,) * 12, count=2)
    standard = Standardizer.of([one[:3] for one in recordings], 1e-3, axes=8)
    assert standard.shrinkage.max() < 1
    assert np.isfinite(standard.apply(recordings[0])).all()
