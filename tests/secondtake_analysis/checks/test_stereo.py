import numpy as np
import pytest

from secondtake_analysis.checks.stereo import correlation

RATE = 44_100


@pytest.fixture
def mixed(sounds, heard):
    """Two channels of noise with a given correlation."""

    def make(r):
        left, other = sounds.pink(2, RATE), sounds.pink(2, RATE, seed=7)
        left, other = left - left.mean(), other - other.mean()
        other = other - left * (left @ other) / (left @ left)
        other *= np.sqrt((left @ left) / (other @ other))
        return heard(np.stack([left, r * left + np.sqrt(1 - r**2) * other], axis=1))

    return make


@pytest.mark.parametrize(
    ("r", "verdict", "said"),
    [
        (0.9, "pass", ""),
        (0.999, "pass", ""),
        (0.9997, "warn", "it is mono"),
        (1.0, "warn", "it is mono"),
        (-0.2, "pass", "against each other"),
        (-0.6, "warn", "against each other"),
    ],
)
def test_correlation(mixed, r, verdict, said):
    check = correlation(mixed(r))
    assert check.figure == pytest.approx(r, abs=1e-3)
    assert check.verdict == verdict
    assert said in check.note and bool(said) == bool(check.note)


def test_one_silent_channel_warns_and_two_are_for_another_check(sounds, heard):
    sine = sounds.sine(440, 1, rate=RATE)
    silence = np.zeros_like(sine)
    check = correlation(heard(np.stack([sine, silence], axis=1)))
    assert (check.verdict, check.figure) == ("warn", None)
    assert "silent" in check.note
    assert correlation(heard(np.stack([silence, silence], axis=1))).verdict == "pass"
