import numpy as np
import pytest

from secondtake.analysis.features.normalization import Standard


def test_dimensions_with_units_of_their_own_count_alike():
    rows = np.random.default_rng(1).normal((3, -70), (0.01, 20), (200, 2))
    found = Standard.of([rows], least=1e-3).apply(rows)
    assert found.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert found.std(axis=0) == pytest.approx([1, 1])


def test_what_hardly_ever_moves_does_not_outweigh_the_rest():
    rows = np.array([[0.0, 0.0], [1.0, 1e-6]])
    assert Standard.of([rows], least=0.1).scale.tolist() == [2, 10]


def songs(shake: tuple[float, ...], count: int = 40) -> list[np.ndarray]:
    """Songs that differ by 1 in every dimension, and shake by so much from window to window."""
    random = np.random.default_rng(2)
    middles = random.normal(size=(count, len(shake)))
    return [middle + random.normal(0, shake, (30, len(shake))) for middle in middles]


def inside(standard: Standard, recordings: list[np.ndarray]) -> np.ndarray:
    """The spread within recordings, of each dimension."""
    found = [standard.apply(one) for one in recordings]
    return np.concatenate([one - one.mean(axis=0) for one in found]).std(axis=0)


def test_what_changes_most_within_songs_then_changes_hardly_more_than_the_rest():
    recordings = songs((3, 0.3, 0.3, 0.3))
    plain, damped = Standard.of(recordings, 1e-3), Standard.of(recordings, 1e-3, directions=1)
    before, after = inside(plain, recordings), inside(damped, recordings)
    assert before[0] > 2.5 * before[1]
    assert after[0] < 1.5 * after[1]  # not quite as little: a share of the mean is mixed in
    assert after[1:] == pytest.approx(before[1:], rel=0.05)
    assert damped.directions.shape == (4, 1)
    assert abs(damped.directions[0, 0]) == pytest.approx(1, abs=0.01)
    assert 0.5 < damped.damping[0] < 1


def test_where_nothing_changes_more_than_the_rest_nothing_is_damped():
    assert Standard.of(songs((0.5,) * 5), 1e-3, directions=2).damping == pytest.approx(
        [0, 0], abs=0.1
    )


def test_few_recordings_do_not_take_everything_away():
    recordings = songs((1,) * 12, count=2)
    standard = Standard.of([one[:3] for one in recordings], 1e-3, directions=8)
    assert standard.damping.max() < 1
    assert np.isfinite(standard.apply(recordings[0])).all()
