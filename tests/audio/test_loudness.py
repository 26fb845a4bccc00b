import numpy as np
import pytest
from pyloudnorm import Meter
from scipy.signal import lfilter

from secondtake.audio import loudness
from secondtake.audio.loudness import SURROUND, filters, lufs, weighted


def test_at_48_khz_they_are_the_printed_ones():
    """ITU-R BS.1770-4, tables 1 and 2."""
    shelf, cut = filters(48_000)
    assert shelf.b == pytest.approx(
        (1.53512485958697, -2.69169618940638, 1.19839281085285), abs=1e-13
    )
    assert shelf.a == pytest.approx((1, -1.69065929318241, 0.73248077421585), abs=1e-13)
    assert cut.b == (1, -2, 1)
    assert cut.a == pytest.approx((1, -1.99004745483398, 0.99007225036621), abs=1e-13)


RATE = 48_000


def test_a_sine_of_997_hz_at_minus_23_dbfs_in_two_channels_is_minus_23_lufs(sounds):
    """EBU Tech 3341, case 1 (its tolerance is 0.1 LU)."""
    sine = sounds.sine(1000, 20, 10 ** (-23 / 20), RATE)
    assert loudness.integrated(np.stack([sine, sine], axis=1), RATE) == pytest.approx(-23, abs=0.1)


def test_a_full_scale_sine_of_997_hz_in_one_channel_is_minus_3_01_lufs(sounds):
    sine = sounds.sine(997, 4, 1.0, 44_100)
    samples = np.stack([sine, 0 * sine], axis=1)
    assert loudness.integrated(samples, 44_100) == pytest.approx(-3.01, abs=0.05)


def test_silence_does_not_count(sounds):
    sine = sounds.sine(997, 4, 0.1, RATE)
    padded = np.concatenate([sine, np.zeros_like(sine)])
    alone = loudness.integrated(sine, RATE)
    assert loudness.integrated(padded, RATE) == pytest.approx(alone, abs=0.3)


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


@pytest.mark.parametrize("rate", [24_000, 44_100, 48_000])
@pytest.mark.parametrize("seconds", [0.35, 0.8, 7.3])
def test_as_filtered_sample_by_sample(sounds, rate, seconds):
    swelling = sounds.pink(seconds, rate) * np.linspace(0, 0.5, round(seconds * rate))
    samples = np.stack([swelling, 0.3 + sounds.sine(60, seconds, rate=rate)], axis=1)
    powers = weighted(samples.astype(np.float32), rate)
    assert powers == pytest.approx(_sample_by_sample(samples, rate), rel=1e-4)


def test_the_loudness_is_that_of_pyloudnorm(sounds):
    noise = sounds.pink(5, 44_100) * np.float32(0.1)
    meter = Meter(44_100, filter_class="DeMan", block_size=0.4)
    middle = noise[: 4 * 44_100]  # full steps only, and no gate that closes
    ours = lufs(weighted(middle, 44_100)[4:].mean())
    assert float(ours) == pytest.approx(meter.integrated_loudness(middle[17_640:]), abs=0.05)


def test_silence_behind_a_loud_sound_is_silent():
    samples = np.pad(np.ones(48_000, np.float32), (0, 96_000))
    assert lufs(weighted(samples, 48_000)[15:]).max() < -110


def test_the_channels_behind_count_more(sounds):
    sine = sounds.sine(1000, 1, rate=48_000)
    alone = [np.zeros((48_000, 6), np.float32) for _ in range(6)]
    for place, samples in enumerate(alone):
        samples[:, place] = sine
    powers = np.array([weighted(samples, 48_000).mean() for samples in alone])
    assert powers / powers[0] == pytest.approx([*SURROUND, 1])


def test_shorter_than_a_step_has_no_power():
    assert len(weighted(np.zeros((4_799, 2), np.float32), 48_000)) == 0
    assert len(weighted(np.zeros(0, np.float32), 48_000)) == 0


def _sample_by_sample(samples: np.ndarray, rate: int) -> np.ndarray:
    """By pyloudnorm's coefficients and scipy's recursion, in float64."""
    for stage in Meter(rate, filter_class="DeMan")._filters.values():
        samples = lfilter(stage.b, stage.a, samples, axis=0)
    step = rate // 10
    count = len(samples) // step
    return (samples[: count * step].reshape(count, step, 2) ** 2).mean(axis=1).sum(axis=1)
