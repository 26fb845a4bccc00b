"""The demo's singer: espeak-ng's words taken apart into spectrum and pitch, and sung.

As in WORLD (Morise et al. 2016): the envelope of level speech is measured every 5 ms over three of
its periods and smoothed over one harmonic (CheapTrick), then a minimum-phase pulse of it is set
wherever the melody has a period. What has no pitch is laid over as it was spoken. A vowel begins on
its beat; the consonants before it keep their length and come early.
"""

from itertools import pairwise

import numpy as np
from benchmarks.demo_song.instruments import RATE, between, shaped
from benchmarks.demo_song.score import BEATS, BPM, HELD, LAID_BACK, Line, second_of

from secondtake.models.sketch.tts import SpeechRequest, Utterance, speak

VOICES = {"en": "en+f5", "es": "es+f5"}
WORDS_A_MINUTE, PITCH = 140, 55  # of what espeak-ng speaks
HOP = 0.005  # seconds
SIZE = 1024  # of a spectrum
RECOVERY = 0.15  # CheapTrick's q1: what smoothing took from the formants
UNPITCHED = 1.5  # gain of consonants without a pitch, which a band hides first
VOICED = 0.5  # correlation of neighbouring periods
BREATH_HZ, BREATH = 4500.0, 0.25  # above, this share of a pulse's amplitude is noise
LONGEST_CONSONANTS = 0.7  # of a syllable
SCOOP, SCOOP_SECONDS = 0.7, 0.05  # semitones from below into a line, and how quickly
GLIDE = 0.05  # seconds from note to note
WANDER, WANDER_SECONDS = 0.06, 0.15  # semitones, and how often it turns
VIBRATO_HZ, VIBRATO, STRAIGHT = 5.6, 0.3, 0.22  # semitones; seconds before it begins


def sing(
    lines: tuple[Line, ...],
    frames: int,
    seed: int,
    transpose: tuple[int, ...] = (),
    cents: float = 0.0,
) -> np.ndarray:
    """All lines in their place, (frames,) at 44,100 Hz.

    seed: the small freedoms of pitch and time. transpose: semitones of a line's notes, in turn.
    """
    random = np.random.default_rng(seed)
    result = np.zeros(frames)
    requests = [
        SpeechRequest(line.text, VOICES[line.language], WORDS_A_MINUTE, PITCH) for line in lines
    ]
    for line, spoken in zip(lines, speak(requests), strict=True):
        if len(spoken.vowels) != len(line.pitches):
            raise ValueError(f"{line.text!r}: espeak-ng says {len(spoken.vowels)} syllables")
        free = float(random.normal(0, 0.006))
        onsets = np.array([second_of(line.bar * BEATS + at / 2) for at in range(len(line.pitches))])
        pitches = np.array(line.pitches) + np.resize(transpose or (0,), len(line.pitches))
        sung, start = _line(spoken, onsets + free, pitches + cents / 100, random)
        at = round((start + LAID_BACK["voice"]) * RATE)
        result[at : at + len(sung)] += sung[: frames - at]
    return result


def _line(
    spoken: Utterance, onsets: np.ndarray, pitches: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, float]:
    """A line's samples at 44,100 Hz and the second that they begin at."""
    rate = spoken.sample_rate
    vowels = np.array(spoken.vowels) / rate
    start = float(onsets[0] - vowels[0, 0])
    end = onsets[-1] + HELD * 60 / BPM
    knots = [(0.0, 0.0)]
    for at, (first, last) in enumerate(vowels):
        knots.append((onsets[at] - start, first))
        if at + 1 < len(vowels):
            room = onsets[at + 1] - onsets[at]
            consonants = min(vowels[at + 1, 0] - last, LONGEST_CONSONANTS * room)
            knots.append((onsets[at + 1] - consonants - start, last))
    rest = len(spoken.samples) / rate - vowels[-1, 1]
    knots += [(end - start, vowels[-1, 1]), (end - start + rest, len(spoken.samples) / rate)]
    sung, source = np.array(knots).T
    moments = np.arange(0, sung[-1], 1 / rate)  # of the result, in its seconds
    melody = _melody(moments, onsets - start, pitches, float(end - start), random)
    return _resampled(_resung(spoken, np.interp(moments, sung, source), melody), rate), start


def _melody(
    moments: np.ndarray,
    onsets: np.ndarray,
    pitches: np.ndarray,
    end: float,
    random: np.random.Generator,
) -> np.ndarray:
    """Hz at every moment: glides, a scoop into the line, vibrato on held notes, a little drift."""
    edges = np.concatenate([[-1e-3], *([at - GLIDE, at] for at in onsets[1:])])
    levels = np.concatenate([pitches[:1], *pairwise(pitches)])
    curve = np.interp(moments, edges, levels)
    curve -= SCOOP * np.exp(-np.maximum(0, moments - onsets[0]) / SCOOP_SECONDS)
    for onset, after in zip(onsets, [*onsets[1:], end + 0.2], strict=True):
        since = moments - onset - STRAIGHT
        depth = VIBRATO * np.clip(since / 0.2, 0, 1) * (moments < after)
        curve += depth * np.sin(2 * np.pi * VIBRATO_HZ * since)
    times = np.arange(0, moments[-1] + WANDER_SECONDS, WANDER_SECONDS)
    wander = np.interp(moments, times, random.normal(0, WANDER, len(times)))
    return np.asarray(440 * 2 ** ((curve + wander - 69) / 12))


def _period(samples: np.ndarray, rate: int) -> int:
    """Samples of a period of level speech, by its autocorrelation."""
    power = np.abs(np.fft.rfft(samples, 2 * len(samples))) ** 2
    low, high = rate // 350, rate // 90
    return low + int(np.argmax(np.fft.irfft(power)[low:high]))


def _analysed(spoken: Utterance) -> tuple[np.ndarray, np.ndarray]:
    """Log spectral envelopes, (hops, bins), and how voiced every hop is, 0 to 1."""
    rate, samples = spoken.sample_rate, spoken.samples.astype(np.float64)
    period = _period(samples, rate)
    reach = 3 * period // 2
    padded = np.pad(samples, 2 * reach)
    centres = np.arange(0, len(samples), int(HOP * rate)) + 2 * reach
    pieces = padded[centres[:, None] + np.arange(-reach, reach)]
    window = np.hanning(2 * reach)
    power = np.abs(np.fft.rfft(pieces * window / np.sqrt(np.sum(window**2)), SIZE)) ** 2
    width = rate / period  # Hz between harmonics
    bins = np.arange(SIZE // 2 + 1)
    total = np.concatenate([np.zeros((len(power), 1)), np.cumsum(power + 1e-9, axis=1)], axis=1)
    half = max(1, round(width / 2 / (rate / SIZE)))
    low, high = np.maximum(bins - half, 0), np.minimum(bins + half + 1, SIZE // 2 + 1)
    smooth = np.log((total[:, high] - total[:, low]) / (high - low))
    lag = np.minimum(np.arange(SIZE), SIZE - np.arange(SIZE)) / rate
    lifter = np.sinc(width * lag) * (
        1 + 2 * RECOVERY - 2 * RECOVERY * np.cos(2 * np.pi * width * lag)
    )
    envelope = np.fft.rfft(np.fft.irfft(smooth, SIZE) * lifter).real / 2
    one, two = pieces[:, reach - period : reach], pieces[:, reach : reach + period]
    norm = np.sqrt(np.sum(one**2, axis=1) * np.sum(two**2, axis=1)) + 1e-5
    likeness = np.sum(one * two, axis=1) / norm
    voiced = np.convolve(likeness > VOICED, np.ones(3) / 3, "same")
    return envelope, voiced


def _resung(spoken: Utterance, source: np.ndarray, melody: np.ndarray) -> np.ndarray:
    """Speech at other times and pitches. source: the spoken second of every sample."""
    rate = spoken.sample_rate
    envelope, voiced = _analysed(spoken)
    turns = np.cumsum(melody / rate)
    at = np.flatnonzero(np.diff(np.floor(turns)) > 0)  # where a period begins
    place = np.clip(source[at] / HOP, 0, len(envelope) - 1.001)
    low, part = place.astype(int), (place % 1)[:, None]
    log = (1 - part) * envelope[low] + part * envelope[low + 1]
    pulses = np.fft.irfft(_minimum_phase(log) * _breath(log.shape, rate), SIZE)
    pulses *= np.sqrt(rate / melody[at])[:, None]
    result = np.zeros(len(source) + 2 * SIZE)
    loud = np.interp(source[at], np.arange(len(voiced)) * HOP, voiced)
    for start, pulse, gain in zip(at, pulses, loud, strict=True):
        result[start : start + SIZE] += gain * pulse
    return np.asarray(result[: len(source)] + _unpitched(spoken, source, voiced))


def _breath(shape: tuple[int, ...], rate: int) -> np.ndarray:
    """Factors that turn a share of each pulse's treble into noise."""
    random = np.random.default_rng(5)
    frequency = np.fft.rfftfreq(SIZE, 1 / rate)
    share = BREATH / (1 + (BREATH_HZ / np.maximum(frequency, 1)) ** 4)
    return np.asarray(1 - share + share * np.exp(2j * np.pi * random.uniform(size=shape)) * 2)


def _minimum_phase(log: np.ndarray) -> np.ndarray:
    cepstrum = np.fft.irfft(log, SIZE)
    cepstrum[:, 1 : SIZE // 2] *= 2
    cepstrum[:, SIZE // 2 + 1 :] = 0
    return np.exp(np.fft.rfft(cepstrum))


def _unpitched(spoken: Utterance, source: np.ndarray, voiced: np.ndarray) -> np.ndarray:
    """Consonants without a pitch, in grains of 10 ms as they were spoken."""
    rate, hop = spoken.sample_rate, int(HOP * spoken.sample_rate)
    padded = np.pad(spoken.samples.astype(np.float64), hop)
    window = np.hanning(2 * hop + 1)[:-1]
    result = np.zeros(len(source) + 2 * hop)
    for at in range(0, len(source), hop):
        origin = int(source[at] * rate)
        share = UNPITCHED - UNPITCHED * np.interp(source[at], np.arange(len(voiced)) * HOP, voiced)
        grain = padded[origin : origin + 2 * hop]
        result[at : at + len(grain)] += share * grain * window[: len(grain)]
    return result[hop:][: len(source)]


def _resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    """To 44,100 Hz, with some air above what espeak-ng has: its treble, distorted."""
    size = 1 << len(samples).bit_length()
    wide = np.fft.irfft(np.fft.rfft(samples, size), size * RATE // rate) * RATE / rate
    wide = wide[: len(samples) * RATE // rate]
    treble = shaped(wide, between(4000, 11000))
    return wide + 0.5 * shaped(np.abs(treble), between(10000, 16000))
