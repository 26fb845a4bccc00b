import numpy as np
import pytest
from pyloudnorm import Meter
from scipy.signal import lfilter

from secondtake_analysis.loudness import lufs
from secondtake_analysis.weighting import SURROUND, weighted


@pytest.mark.parametrize("rate", [24_000, 44_100, 48_000])
@pytest.mark.parametrize("seconds", [0.35, 0.8, 7.3])
def test_as_filtered_sample_by_sample(sounds, rate, seconds):
    swelling = sounds.pink(seconds, rate) * np.linspace(0, 0.5, round(seconds * rate))
    samples = np.stack([swelling, 0.3 + sounds.sine(60, seconds, rate=rate)], axis=1)
    found = weighted(samples.astype(np.float32), rate)
    assert found == pytest.approx(_sample_by_sample(samples, rate), rel=1e-4)


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
    for one in Meter(rate, filter_class="DeMan")._filters.values():
        samples = lfilter(one.b, one.a, samples, axis=0)
    step = rate // 10
    count = len(samples) // step
    return (samples[: count * step].reshape(count, step, 2) ** 2).mean(axis=1).sum(axis=1)
