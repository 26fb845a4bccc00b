"""The windows of a take, for any length."""

import pytest

from secondtake.models.musicgen.windows import OVERLAP, STRIDE, WINDOW, Window, split_windows


@pytest.mark.parametrize("frames", [1, 25, 610, WINDOW])
def test_what_the_model_was_trained_on_is_one_window(frames: int) -> None:
    assert list(split_windows(frames)) == [Window(0, 0, frames)]


@pytest.mark.parametrize("frames", [WINDOW + 1, WINDOW + STRIDE, WINDOW + STRIDE + 1, 3000, 30_000])
def test_longer_takes_go_on_without_gap_or_overlap(frames: int) -> None:
    parts = list(split_windows(frames))
    end = 0
    for part in parts:
        assert part.start + part.prefix == end  # what is new begins where the last one ended
        assert part.prefix == (OVERLAP if end else 0)
        assert part.prefix < part.frames <= WINDOW
        end = part.start + part.frames
    assert end == frames
    assert all(part.frames == WINDOW for part in parts[:-1])


def test_the_longest_take_has_as_many_windows_as_18_s_steps_need() -> None:
    assert len(list(split_windows(600 * 50))) == 1 + -(-(600 - 30) // 18)
