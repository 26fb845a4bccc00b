"""Figures of a window are figures of its own 3 s."""

import numpy as np
import pytest

from secondtake.analysis.networks.vad_f0 import F0_RATE, voice_windows

A3, E4 = 57, 64  # semitones


@pytest.fixture
def three_parts(sounds) -> np.ndarray:
    """3 s of A3, 3 s of noise, and 1.5 s of A3 followed by 1.5 s of E4."""
    low, high = (sounds.chord((note,), 1.5, F0_RATE) for note in (A3, E4))
    return np.concatenate([low, low, sounds.pink(3, F0_RATE), low, high])


def test_every_window_has_its_own_pitch(three_parts):
    figures = voice_windows(three_parts, np.array([0.0, 3.0, 6.0]))
    assert figures["voiced"] == pytest.approx([1, 0, 1], abs=0.06)
    assert figures["pitch"][0] == pytest.approx(A3, abs=0.1)
    assert np.isnan([figures["pitch"][1], figures["spread"][1]]).all()
    assert figures["spread"][0] < 0.2
    assert figures["spread"][2] == pytest.approx(E4 - A3, abs=0.2)
    assert (figures["speech"] < 0.1).all()


def test_a_window_is_where_it_starts(three_parts):
    """Half of the second window lies in the noise."""
    figures = voice_windows(three_parts, np.array([0.0, 1.5]))
    assert figures["voiced"][1] == pytest.approx(0.5, abs=0.06)
    assert figures["pitch"] == pytest.approx([A3, A3], abs=0.1)


@pytest.mark.parametrize("seconds", [0.01, 0.1, 0.49, 1.0])
def test_a_short_sound_is_one_window(sounds, seconds):
    figures = voice_windows(sounds.chord((A3,), seconds, F0_RATE), np.array([0.0]))
    assert all(one.shape == (1,) for one in figures.values())
    assert 0 <= figures["voiced"][0] <= 1
    assert np.isnan(figures["pitch"][0]) == (seconds < 0.16)  # ten frames of 16 ms
