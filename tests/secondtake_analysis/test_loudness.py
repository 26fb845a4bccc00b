import numpy as np
import pytest

from secondtake_analysis import loudness

RATE = 48_000


def test_a_sine_of_997_hz_at_minus_23_dbfs_in_two_channels_is_minus_23_lufs(sounds):
    """EBU Tech 3341, case 1 (its tolerance is 0.1 LU)."""
    sine = sounds.sine(1000, 20, 10 ** (-23 / 20), RATE)
    assert loudness.integrated(np.stack([sine, sine], axis=1), RATE) == pytest.approx(-23, abs=0.1)


def test_loudness_range_of_two_levels_is_their_difference(sounds):
    """EBU Tech 3342, case 1: 20 s at -20 and 20 s at -30 dBFS have 10 LU (tolerance 1)."""
    loud, soft = (sounds.sine(1000, 20, 10 ** (level / 20), RATE) for level in (-20, -30))
    both = np.concatenate([loud, soft])
    assert loudness.loudness_range(np.stack([both, both], axis=1), RATE) == pytest.approx(10, abs=1)


def test_too_short_or_silent_has_no_loudness(sounds):
    assert loudness.integrated(sounds.sine(1000, 0.3, rate=RATE), RATE) is None
    assert loudness.integrated(np.zeros(RATE, dtype=np.float32), RATE) is None
    assert loudness.loudness_range(sounds.sine(1000, 9, rate=RATE), RATE) is None


def test_edges_are_found_to_a_block(sounds):
    silence = np.zeros(RATE // 2, dtype=np.float32)
    samples = np.concatenate([silence, sounds.sine(440, 1, rate=RATE), silence, silence])
    assert loudness.edges(samples, RATE) == pytest.approx((0.5, 1.0), abs=0.011)


def test_silence_is_all_edge():
    assert loudness.edges(np.zeros(RATE, dtype=np.float32), RATE) == (1.0, 1.0)


def test_block_levels_measure_the_loudest_channel_and_the_last_part_block(sounds):
    sine = sounds.sine(1000, 1.005, 1.0, RATE)
    levels = loudness.block_levels(np.stack([sine, sine * 0], axis=1), RATE)
    assert len(levels) == 101
    assert levels == pytest.approx(np.full(101, -3.01), abs=0.05)
