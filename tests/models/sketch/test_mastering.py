"""The limiter and the loudness, on signals whose answer is known."""

import numpy as np
import pytest

from secondtake.audio.loudness import integrated
from secondtake.audio.true_peak import true_peak
from secondtake.models.sketch.arrange import CEILING_DBTP, TARGET_LUFS, limit, master
from secondtake.models.sketch.dsp import SAMPLE_RATE

TIME = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE


def stereo(mono: np.ndarray) -> np.ndarray:
    return np.repeat(mono[:, None], 2, axis=1).astype(np.float32)


def test_the_limiter_holds_the_ceiling_and_leaves_quiet_sound_alone() -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * TIME)
    tone[80_000:80_400] *= 6
    result = limit(stereo(tone))
    assert true_peak(result) <= CEILING_DBTP + 0.05
    assert np.array_equal(result[:70_000], stereo(tone)[:70_000])


def test_mastering_reaches_the_target() -> None:
    noise = np.random.default_rng(0).standard_normal((len(TIME), 2)).astype(np.float32)
    result = master(noise * 0.01)
    assert integrated(result, SAMPLE_RATE) == pytest.approx(TARGET_LUFS, abs=0.2)
    assert true_peak(result) <= CEILING_DBTP + 0.05


def test_silence_stays_silence() -> None:
    silence = np.zeros((SAMPLE_RATE, 2), np.float32)
    assert np.array_equal(master(silence), silence)
