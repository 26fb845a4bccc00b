import json
from dataclasses import asdict

import librosa
import numpy as np
import pytest
from soundfile import write
from tests.analysis.dsp.frozen import FILE, NATIVE, SOUNDS, librosas

from secondtake.analysis.audio_io import as_audio, read
from secondtake.analysis.dsp.first_study import (
    chroma_cosine,
    first_study_row,
    mfcc_cosine,
    pink_noise,
)

pytestmark = pytest.mark.e2e  # compiles librosa where nobody has yet
FROZEN = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def row(sounds):
    """A 1000 Hz sine of peak 0.5 for 2 s at 24 kHz, in two unequal channels."""
    sine = sounds.sine(1000, 2, 1.0, NATIVE)
    return first_study_row(as_audio(np.stack([sine * 0.4, sine * 0.6], axis=1), NATIVE))


def test_a_sine_has_the_textbook_figures(row):
    assert (row.duration, row.sample_rate) == (2.0, NATIVE)
    assert row.spectral_centroid == pytest.approx(1000, rel=0.03)
    assert row.zero_crossing_rate == pytest.approx(2000 / NATIVE, rel=0.03)
    assert row.rms == pytest.approx(0.5 / np.sqrt(2), rel=0.03)
    assert len(row.mfcc) == 13
    assert int(np.argmax(row.chroma)) == 11  # B5 is 988 Hz


def test_the_cosines_and_what_they_are_worth(row, sounds):
    noise = first_study_row(as_audio(sounds.pink(2, NATIVE), NATIVE))
    assert mfcc_cosine(row, row) == pytest.approx(1)
    assert chroma_cosine(row, row) == pytest.approx(1)
    other = first_study_row(as_audio(sounds.pink(2, 48_000, seed=2), 48_000))
    assert chroma_cosine(noise, other) > 0.95  # different noises pass for the same notes


def test_silence_has_a_row(sounds):
    silent = first_study_row(as_audio(np.zeros(NATIVE, np.float32), NATIVE))
    assert silent.tempo == silent.spectral_centroid == silent.zero_crossing_rate == silent.rms == 0
    assert silent.chroma == (0,) * 12


@pytest.mark.parametrize("sound", SOUNDS)
def test_every_figure_is_librosas(sound):
    samples, rate = SOUNDS[sound]()
    _same(asdict(first_study_row(as_audio(samples, rate))), FROZEN[sound])


@pytest.mark.e2e
@pytest.mark.filterwarnings("ignore:n_fft=2048 is too large")  # for a blip, which librosa pads
@pytest.mark.parametrize("sound", SOUNDS)
def test_the_frozen_figures_are_librosas(sound):
    _same(librosas(*SOUNDS[sound]()), FROZEN[sound])


def _same(actual: dict, expected: dict) -> None:
    assert actual["tempo"] == pytest.approx(expected["tempo"], rel=1e-12)
    for name in ("spectral_centroid", "zero_crossing_rate", "rms"):
        assert actual[name] == pytest.approx(expected[name], rel=1e-3)
    assert actual["mfcc"] == pytest.approx(expected["mfcc"], rel=1e-3, abs=1e-3)
    assert actual["chroma"] == pytest.approx(expected["chroma"], rel=1e-3)


def test_a_pair_of_files_has_the_figures_of_librosa_itself(tmp_path, sounds):
    """Stereo at 48 kHz against mono at 24 kHz, as the study loaded and compared them."""
    verse = sounds.pink(3, 48_000) * 0.1 + sounds.chord((57, 60, 64), 3, 48_000)
    write(tmp_path / "suno.wav", np.stack([verse, verse * 0.5], axis=1), 48_000, "FLOAT")
    write(tmp_path / "bark.wav", sounds.babble(3, NATIVE), NATIVE, "FLOAT")
    rows, means = [], []
    for path in (tmp_path / "suno.wav", tmp_path / "bark.wav"):
        samples, rate = librosa.load(path, sr=None, mono=True)
        rows.append(first_study_row(read(path)))
        mfcc = librosa.feature.mfcc(y=samples, sr=rate, n_mfcc=13).mean(axis=1)
        chroma = librosa.feature.chroma_stft(y=samples, sr=rate).mean(axis=1)
        means.append((mfcc, chroma))
        figures = asdict(rows[-1])
        centroid = librosa.feature.spectral_centroid(y=samples, sr=rate).mean()
        assert figures["spectral_centroid"] == pytest.approx(centroid, rel=1e-3)
        crossings = librosa.feature.zero_crossing_rate(samples).mean()
        assert figures["zero_crossing_rate"] == pytest.approx(crossings, rel=1e-3)
        assert figures["rms"] == pytest.approx(librosa.feature.rms(y=samples).mean(), rel=1e-3)
    cosines = [
        float(ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs))
        for ours, theirs in zip(*means, strict=True)
    ]
    assert mfcc_cosine(*rows) == pytest.approx(cosines[0], abs=1e-4)
    assert chroma_cosine(*rows) == pytest.approx(cosines[1], abs=1e-4)


def test_every_octave_has_the_same_power():
    noise = pink_noise(10, 44_100)
    power = np.abs(np.fft.rfft(noise)) ** 2
    frequencies = np.fft.rfftfreq(len(noise), 1 / 44_100)
    octaves = [
        10 * np.log10(power[(frequencies >= low) & (frequencies < 2 * low)].sum())
        for low in (100, 200, 400, 800, 1600, 3200, 6400)
    ]
    assert np.ptp(octaves) < 1.0
    assert np.abs(noise).max() == pytest.approx(0.5)


def test_the_same_everywhere():
    assert np.array_equal(pink_noise(1, 8000), pink_noise(1, 8000))
