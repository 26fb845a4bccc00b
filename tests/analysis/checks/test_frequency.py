import numpy as np
import pytest
import soxr

from secondtake.analysis.checks import frequency
from secondtake.analysis.checks.frequency import correlation

RATE = 44_100


def cut(samples, top):
    """Nothing above `top` Hz any more."""
    return soxr.resample(soxr.resample(samples, RATE, 2 * top), 2 * top, RATE)


@pytest.mark.parametrize("top", [4000, 8000, 12_000, 16_000])
def test_a_cut_band_is_found_where_the_resampler_cut_it(sounds, spectrogram, top):
    # soxr passes 91 % of the band and is down by 100 dB at all of it
    hertz = frequency.edge(spectrogram(cut(sounds.pink(4, RATE), top)))
    assert 0.88 * top <= hertz <= top + 25


@pytest.mark.parametrize("make", ["pink", "tone", "chord", "steep"])
def test_what_simply_has_no_treble_is_not_cut(sounds, spectrogram, make):
    samples = {
        "pink": lambda: sounds.pink(4, RATE),
        "tone": lambda: sounds.sine(440, 4, 0.5, RATE),
        "chord": lambda: sounds.chord((57, 60, 64), 4, RATE),
        "steep": lambda: np.cumsum(sounds.pink(4, RATE)) / 1000,  # 9 dB an octave
    }[make]()
    assert frequency.edge(spectrogram(samples)) == RATE / 2


def test_silence_has_no_edge_and_no_hiss(spectrogram):
    silence = spectrogram(np.zeros(RATE))
    assert frequency.edge(silence) is None
    assert frequency.hiss(silence).figure is None
    assert frequency.model_band(silence, 20_000).verdict == "pass"


@pytest.mark.parametrize(("top", "verdict"), [(12_000, "fail"), (22_050, "pass")])
def test_a_models_band_must_be_there(sounds, spectrogram, top, verdict):
    sound = spectrogram(cut(sounds.pink(4, RATE), top))
    check = frequency.model_band(sound, 20_000)
    assert check.verdict == verdict
    assert "registry" in check.source


def test_what_a_24_khz_model_made_is_whole_at_24_khz(sounds, spectrogram):
    resampled = soxr.resample(sounds.pink(4, RATE), RATE, 24_000)
    assert frequency.model_band(spectrogram(resampled, 24_000), 12_000).verdict == "pass"


def test_any_file_that_is_cut_gets_a_hint(sounds, spectrogram):
    check = frequency.band(spectrogram(cut(sounds.pink(4, RATE), 12_000)))
    assert check.verdict == "pass"
    assert check.figure == pytest.approx(11.5, abs=0.6)
    assert "nothing above" in check.note


@pytest.mark.parametrize(("level", "verdict"), [(-80, "pass"), (-50, "warn")])
def test_noise_between_the_notes_is_hiss(sounds, spectrogram, level, verdict):
    music = np.tile(np.concatenate([sounds.sine(440, 0.5, 0.5, RATE), np.zeros(RATE // 2)]), 6)
    noise = np.random.default_rng(0).standard_normal(len(music)) * 10 ** (level / 20) * 0.35
    check = frequency.hiss(spectrogram(music + noise))
    assert check.verdict == verdict
    # of white noise, 7 of 22.05 kHz are measured: 5 dB less; the note's level is -9 dBFS
    assert check.figure == pytest.approx(level - 5, abs=1)


def test_cymbals_are_no_hiss(sounds, spectrogram):
    clicks = sounds.clicks(240, 6, RATE)
    assert frequency.hiss(spectrogram(clicks + sounds.sine(220, 6, 0.3, RATE))).verdict == "pass"


@pytest.fixture
def mixed(sounds, spectrogram):
    """Two channels of noise with a given correlation."""

    def make(r):
        left, other = sounds.pink(2, RATE), sounds.pink(2, RATE, seed=7)
        left, other = left - left.mean(), other - other.mean()
        other = other - left * (left @ other) / (left @ left)
        other *= np.sqrt((left @ left) / (other @ other))
        return spectrogram(np.stack([left, r * left + np.sqrt(1 - r**2) * other], axis=1))

    return make


@pytest.mark.parametrize(
    ("r", "verdict", "note"),
    [
        (0.9, "pass", ""),
        (0.999, "pass", ""),
        (0.9997, "warn", "it is mono"),
        (1.0, "warn", "it is mono"),
        (-0.2, "pass", "against each other"),
        (-0.6, "warn", "against each other"),
    ],
)
def test_correlation(mixed, r, verdict, note):
    check = correlation(mixed(r))
    assert check.figure == pytest.approx(r, abs=1e-3)
    assert check.verdict == verdict
    assert note in check.note and bool(note) == bool(check.note)


def test_one_silent_channel_warns_and_two_are_for_another_check(sounds, spectrogram):
    sine = sounds.sine(440, 1, rate=RATE)
    silence = np.zeros_like(sine)
    check = correlation(spectrogram(np.stack([sine, silence], axis=1)))
    assert (check.verdict, check.figure) == ("warn", None)
    assert "silent" in check.note
    assert correlation(spectrogram(np.stack([silence, silence], axis=1))).verdict == "pass"
