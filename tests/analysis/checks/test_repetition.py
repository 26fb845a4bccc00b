import numpy as np
import pytest

from secondtake.analysis.checks import repetition

RATE = 44_100


@pytest.mark.parametrize("period", [1.3, 2.173, 3.0])
def test_a_copied_stretch_is_a_loop(babble, heard, period):
    once = babble(period)
    check = repetition.loop(heard(np.tile(once, 6)[: 12 * RATE]))
    assert check.verdict == "warn"
    assert check.figure > 0.9


@pytest.mark.parametrize("seconds", [1.5, 5.0])
def test_share_that_is_looped_is_the_figure(babble, heard, seconds):
    samples = babble(12)
    count, period = round(seconds * RATE), round(1.15 * RATE)  # 50 hops
    samples[RATE : RATE + count] = np.resize(samples[RATE : RATE + period], count)
    figure = repetition.loop(heard(samples)).figure
    expected = seconds / 12 if seconds >= 2.15 else 0
    assert figure == pytest.approx(expected, abs=0.03)


def test_what_never_comes_again_is_no_loop(babble, heard, sounds):
    silence = np.zeros(6 * RATE)
    for samples in (babble(12), sounds.pink(8, RATE), sounds.sine(440, 6, rate=RATE), silence):
        assert repetition.loop(heard(samples)).figure == 0


def test_a_phrase_that_is_sung_again_a_little_differently(babble, heard):
    phrase, rest = babble(2.5), [babble(2, seed=seed) for seed in (1, 2, 3)]
    noise = np.random.default_rng(1).standard_normal(round(2.5 * RATE)) * 0.004
    again = phrase * np.linspace(0.8, 1.2, len(phrase)) + noise
    sound = heard(np.concatenate([rest[0], phrase, rest[1], again, rest[2]]))
    found = repetition.repeated(sound)
    assert found.at == pytest.approx(2.0, abs=0.3)
    assert found.later == pytest.approx(4.5, abs=0.05)
    assert found.seconds == pytest.approx(2.5, abs=0.5)


def test_different_phrases_are_no_repetition(babble, heard):
    parts = [babble(2.5, seed=seed) for seed in range(4)]
    assert repetition.repeated(heard(np.concatenate(parts))) is None
    assert repetition.repeated(heard(babble(0.5))) is None


@pytest.mark.parametrize(("seconds", "verdict"), [(2.5, "pass"), (4.0, "warn")])
def test_a_sound_that_stands_still(babble, heard, seconds, verdict):
    samples = babble(10)
    grain, count = round(0.04 * RATE), round(seconds * RATE)
    samples[2 * RATE : 2 * RATE + count] = np.resize(samples[2 * RATE : 2 * RATE + grain], count)
    check = repetition.frozen(heard(samples))
    assert check.verdict == verdict
    assert check.figure == pytest.approx(seconds, abs=0.45)


def test_silence_is_not_frozen(heard):
    assert repetition.frozen(heard(np.zeros(5 * RATE))).figure == 0


@pytest.mark.parametrize(
    ("marks", "run"), [([], (0, 0)), ([0, 0], (0, 0)), ([1, 0, 1, 1, 0], (2, 2)), ([1, 1], (0, 2))]
)
def test_longest_run(marks, run):
    assert repetition.longest_run(np.array(marks, dtype=bool)) == run
