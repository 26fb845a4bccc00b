import numpy as np
import pytest

from secondtake_analysis.naive.autocorrelation import mean_autocorrelation

LENGTH = 60
RANDOM = np.random.default_rng(0)
ONSETS = np.maximum(0, RANDOM.standard_normal(400))
LATE = np.where(np.arange(400) < 250, 0, ONSETS)
FADED_IN = np.where(np.arange(400) < 250, 1e-6 * RANDOM.random(400), ONSETS)


@pytest.mark.parametrize(
    "signal", [ONSETS, LATE, FADED_IN, ONSETS[:LENGTH], ONSETS[:61]], ids=range(5)
)
def test_as_the_definition_says(signal):
    assert mean_autocorrelation(signal, LENGTH) == pytest.approx(_defined(signal), abs=1e-9)


def test_silence_is_like_nothing():
    assert not mean_autocorrelation(np.zeros(100), LENGTH).any()


def _defined(signal: np.ndarray) -> np.ndarray:
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(LENGTH) / LENGTH)
    stretches = np.lib.stride_tricks.sliding_window_view(signal, LENGTH) * window
    found = [np.correlate(one, one, "full")[LENGTH - 1 :] for one in stretches if one.any()]
    return np.sum([one / one[0] for one in found], axis=0) / len(stretches)
