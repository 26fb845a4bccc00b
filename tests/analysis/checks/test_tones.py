import numpy as np
import pytest

from secondtake.analysis.checks.tones import alarm, steady_tone, tones

RATE = 24_000
TIME = np.arange(12 * RATE) / RATE


def sine(hertz):
    """Twelve seconds at full scale; hertz may change over time."""
    return np.sin(2 * np.pi * np.cumsum(np.broadcast_to(hertz, TIME.shape)) / RATE)


ALARMS = {
    "half a second on, half off": sine(674) * (TIME % 1 < 0.5),
    "short beeps": sine(1000) * (TIME % 0.5 < 0.1),
    "two tones": sine(np.where(TIME % 1 < 0.5, 650, 850)),
}
COMB = (1900, 3800, 5700, 7600)  # Hz


def melody(sounds, seconds=12):
    """A new chord every half second, none twice within six."""
    roots = np.random.default_rng(3).permutation(np.arange(45, 75))
    notes = [sounds.chord((root, root + 4, root + 7), 0.5, RATE) for root in roots]
    return np.concatenate(notes)[: seconds * RATE]


def test_a_tone_that_starts_late_is_found_where_it_starts(spectrogram, sounds):
    samples = np.concatenate([melody(sounds, 6), 0.1 * sine(673)])
    steady, beeps = tones(spectrogram(samples, RATE))
    assert steady.verdict == "warn" and steady.figure > 0.9
    start = float(steady.note.partition("from ")[2].partition(" s")[0])
    assert 5.5 <= start <= 13
    assert beeps.verdict == "pass"  # one sentence on one tone


@pytest.mark.parametrize(("level", "verdict"), [(-25, "pass"), (0, "warn")])
def test_a_comb_of_lines_over_a_voice(spectrogram, sounds, level, verdict):
    comb = sum(sine(hertz) for hertz in COMB)
    voice = sounds.babble(12, RATE)
    comb *= np.sqrt(np.mean(voice**2) / np.mean(comb**2)) * 10 ** (level / 20)
    assert steady_tone(spectrogram(voice + comb, RATE)).verdict == verdict


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_comes_again_and_again(spectrogram, name):
    steady, beeps = tones(spectrogram(0.3 * ALARMS[name], RATE))
    assert (steady.verdict, beeps.verdict) == ("pass", "warn")
    assert beeps.figure == pytest.approx(1, abs=0.05)


def test_music_a_voice_noise_and_silence_have_neither(spectrogram, sounds):
    for samples in (
        melody(sounds),
        sounds.babble(12, RATE),
        sounds.pink(12, RATE),
        np.zeros(12 * RATE),
        np.concatenate([melody(sounds), sine(440)[: 3 * RATE] * 0.3]),  # a note may be held
        np.concatenate([melody(sounds), sine(440)[: 9 * RATE] * 1e-4]),  # a hum below hearing
    ):
        assert {check.verdict for check in tones(spectrogram(samples, RATE))} == {"pass"}


@pytest.mark.parametrize("check", [steady_tone, alarm])
def test_too_short_to_tell(spectrogram, check):
    assert check(spectrogram(sine(440)[: 4 * RATE], RATE)).figure is None
    assert check(spectrogram(np.zeros(10), RATE)).figure is None
