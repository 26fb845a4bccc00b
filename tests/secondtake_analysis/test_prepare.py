import numpy as np
import pytest

from secondtake_analysis.loudness import integrated
from secondtake_analysis.noise import as_audio
from secondtake_analysis.prepare import COMMON_RATE, TARGET_LUFS, prepare

RATE = 48_000


def test_level_channels_rate_and_edges_make_no_difference(sounds):
    tone = sounds.chord((57, 60, 64), 4, RATE)
    silence = np.zeros(RATE, dtype=np.float32)
    wide = np.concatenate([silence, tone * 0.1, silence])
    one = prepare(as_audio(tone, RATE))
    other = prepare(as_audio(np.stack([wide, wide], axis=1), RATE))
    assert one and other
    assert other.lead == pytest.approx(1.0, abs=0.011)
    assert one.seconds == pytest.approx(4.0, abs=0.03)
    assert abs(one.seconds - other.seconds) < 0.03
    for prepared in (one, other):
        level = integrated(prepared.samples, COMMON_RATE)
        assert level == pytest.approx(TARGET_LUFS, abs=0.1)


def test_silence_and_a_click_have_nothing_to_compare(sounds):
    assert prepare(as_audio(np.zeros(RATE, np.float32), RATE)) is None
    assert prepare(as_audio(sounds.sine(440, 0.2, rate=RATE), RATE)) is None
