from collections.abc import Iterator

import numpy as np
import pytest
from benchmarks.analysis import impostors as page
from benchmarks.analysis.impostors import MAKERS, NOISES, RATE, RATES, TONAL, TONES

from secondtake.analysis.audio_io import as_audio

SETS = ("design", "test")


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two seconds of each."""
    monkeypatch.setattr(page, "SECONDS", 2.0)
    yield


def sound(kind: str, split: str = "test", seed: int = 1) -> np.ndarray:
    return MAKERS[kind](np.random.default_rng(seed), TONES[split])


def peaks(samples: np.ndarray, count: int) -> list[float]:
    """Frequencies of the strongest lines in Hz, in order."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    found = []
    for _ in range(count):
        best = int(power.argmax())
        found.append(best * RATE / len(samples))
        power[max(0, best - 20) : best + 20] = 0
    return sorted(found)


def flatness(samples: np.ndarray) -> float:
    """Geometric over arithmetic mean of the power in 100 bands, in dB; 0 is white noise."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    bands = np.array([band.mean() for band in np.array_split(power, 100)]) + 1e-12
    return float(10 * np.log10(np.exp(np.log(bands).mean()) / bands.mean()))


@pytest.mark.parametrize("kind", MAKERS)
def test_every_sound_is_audible_and_differs_between_sets(kind: str) -> None:
    for split in SETS:
        samples = sound(kind, split)
        assert samples.shape == (2 * RATE,)
        level = 10 * np.log10(np.mean(samples**2))
        assert (-65 if kind.startswith("silence") else -40) < level < -10
    assert not np.allclose(sound(kind, "design", 2), sound(kind, "test", 3))


@pytest.mark.parametrize(("slope", "fall"), [(0, 0), (1, 3.01), (2, 6.02)])
def test_coloured_noise_falls_by_so_many_decibels_an_octave(slope: float, fall: float) -> None:
    power = np.abs(np.fft.rfft(page.coloured(np.random.default_rng(1), slope))) ** 2
    hertz = np.fft.rfftfreq(2 * RATE, 1 / RATE)
    octaves = [power[(hertz >= low) & (hertz < 2 * low)].mean() for low in (500, 1000, 2000)]
    assert -np.diff(10 * np.log10(octaves)) == pytest.approx([fall, fall], abs=0.05)


def test_tones_have_the_pitches_of_their_set() -> None:
    for split in SETS:
        (sine,) = peaks(sound("sine", split), 1)
        assert 0.5 <= sine / TONES[split].sine <= 2
        comb = np.array(peaks(sound("tonal comb", split), 4)) / TONES[split].comb
        assert comb == pytest.approx(1, abs=0.031)
        hum = peaks(sound("hum", split)[:RATE], 1)[0] / TONES[split].hum
        assert hum == pytest.approx(1, abs=0.03)


def test_clicks_come_at_their_rate() -> None:
    onsets = np.flatnonzero(np.diff((sound("clicks") > 0.5).astype(int)) == 1)
    assert len(onsets) >= 2
    rate = RATE / np.diff(onsets)
    assert np.ptp(rate) < 0.01
    assert 0.7 <= rate[0] / TONES["test"].clicks <= 1.4


def test_a_noise_has_no_pitch_and_a_tone_has_one() -> None:
    assert flatness(sound("white noise")) > -0.1
    assert flatness(sound("sine")) < -30
    assert {*TONAL} | {*NOISES} == {*MAKERS} and not {*TONAL} & {*NOISES}


def test_a_set_is_some_of_each_and_the_same_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MAKERS", {kind: MAKERS[kind] for kind in ("sine", "surf")})
    monkeypatch.setattr(page, "VARIANTS", {"design": 1, "test": 3})
    first, again = list(page.impostors("test")), list(page.impostors("test"))
    names = [(kind, number) for kind, number, _ in first]
    assert names == [(kind, number) for kind in ("sine", "surf") for number in range(3)]
    assert {(audio.sample_rate, audio.seconds) for *_, audio in first} == {
        (rate, 2.0) for rate in RATES["test"]
    }
    sounds = [audio.samples for *_, audio in first]
    assert all(np.array_equal(s, a.samples) for s, (*_, a) in zip(sounds, again, strict=True))
    assert not np.allclose(sounds[0][:100], sounds[1][:100])
    design = next(page.impostors("design"))[2]
    assert not np.allclose(sounds[0], design.samples)


def test_reversed_twice_is_the_sound_itself() -> None:
    stereo = as_audio(np.random.default_rng(1).normal(size=(100, 2)).astype(np.float32), 100)
    assert np.array_equal(page.reverse(stereo).samples[0], stereo.samples[-1])
    assert np.array_equal(page.reverse(page.reverse(stereo)).samples, stereo.samples)


def test_shuffled_quarters_of_a_second_are_all_there_in_another_order() -> None:
    rate, size = 8000, 2000
    steps = np.repeat(np.arange(1, 9), size).astype(np.float32) / 10
    audio = as_audio(np.stack([steps, -steps], axis=1), rate)
    shuffled = page.shuffle(audio, 5).samples
    middles = shuffled[size // 2 :: size]
    assert sorted(middles[:, 0]) == sorted(set(steps))
    assert middles[:, 0].tolist() != sorted(middles[:, 0])
    assert np.array_equal(middles[:, 1], -middles[:, 0])
    assert np.abs(shuffled[::size]).max() == 0  # faded: nothing clicks
    assert not np.array_equal(page.shuffle(audio, 6).samples, shuffled)
