import numpy as np
import pytest
from benchmarks.analysis import separating
from benchmarks.analysis.separating import Area

SONGS = np.repeat(np.arange(6), 4)
SAME = SONGS[:, None] == SONGS[None, :]


def area(close: np.ndarray, same: np.ndarray, other: np.ndarray, songs: np.ndarray) -> Area:
    found = separating.area(close, same, other, songs)
    assert found is not None
    return found


def test_closer_in_every_case_is_one_and_farther_in_every_case_is_nought() -> None:
    close = SAME.astype(float)
    assert area(close, SAME, ~SAME, SONGS) == Area(1.0, 1.0, 1.0, 6)
    assert area(-close, SAME, ~SAME, SONGS) == Area(0.0, 0.0, 0.0, 6)


def test_of_equal_values_half_count() -> None:
    found = area(np.zeros(SAME.shape), SAME, ~SAME, SONGS)
    assert found == Area(0.5, 0.5, 0.5, 6)


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    random = np.random.default_rng(1)
    close = random.normal(size=SAME.shape) + 0.7 * SAME
    upper = np.triu(np.ones(SAME.shape, dtype=bool), 1)
    ours, theirs = close[SAME & upper], close[~SAME & upper]
    share = np.mean(ours[:, None] > theirs[None, :])
    found = area(close, SAME, ~SAME, SONGS)
    assert found.value == pytest.approx(share)
    assert found.low < found.value < found.high


def test_what_is_unknown_does_not_count() -> None:
    close = SAME.astype(float)
    close[0, 1] = np.nan
    close[1, 0] = close[8, 4] = -5  # below the diagonal: nobody looks there
    assert area(close, SAME, ~SAME, SONGS).value == 1
    assert separating.area(np.full(SAME.shape, np.nan), SAME, ~SAME, SONGS) is None


def test_one_kind_of_pairs_has_no_area() -> None:
    assert separating.area(SAME.astype(float), SAME, np.zeros_like(SAME), SONGS) is None


def test_more_excerpts_of_the_same_songs_do_not_make_it_surer() -> None:
    def width(excerpts: int) -> float:
        songs = np.repeat(np.arange(12), excerpts)
        same = songs[:, None] == songs[None, :]
        between = np.random.default_rng(2).normal(size=(12, 12))
        close = (between + between.T)[songs][:, songs]  # a song's excerpts all say the same
        found = area(close, same, ~same, songs)
        return found.high - found.low

    assert width(8) == pytest.approx(width(4), rel=0.2)


def test_more_songs_do() -> None:
    def width(songs: int) -> float:
        numbers = np.repeat(np.arange(songs), 3)
        same = numbers[:, None] == numbers[None, :]
        close = np.random.default_rng(4).normal(size=same.shape) + same
        found = area(close, same, ~same, numbers)
        return found.high - found.low

    assert width(48) < 0.7 * width(8)


def test_it_reads_without_leading_noughts() -> None:
    assert str(Area(0.934, 0.9, 1.0, 3)) == ".93 [.90, 1.00]"
