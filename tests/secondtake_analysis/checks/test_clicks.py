import numpy as np
import pytest

from secondtake_analysis.checks.clicks import clicks, find_clicks

RATE = 44_100


@pytest.mark.parametrize("at", [0.5, 1.2345])
def test_a_jump_of_one_sample_is_found_where_it_is(sounds, at):
    samples = sounds.pink(2, RATE)[:, None] * np.float32(0.2)
    samples[round(at * RATE)] += 0.5
    [found] = find_clicks(samples, RATE)
    assert found == pytest.approx(at, abs=0.011)
    check = clicks(samples, RATE)
    assert (check.verdict, check.figure) == ("pass", 1)
    assert "sharp attacks" in check.note


def test_a_step_and_one_in_the_other_channel_count_too(sounds):
    left = sounds.sine(220, 2, 0.4, RATE)
    right = left.copy()
    right[RATE:] += 0.3
    assert len(find_clicks(np.stack([left, right], axis=1), RATE)) == 1


def test_noise_tones_and_bursts_do_not_click(sounds):
    burst = sounds.clicks(120, 2, RATE)
    for samples in (sounds.pink(2, RATE), sounds.sine(5000, 2, 0.9, RATE), burst, burst[:9]):
        assert find_clicks(samples[:, None], RATE) == []
