"""A stretch set into a take: the rest is the take's to the sample, in the wav too."""

import wave

import numpy as np
import pytest

from secondtake.core.wav import write_wav
from secondtake.models.ace_step.splice import find_stretch, joint_levels, splice

RATE = 8000
FADE = 400  # frames of a crossfade
LENGTH = 2 * RATE


def noise(seed, level, frames=LENGTH):
    rng = np.random.default_rng(seed)
    return (level * rng.uniform(-1, 1, (frames, 2))).astype(np.float32)


@pytest.fixture
def take(tmp_path):
    """A take as it is written, and its samples as they are read."""
    path = tmp_path / "take.wav"
    write_wav(path, noise(1, 1.0), RATE)
    return pcm(path), pcm(path).astype(np.float32) / np.float32(32767)


def pcm(path):
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (0.5, 1.2, 4000 - FADE, 9600 + FADE),
        (0.0, 0.7, 0, 5600 + FADE),  # no crossfade at an edge
        (0.02, 0.7, 0, 5600 + FADE),  # a shorter one where there is less room
        (1.5, 2.0, 12_000 - FADE, LENGTH),
        (1.5, 1.97, 12_000 - FADE, LENGTH),
        (0.0, 2.0, 0, LENGTH),
    ],
)
def test_outside_the_stretch_and_its_crossfades_nothing_differs(
    take, tmp_path, start, end, first, last
):
    before, original = take
    samples, gain = splice(original, noise(2, 0.9), start, end, RATE)
    assert gain == 0 and samples.shape == original.shape and samples.dtype == np.float32
    assert write_wav(tmp_path / "repaint.wav", samples, RATE) == ()
    differ = np.flatnonzero((pcm(tmp_path / "repaint.wav") != before).any(1))
    assert first <= differ.min() < first + 40 and last - 40 < differ.max() + 1 <= last
    inside = slice(round(start * RATE), round(end * RATE))
    assert np.array_equal(samples[inside], noise(2, 0.9)[inside])


def test_a_take_is_continued_to_the_new_length(take):
    _, original = take
    longer = noise(3, 0.9, 3 * RATE)
    for start in (2.0, 1.9):
        samples, _ = splice(original, longer, start, 3.0, RATE)
        first = round(start * RATE)
        assert len(samples) == 3 * RATE and np.array_equal(samples[first:], longer[first:])
        assert np.array_equal(samples[: first - FADE], original[: first - FADE])


def test_where_both_agree_a_crossfade_is_not_heard(take):
    _, original = take
    samples, _ = splice(original, original, 0.5, 1.0, RATE)
    assert np.abs(samples - original).max() < 1e-6


def test_levels_stay_where_they_are_alike():
    """A tone of one level on both sides: the sum of the gains is 1 all along."""
    tone = np.full((LENGTH, 2), 0.5, np.float32)
    samples, _ = splice(tone, tone * np.float32(0.9), 0.5, 1.0, RATE)
    assert samples.min() > 0.45 - 1e-6 and samples.max() <= 0.5
    assert (np.diff(samples[4000 - FADE : 4000, 0]) <= 0).all()


def test_a_stretch_beyond_full_scale_alone_is_turned_down(take, tmp_path):
    before, original = take
    new = noise(2, 0.5)
    new[6000] = 2.0, -1.0
    samples, gain = splice(original, new, 0.5, 1.2, RATE)
    assert gain == pytest.approx(-6.02, abs=0.01) and samples[6000, 0] == 1.0
    assert np.allclose(samples[5000:5500], new[5000:5500] / 2)
    assert write_wav(tmp_path / "repaint.wav", samples, RATE) == ()
    assert (pcm(tmp_path / "repaint.wav")[:3000] == before[:3000]).all()
    loud = new.copy()
    loud[100] = 9.0  # outside: it is not heard
    assert np.array_equal(splice(original, loud, 0.5, 1.2, RATE)[0], samples)


def test_the_levels_by_the_joints_are_told():
    take, new = noise(1, 0.4), noise(2, 0.4)
    new[: LENGTH // 2] *= 2
    levels = joint_levels(take, new, 0.5, 1.2, RATE)
    assert levels == {
        "start": pytest.approx(6.02, abs=0.3),
        "end": pytest.approx(0, abs=0.3),
    }
    assert joint_levels(take, new, 0.02, 1.98, RATE) == {}  # less than a crossfade
    assert joint_levels(take, noise(3, 0.4, 3 * RATE), 1.0, 3.0, RATE).keys() == {"start"}
    assert joint_levels(take, np.zeros_like(new), 0.5, 1.2, RATE) == {}


def test_silence_stays_silence():
    samples, gain = splice(np.zeros((LENGTH, 2)), np.zeros((LENGTH, 2)), 0.5, 1.0, RATE)
    assert gain == 0 and not samples.any()


def test_gains_rise_and_fall_alike():
    gains = find_stretch(LENGTH, LENGTH, 0.5, 1.0, RATE).gains[:, 0]
    assert len(gains) == 4000 + 2 * FADE and np.allclose(gains, gains[::-1])
    assert np.allclose(gains[:FADE] + gains[:FADE][::-1], 1) and (gains[FADE:-FADE] == 1).all()
