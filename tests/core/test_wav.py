"""Wav files, read back by the standard library and by libsndfile."""

import wave

import numpy as np
import pytest
import soundfile

from secondtake.core.errors import ModelError
from secondtake.core.wav import write_wav

RATE = 8000


def sine(seconds=0.5, level=0.5, channels=1):
    time = np.arange(round(seconds * RATE)) / RATE
    tone = level * np.sin(2 * np.pi * 440 * time)
    return np.stack([tone * (1 - 0.5 * channel) for channel in range(channels)], 1).astype(
        "float32"
    )


@pytest.mark.parametrize("channels", [1, 2])
def test_samples_come_back_within_half_a_step(tmp_path, channels):
    samples = sine(channels=channels)
    assert write_wav(tmp_path / "x.wav", samples, RATE) == ()
    read, rate = soundfile.read(tmp_path / "x.wav", always_2d=True)
    assert rate == RATE and read.shape == samples.shape
    assert np.abs(read * 32768 / 32767 - samples).max() <= 0.5001 / 32767
    with wave.open(str(tmp_path / "x.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (
            channels,
            2,
            RATE,
        )


def test_full_scale_is_kept_and_does_not_wrap(tmp_path):
    samples = np.array([[1.0], [-1.0], [0.0]], "float32")
    assert write_wav(tmp_path / "x.wav", samples, RATE) == ()
    read, _ = soundfile.read(tmp_path / "x.wav", dtype="int16")
    assert read.tolist() == [32767, -32767, 0]


@pytest.mark.parametrize("peak", [1.01, 40.0, 3e38])
def test_a_take_that_is_too_loud_is_turned_down_as_a_whole(tmp_path, peak):
    samples = sine(level=1) * np.float32(peak)
    (warning,) = write_wav(tmp_path / "x.wav", samples, RATE)
    assert "above full scale" in warning
    read, _ = soundfile.read(tmp_path / "x.wav")
    expected = samples[:, 0] / np.abs(samples).max() * 0.999
    assert np.abs(read * 32768 / 32767 - expected).max() < 1e-4


def test_the_same_samples_are_the_same_bytes(tmp_path):
    for name in ("a.wav", "b.wav"):
        write_wav(tmp_path / name, sine(), RATE)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((0, 1), "float32"), r"shape \(0, 1\)"),
        (np.zeros((5, 0), "float32"), r"shape \(5, 0\)"),
        (np.zeros(5, "float32"), r"shape \(5,\)"),
        (np.zeros((5, 1, 1), "float32"), r"shape \(5, 1, 1\)"),
        (np.array([[0.0], [np.nan]], "float32"), "not finite"),
        (np.array([[0.0], [-np.inf]], "float32"), "not finite"),
        (np.ones((5, 1), "float16"), "type float16, not float32"),
        (np.ones((5, 1), "int16"), "type int16, not float32"),
    ],
)
def test_what_is_no_sound_is_a_bug_and_leaves_the_old_take(tmp_path, samples, message):
    (tmp_path / "x.wav").write_bytes(b"old")
    with pytest.raises(ModelError, match=message) as error:
        write_wav(tmp_path / "x.wav", samples, RATE)
    assert error.value.code == "bug"
    assert [path.name for path in tmp_path.iterdir()] == ["x.wav"]
    assert (tmp_path / "x.wav").read_bytes() == b"old"
