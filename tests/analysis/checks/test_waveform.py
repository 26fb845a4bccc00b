import numpy as np
import pytest

from secondtake.analysis.checks import waveform
from secondtake.analysis.checks.waveform import clicks

RATE = 44_100


@pytest.mark.parametrize("at", [0.5, 1.2345])
def test_a_jump_of_one_sample_is_a_hint_that_says_where(sounds, at):
    samples = sounds.pink(2, RATE)[:, None] * np.float32(0.2)
    samples[round(at * RATE)] += 0.5
    check = clicks(samples, RATE)
    assert (check.verdict, check.figure) == ("pass", 1)
    assert check.note.startswith(f"at {at // 0.01 / 100:.2f} s; sharp attacks")


def clipped(samples: np.ndarray, at: float) -> np.ndarray:
    return np.clip(samples, -at, at)[:, None]


def test_a_clean_signal_has_none(sounds):
    for samples in (sounds.sine(440, 1, 0.99, RATE), sounds.pink(3, RATE)):
        assert waveform.full_scale(samples[:, None]).figure == 0
        assert waveform.flat_tops(samples[:, None]).figure == 0


def test_a_clipped_sine_is_found_by_both_rules_and_fails(sounds):
    samples = clipped(sounds.sine(440, 1, 2.0, RATE), 1.0)
    # a sine of twice full scale is above it for 2/3 of the time
    for check in (waveform.full_scale(samples), waveform.flat_tops(samples)):
        assert check.figure == pytest.approx(RATE * 2 / 3, rel=0.02)
    assert waveform.full_scale(samples).verdict == "warn"
    assert waveform.flat_tops(samples).verdict == "fail"


def test_turned_down_after_clipping_only_flat_tops_see_it(sounds):
    samples = clipped(sounds.sine(440, 1, 2.0, RATE), 1.0) * np.float32(0.3)
    assert waveform.full_scale(samples).figure == 0
    assert waveform.flat_tops(samples).verdict == "fail"


def test_a_single_clipped_crest_warns(sounds):
    samples = sounds.pink(2, RATE)[:, None]
    samples[1000:1006] = 0.7
    check = waveform.flat_tops(samples)
    assert (check.verdict, check.figure) == ("warn", 6)


def test_one_channel_is_enough(sounds):
    clean, hard = sounds.pink(1, RATE), clipped(sounds.sine(440, 1, 2.0, RATE), 0.5)[:, 0]
    assert waveform.flat_tops(np.stack([clean, hard], axis=1)).verdict == "fail"


def test_silence_does_not_clip():
    assert waveform.flat_tops(np.zeros((1000, 2), np.float32)).figure == 0


@pytest.mark.parametrize(
    ("seconds", "verdict", "said"),
    [(0.0, "pass", False), (0.0002, "pass", True), (0.01, "warn", True)],
)
def test_a_few_samples_at_full_scale_are_a_hint_and_more_warn(sounds, seconds, verdict, said):
    samples = sounds.sine(440, 2, 0.5, RATE)[:, None]
    samples[1000 : 1000 + round(seconds * RATE)] = 1.0
    check = waveform.full_scale(samples)
    assert (check.verdict, bool(check.note)) == (verdict, said)


@pytest.mark.parametrize(("peak", "said"), [(0.85, False), (0.95, True)])
def test_true_peak_above_minus_one_is_a_hint(sounds, peak, said):
    check = waveform.true_peak(sounds.sine(997, 1, peak, RATE)[:, None])
    assert (check.verdict, bool(check.note)) == ("pass", said)
    assert check.source == "EBU R 128"
    assert check.figure == pytest.approx(20 * np.log10(peak), abs=0.1)
