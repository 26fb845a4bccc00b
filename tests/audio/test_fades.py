"""Edges, faded."""

import numpy as np
import pytest

from secondtake.audio.fades import FADE_SECONDS, fade_edges

RATE = 1000


def test_both_edges_begin_and_end_at_nothing() -> None:
    faded = fade_edges(np.ones((100, 2), np.float32), RATE)
    assert faded.dtype == np.float32 and faded.shape == (100, 2)
    frames = round(FADE_SECONDS * RATE)
    assert faded[:frames, 0] == pytest.approx(np.arange(frames) / frames)
    assert np.array_equal(faded, faded[::-1]) and np.all(faded[frames:-frames] == 1)


@pytest.mark.parametrize("frames", [0, 1, 3])
def test_a_sound_shorter_than_its_fades_is_faded_as_far_as_it_goes(frames: int) -> None:
    sound = np.ones((frames, 1), np.float32)
    faded = fade_edges(sound, RATE)
    assert faded.shape == sound.shape and np.all(sound == 1)
    assert faded.tolist() == {0: [], 1: [[1]], 3: [[0], [1], [0]]}[frames]
