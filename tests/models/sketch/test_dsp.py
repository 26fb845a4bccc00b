"""Filters on tones."""

import numpy as np
import pytest

from secondtake.models.sketch.dsp import (
    SAMPLE_RATE,
    band,
    convolved,
    filtered,
    highpass,
    smooth_size,
)


def tone(hertz: float) -> np.ndarray:
    """Half a second in two channels."""
    wave = np.sin(2 * np.pi * hertz * np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE)
    return np.stack((wave, -wave), axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("response", "hertz", "gain"),
    [
        (highpass(200), 50, 0.0), (highpass(200), 200, 0.7071), (highpass(200), 1000, 1.0),
        (band(500, 2000), 100, 0.0), (band(500, 2000), 1000, 1.0), (band(500, 2000), 500, 0.5),
        (band(500, 2000), 8000, 0.0),
    ],
)  # fmt: skip
def test_a_filter_has_its_gain_and_no_delay(response, hertz: float, gain: float) -> None:
    middle = slice(8000, 14_000)
    result = filtered(tone(hertz), response)
    assert result.shape == tone(hertz).shape and result.dtype == np.float32
    assert result[middle] == pytest.approx(gain * tone(hertz)[middle], abs=0.02)


def test_convolution_is_convolution() -> None:
    rng = np.random.default_rng(0)
    signal, impulse = rng.standard_normal((500, 2)), rng.standard_normal((40, 2))
    expected = [np.convolve(s, i)[:500] for s, i in zip(signal.T, impulse.T, strict=True)]
    assert convolved(signal, impulse) == pytest.approx(np.stack(expected, axis=1), abs=1e-4)


@pytest.mark.parametrize("frames", [1, 2, 3, 7, 1000, 44_100, 7_938_000])
def test_sizes_are_quick_to_transform_and_hardly_longer(frames: int) -> None:
    size = smooth_size(frames)
    assert frames <= size <= max(1.34 * frames, 2)
    while size % 2 == 0:
        size //= 2
    assert size in (1, 3, 5)
