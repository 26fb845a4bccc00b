"""Checks of frequency and stereo: the band's edge, noise in its upper part, correlated channels.

Two channels correlate by 1 for the same sound and by -1 for its opposite.
"""

import numpy as np

from secondtake.analysis.checks.check import REGISTRY, Check, make_check, measured_check
from secondtake.analysis.checks.spectrogram import Spectrogram
from secondtake.audio.bands import SMALLEST
from secondtake.audio.loudness import SILENCE_DBFS, decibels

EDGE_WIDTH = 500.0  # Hz; a coder or a resampler cuts within this, an instrument does not
EDGE_DROP = 30.0  # dB
LOWEST_EDGE = 3000.0  # Hz; below, a bass or a flute ends like this by itself
AUDIBLE = 70.0  # dB under the loudest bin; no edge is looked for in what is quieter
LEAST_SHARE = 0.9  # of a model's bandwidth: a filter in the resampler takes up to 5 %
LEAST_OF_ANY = 0.6  # of half the sample rate; 40 of 102 files are below 0.9, none below 0.66
HISS_FROM, HISS_TO = 8000.0, 15_000.0  # Hz; lossy coders often end at 16 kHz
LEAST, QUIET, USUAL, LOUD = 2, 10, 25, 90  # percentiles of the spectra, by their level
MAX_HISS = -58.0  # dB; good recordings have up to -60 of their own, the codecs of models less
STEADY = 6.0  # dB; music between its notes changes by more, or is not flat
FLAT = -0.5  # dB
SAME = 0.9995  # real stereo, however narrow, stays below
OPPOSED = 0.0  # below, a loudspeaker in mono loses more than it keeps; orchestras reach -.26
CANCELLING = -0.5


def model_band(sound: Spectrogram, bandwidth: float) -> Check:
    """The band reaches 0.9 of what the model can make; a cut below it fails (see `edge`)."""
    figure, cut, least = _band_edge(sound, bandwidth, LEAST_SHARE)
    threshold = f"{least} of the model's bandwidth"
    note = "cut off above: resampled or coded since it was made"
    return make_check("band edge", figure, "kHz", threshold, fails=cut, note=note, source=REGISTRY)


def band(sound: Spectrogram) -> Check:
    """A cut below 0.6 of half the sample rate is a hint; lossy coders cut at 16 of 22 or 24 kHz."""
    figure, cut, least = _band_edge(sound, sound.sample_rate / 2, LEAST_OF_ANY)
    threshold = f"{least} of half the sample rate"
    note = "nothing above: from a lower sample rate, or a telephone"
    return make_check("band edge", figure, "kHz", threshold, hints=cut, note=note)


def _band_edge(
    sound: Spectrogram, bandwidth: float, share: float
) -> tuple[float | None, bool, str]:
    """The edge in kHz, True if it is below that share of the bandwidth, the threshold in words."""
    hertz, least = edge(sound), share * bandwidth
    figure, cut = (hertz / 1000, hertz < least) if hertz else (None, False)
    return figure, cut, f"at least {least / 1000:g} kHz, {share:g}"


def edge(sound: Spectrogram) -> float | None:
    """The frequency in Hz at which the spectrum drops by 30 dB within 500 Hz for good.

    Half the sample rate where it does not; None for silence. Medians over 500 Hz on either side,
    so that a single tone is no band.
    """
    spectrum, hertz = sound.spectrum, sound.hertz
    if not len(sound.power) or spectrum.max() <= 10 * np.log10(SMALLEST):
        return None
    wide = round(EDGE_WIDTH / hertz[1])
    if len(spectrum) < 4 * wide:
        return sound.sample_rate / 2
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(spectrum, wide), axis=1)
    rest = np.maximum.accumulate(smooth[::-1])[::-1]  # the loudest from here on
    drop = smooth[: -2 * wide] - rest[2 * wide :]  # 500 Hz lie between the two medians
    starts = hertz[wide : wide + len(drop)]  # the end of the lower 500 Hz
    eligible = (smooth[: len(drop)] > spectrum.max() - AUDIBLE) & (starts >= LOWEST_EDGE)
    drop = np.where(eligible, drop, 0.0)
    place = int(np.argmax(drop)) if len(drop) else 0
    if not len(drop) or drop[place] < EDGE_DROP:
        return sound.sample_rate / 2
    return float(starts[place])


def hiss(sound: Spectrogram) -> Check:
    """Level of steady, flat noise from 8 to 15 kHz against the loudest places, in dB.

    Measured in the quietest tenth of the spectra, between the notes. Noise is what is left there
    if its spectrum is flat and its level hardly changes; an instrument's is neither.
    """
    level, is_noise = _noise(sound) or (None, False)
    threshold = f"at most {MAX_HISS:g} dB under the loud places, where it is flat and steady"
    warns = level is not None and level > MAX_HISS and is_noise
    note = "steady noise above 8 kHz"
    return measured_check("hiss", level, "dB", threshold, warns=warns, note=note)


def _noise(sound: Spectrogram) -> tuple[float, bool] | None:
    """The level from 8 to 15 kHz in dB, and True if it is flat and steady.

    None where the file does not reach 8 kHz, or is silent.
    """
    inside = (sound.hertz >= HISS_FROM) & (sound.hertz < min(HISS_TO, sound.sample_rate * 0.45))
    total = sound.power.sum(axis=1)
    sounding = total > SMALLEST
    if not inside.any() or not sounding.any():
        return None
    upper = sound.power[sounding][:, inside]
    levels = upper.sum(axis=1)
    least, quiet, usual = np.percentile(levels, [LEAST, QUIET, USUAL])
    spectrum = np.maximum(upper[levels <= quiet].mean(axis=0), SMALLEST)
    spread = _decibels(usual / max(least, SMALLEST))  # over time
    # Geometric over arithmetic mean over frequency; white noise: 0 dB.
    flatness = _decibels(np.exp(np.log(spectrum).mean()) / spectrum.mean())
    level = _decibels(quiet / np.percentile(total[sounding], LOUD))
    return level, spread < STEADY and flatness > FLAT


def _decibels(ratio: float) -> float:
    return float(10 * np.log10(max(ratio, SMALLEST)))


def correlation(sound: Spectrogram) -> Check:
    """Pearson correlation of the first two channels, which must be there.

    Warns above .9995 (one sound on both), below -.5 (mono cancels it), and where one is silent;
    below 0 it is a hint.
    """
    figure, has_silent = _correlation(sound.samples[:, :2])
    value = 0.0 if figure is None else figure
    if has_silent:
        note = "one of the two channels is silent"
    elif value > SAME:
        note = "both channels hold the same sound: it is mono"
    else:
        note = "the channels work against each other: in mono they cancel in part"
    unit, threshold = "correlation", f"{OPPOSED:g} to {SAME:g}; below {CANCELLING:g} warns"
    warns, hints = has_silent or value > SAME or value < CANCELLING, value < OPPOSED
    return measured_check("stereo", figure, unit, threshold, warns=warns, hints=hints, note=note)


def _correlation(pair: np.ndarray) -> tuple[float | None, bool]:
    """(frames, 2) -> the correlation, if both move, and True if exactly one is silent."""
    count = max(1, len(pair))
    means = pair.mean(axis=0, dtype=np.float64)
    left, right = pair[:, 0], pair[:, 1]
    powers = [
        float(np.dot(channel, channel)) / count - mean**2
        for channel, mean in zip(pair.T, means, strict=True)
    ]
    quiet = [decibels(np.sqrt(max(power, 0.0))) < SILENCE_DBFS for power in powers]
    if any(quiet):
        return None, not all(quiet)
    together = float(np.dot(left, right)) / count - float(means.prod())
    return together / float(np.sqrt(powers[0] * powers[1])), False
