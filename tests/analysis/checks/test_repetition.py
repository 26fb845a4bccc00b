import numpy as np
import pytest

from secondtake.analysis.checks import repetition

RATE = 44_100


@pytest.mark.parametrize("period", [1.3, 2.173, 3.0])
def test_a_copied_stretch_is_a_loop(babble, spectrogram, period):
    once = babble(period)
    check = repetition.loop(spectrogram(np.tile(once, 6)[: 12 * RATE]))
    assert check.verdict == "warn"
    assert check.figure > 0.9


@pytest.mark.parametrize("seconds", [1.5, 5.0])
def test_share_that_is_looped_is_the_figure(babble, spectrogram, seconds):
    samples = babble(12)
    count, period = round(seconds * RATE), round(1.15 * RATE)  # 50 hops
    samples[RATE : RATE + count] = np.resize(samples[RATE : RATE + period], count)
    figure = repetition.loop(spectrogram(samples)).figure
    expected = seconds / 12 if seconds >= 2.15 else 0
    assert figure == pytest.approx(expected, abs=0.03)


def test_what_never_comes_again_is_no_loop(babble, spectrogram, sounds):
    silence = np.zeros(6 * RATE)
    for samples in (babble(12), sounds.pink(8, RATE), sounds.sine(440, 6, rate=RATE), silence):
        assert repetition.loop(spectrogram(samples)).figure == 0


@pytest.mark.parametrize(("seconds", "verdict"), [(2.5, "pass"), (4.0, "warn")])
def test_a_sound_that_stands_still(babble, spectrogram, seconds, verdict):
    samples = babble(10)
    grain, count = round(0.04 * RATE), round(seconds * RATE)
    samples[2 * RATE : 2 * RATE + count] = np.resize(samples[2 * RATE : 2 * RATE + grain], count)
    check = repetition.frozen(spectrogram(samples))
    assert check.verdict == verdict
    assert check.figure == pytest.approx(seconds, abs=0.45)


def test_silence_is_not_frozen(spectrogram):
    assert repetition.frozen(spectrogram(np.zeros(5 * RATE))).figure == 0
