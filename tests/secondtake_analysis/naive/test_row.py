import numpy as np
import pytest

from secondtake_analysis.naive import chroma as naive_chroma
from secondtake_analysis.naive import row as naive
from secondtake_analysis.naive import spectrum as naive_spectrum
from secondtake_analysis.noise import as_audio

NATIVE = 24_000  # Hz


@pytest.fixture(scope="module")
def row(sounds):
    """A 1000 Hz sine of peak 0.5 for 2 s at 24 kHz, in two unequal channels."""
    sine = sounds.sine(1000, 2, 1.0, NATIVE)
    return naive.describe(as_audio(np.stack([sine * 0.4, sine * 0.6], axis=1), NATIVE))


@pytest.fixture(scope="module")
def band(sounds):
    """Chords a quarter-tone flat, clicks and noise that comes and goes: 6 s at 24 kHz."""
    flat = sum(sounds.sine(hz * 2 ** (-0.3 / 12), 6, 0.1, NATIVE) for hz in (220, 277.18, 329.63))
    hiss = sounds.pink(6, NATIVE) * 0.1 * np.linspace(0, 1, 6 * NATIVE)
    return (flat + hiss + sounds.clicks(100, 6, NATIVE)).astype(np.float32)


def test_a_sine_has_the_textbook_figures(row):
    assert (row.duration, row.sample_rate) == (2.0, NATIVE)
    assert row.centroid == pytest.approx(1000, rel=0.03)
    assert row.zero_crossings == pytest.approx(2000 / NATIVE, rel=0.03)
    assert row.rms == pytest.approx(0.5 / np.sqrt(2), rel=0.03)
    assert len(row.mfcc) == 20
    assert int(np.argmax(row.chroma)) == 11  # B5 is 988 Hz


def test_the_cosines_and_what_they_are_worth(row, sounds):
    noise = naive.describe(as_audio(sounds.pink(2, NATIVE), NATIVE))
    assert naive.mfcc_cosine(row, row) == pytest.approx(1)
    assert naive.chroma_cosine(row, row) == pytest.approx(1)
    other = naive.describe(as_audio(sounds.pink(2, 48_000, seed=2), 48_000))
    assert naive.chroma_cosine(noise, other) > 0.95  # different noises pass for the same notes


def test_silence_has_a_row(sounds):
    silent = naive.describe(as_audio(np.zeros(NATIVE, np.float32), NATIVE))
    assert (silent.tempo, silent.centroid, silent.zero_crossings, silent.rms) == (0, 0, 0, 0)
    assert silent.chroma == (0,) * 12


def test_the_tuning_is_found(sounds):
    flat = sounds.sine(2637 * 2 ** (-0.3 / 12), 2, 0.3, NATIVE)  # an E that is 30 cents low
    found = [naive_chroma.peaks(power, NATIVE) for power in naive_spectrum.Spectra(flat)]
    assert naive_chroma.tuning(found) == pytest.approx(-0.3, abs=0.02)


def test_block_by_block_is_as_at_once(band, monkeypatch):
    at_once = naive.describe(as_audio(band, NATIVE))
    monkeypatch.setattr(naive_spectrum, "BLOCK_HOPS", 7)
    monkeypatch.setattr(naive_spectrum, "KEPT_HOPS", 0)  # and every block transformed twice
    in_blocks = naive.describe(as_audio(band, NATIVE))
    assert in_blocks.tempo == at_once.tempo
    assert in_blocks.centroid == pytest.approx(at_once.centroid, rel=1e-5)
    assert in_blocks.mfcc == pytest.approx(at_once.mfcc, rel=1e-4, abs=1e-4)
    assert in_blocks.chroma == pytest.approx(at_once.chroma, rel=1e-4)


@pytest.mark.parametrize("sound", ["band", "clicks", "cadence", "short", "at 48 kHz", "a blip"])
def test_every_figure_is_librosas(sound, band, sounds):
    samples, rate = {
        "band": lambda: (band, NATIVE),
        "clicks": lambda: (sounds.clicks(126, 8), 22_050),
        "cadence": lambda: (sounds.cadence(57, 8), 22_050),
        "short": lambda: (band[:3000], NATIVE),
        "at 48 kHz": lambda: (sounds.clicks(90, 4, 48_000) + sounds.pink(4, 48_000), 48_000),
        "a blip": lambda: (sounds.sine(880, 0.02), 22_050),
    }[sound]()
    ours = naive.describe(as_audio(samples, rate))
    theirs = _librosas(samples, rate)
    assert ours.tempo == theirs["tempo"]
    for name in ("centroid", "zero_crossings", "rms"):
        assert getattr(ours, name) == pytest.approx(theirs[name], rel=1e-3)
    assert ours.mfcc == pytest.approx(theirs["mfcc"], rel=1e-3, abs=1e-3)
    assert ours.chroma == pytest.approx(theirs["chroma"], rel=1e-3)


def _librosas(samples: np.ndarray, rate: int) -> dict:
    """What the first study's script computes."""
    import librosa

    tempo, _ = librosa.beat.beat_track(y=samples, sr=rate)
    return {
        "tempo": float(np.atleast_1d(tempo)[0]),
        "centroid": librosa.feature.spectral_centroid(y=samples, sr=rate).mean(),
        "zero_crossings": librosa.feature.zero_crossing_rate(samples).mean(),
        "rms": librosa.feature.rms(y=samples).mean(),
        "mfcc": librosa.feature.mfcc(y=samples, sr=rate).mean(axis=1),
        "chroma": librosa.feature.chroma_stft(y=samples, sr=rate).mean(axis=1),
    }
