"""The meter and the limiter, on signals whose answer is known."""

import numpy as np
import pytest

from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.mastering import (
    CEILING_DBTP,
    TARGET_LUFS,
    integrated,
    limited,
    mastered,
    true_peaks,
)

TIME = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE


def stereo(mono: np.ndarray) -> np.ndarray:
    return np.repeat(mono[:, None], 2, axis=1).astype(np.float32)


def test_a_full_scale_997_hz_sine_in_one_channel_reads_minus_3_01() -> None:
    signal = np.zeros((len(TIME), 2), np.float32)
    signal[:, 0] = np.sin(2 * np.pi * 997 * TIME)
    assert integrated(signal) == pytest.approx(-3.01, abs=0.05)


def test_silence_does_not_count() -> None:
    tone = stereo(0.1 * np.sin(2 * np.pi * 997 * TIME))
    padded = np.concatenate([tone, np.zeros_like(tone)])
    assert integrated(padded) == pytest.approx(integrated(tone), abs=0.3)
    assert integrated(np.zeros_like(tone)) == float("-inf")


def test_a_peak_between_the_samples_is_seen() -> None:
    tone = stereo(np.sin(2 * np.pi * SAMPLE_RATE / 4 * TIME + np.pi / 4))
    assert np.abs(tone).max() == pytest.approx(0.7071, abs=1e-3)
    assert np.median(true_peaks(tone)[5000:-5000]) == pytest.approx(1.0, abs=0.01)


def test_the_limiter_holds_the_ceiling_and_leaves_quiet_sound_alone() -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * TIME)
    tone[80_000:80_400] *= 6
    result = limited(stereo(tone))
    assert 20 * np.log10(true_peaks(result).max()) <= CEILING_DBTP + 0.05
    assert np.array_equal(result[:70_000], stereo(tone)[:70_000])


def test_mastering_reaches_the_target() -> None:
    noise = np.random.default_rng(0).standard_normal((len(TIME), 2)).astype(np.float32)
    result = mastered(noise * 0.01)
    assert integrated(result) == pytest.approx(TARGET_LUFS, abs=0.2)
    assert 20 * np.log10(true_peaks(result).max()) <= CEILING_DBTP + 0.05
