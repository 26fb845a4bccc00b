"""Peaks and spectrograms of sounds whose shape is known."""

import io

import numpy as np
import pytest
from PIL import Image
from tests.sounds import Sounds

from secondtake.analysis.listening.clip_audio import CLIP_RATE
from secondtake.analysis.listening.clip_pictures import (
    COLUMNS_PER_SECOND,
    MOST_COLUMNS,
    PEAK_COLUMNS,
    peak_columns,
    spectrogram_png,
)
from secondtake.core.listening_file import SPECTROGRAM_ROWS, spectrogram_height

LARGEST = 60_000  # bytes


def stereo(samples: np.ndarray) -> np.ndarray:
    return np.stack([samples, samples], axis=1)


def opacity(data: bytes) -> np.ndarray:
    """0 clear to 255, (rows, columns), the lowest frequency last."""
    image = Image.open(io.BytesIO(data))
    assert image.mode == "P"
    pixels = np.asarray(image.convert("RGBA"))
    assert set(pixels[..., :3].ravel()) == {128}  # one grey
    return pixels[..., 3]


def columns(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.int8).reshape(-1, 2)


def test_peaks_are_the_least_and_greatest_of_both_channels() -> None:
    samples = np.zeros((CLIP_RATE, 2), np.float32)
    samples[0, 0], samples[1, 1], samples[-1, 0] = 0.5, -1.0, 1.0
    low, high = columns(peak_columns(samples)).T
    assert len(low) == PEAK_COLUMNS
    assert (low[0], high[0]) == (-127, 64) and (low[-1], high[-1]) == (0, 127)
    assert not low[1:].any() and not high[1:-1].any()


def test_no_sample_is_left_out_of_the_peaks_and_none_wraps_around() -> None:
    samples = np.full((PEAK_COLUMNS + 7, 2), 0.1, np.float32)
    for place in range(0, len(samples), 97):
        samples[:] = 0.1
        samples[place] = 1.4
        assert columns(peak_columns(samples))[:, 1].max() == 127
    assert len(columns(peak_columns(samples[:3]))) == 3


@pytest.mark.parametrize("hertz", [60, 250, 1000, 4000, 12_000])
def test_a_tone_stands_at_its_height(sounds: type[Sounds], hertz: float) -> None:
    tone = stereo(sounds.sine(hertz, 2, rate=CLIP_RATE))
    picture = opacity(spectrogram_png(tone))
    assert picture.shape == (SPECTROGRAM_ROWS, 2 * COLUMNS_PER_SECOND)
    row = int(picture[:, 4:-4].mean(axis=1).argmax())
    height = 1 - (row + 0.5) / SPECTROGRAM_ROWS
    assert height == pytest.approx(spectrogram_height(hertz), abs=1 / SPECTROGRAM_ROWS)


def test_a_click_stands_in_its_column(sounds: type[Sounds]) -> None:
    for channel in (0, 1):
        samples = np.zeros((5 * CLIP_RATE, 2), np.float32)
        samples[round(3.2 * CLIP_RATE), channel] = 0.9
        picture = opacity(spectrogram_png(samples))
        assert picture.shape[1] == 5 * COLUMNS_PER_SECOND
        sounding = np.flatnonzero(picture.max(axis=0) > 128)
        assert sounding.mean() + 0.5 == pytest.approx(3.2 * COLUMNS_PER_SECOND, abs=1)
        assert len(sounding) <= 4


def test_no_sound_falls_between_the_columns_of_a_long_clip() -> None:
    """Two minutes: a tenth of a second a column, more than one frame in its middle would see."""
    samples = np.zeros((120 * CLIP_RATE, 2), np.float32)
    samples[9600 - 1 :: 9600] = 0.9  # at the end of every other column
    picture = opacity(spectrogram_png(samples))
    assert picture.shape == (SPECTROGRAM_ROWS, MOST_COLUMNS)
    pairs = picture.max(axis=0).reshape(-1, 2).max(axis=1)
    assert (pairs > 128).all()


def test_silence_and_dither_are_clear() -> None:
    random = np.random.default_rng(1)
    dither = random.integers(-1, 2, size=(CLIP_RATE, 2)).astype(np.float32) / 32768
    assert not opacity(spectrogram_png(np.zeros((CLIP_RATE, 2), np.float32))).any()
    assert not opacity(spectrogram_png(dither)).any()


@pytest.mark.parametrize("seconds", [0.001, 0.0376, 14, 31])
def test_the_picture_of_any_length_is_small_and_always_the_same(seconds: float) -> None:
    noise = np.random.default_rng(2).standard_normal((round(seconds * CLIP_RATE), 2)) * 0.2
    data = spectrogram_png(noise.astype(np.float32))
    assert len(data) < LARGEST
    assert opacity(data).shape[1] == min(MOST_COLUMNS, max(1, round(seconds * 40)))
    assert spectrogram_png(noise.astype(np.float32)) == data


def test_quieter_is_clearer(sounds: type[Sounds]) -> None:
    """35 dB less is half the range; 80 dB less is nothing."""
    tone = sounds.sine(1000, 1, peak=0.5, rate=CLIP_RATE)
    steps = np.concatenate([tone, tone * 10 ** (-35 / 20), tone * 10 ** (-80 / 20)])
    row = opacity(spectrogram_png(stereo(steps))).max(axis=0)
    assert row[[20, 60, 100]].tolist() == [255, pytest.approx(128, abs=17), 0]
