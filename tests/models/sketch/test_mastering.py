"""The limiter and the loudness, on signals whose answer is known."""

import numpy as np
import pytest

from secondtake.audio.loudness import integrated
from secondtake.audio.true_peak import true_peak
from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.mastering import CEILING_DBTP, TARGET_LUFS, limit, master

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


def test_strokes_over_a_soft_bed_neither_clip_nor_pump() -> None:
    """A stroke's neighbourhood is lowered for milliseconds; the bed between strokes is not."""
    bed = 0.05 * np.sin(2 * np.pi * 440 * TIME)
    strokes = np.zeros_like(bed)
    for start in range(SAMPLE_RATE // 2, len(bed), SAMPLE_RATE // 2):
        strokes[start : start + 600] = np.exp(-np.arange(600) / 100) * np.sin(np.arange(600) / 3)
    result = master(stereo(bed + strokes))
    assert true_peak(result) <= CEILING_DBTP + 0.05
    assert integrated(result, SAMPLE_RATE) == pytest.approx(TARGET_LUFS, abs=0.3)
    levels = [np.std(result[at : at + 2205]) for at in range(4410, len(bed) - 4410, 22_050)]
    assert max(levels) / min(levels) < 1.02
