"""Bark's mistakes in a window's sound: static, silence, clipping, holes, a loop.

Clipping, holes and loops are those of `secondtake.audio.faults`. Static and silence are measured on
frames of 20 ms. Their thresholds are conventions, or come from 18 minutes of recorded announcements
(269, 16 kHz, a clean voice; none is sung): docs/lab/bark.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from secondtake.audio import faults
from secondtake.audio.bands import band_decibels

FRAME_SECONDS = 0.02
SILENT_DB, BELOW_LOUD_DB = -60.0, 40.0  # silent: under -60 dBFS, or 40 dB under the loud frames
QUIET_DB = -45.0  # loud frames (95 %) under this: nothing to hear. The voice: -16 to -9 dBFS
MOSTLY_SILENT = 0.5  # share; the voice: at most .38
RINGING = 0.3  # s kept of a silent end; the voice ends in .1 s, 99 % in .43
SILENT_END = 1.0  # s; convention
# White noise crosses zero 12 000 times a second at 24 kHz. The voice's median frame: 500 to 2150,
# 99 % under 1040; a first study's spoilt chorus had four times the original's.
HISSING = 2500.0
# Noise is above both, over a tenth of a second; s and f are too. The voice's longest: .20 s.
NOISY_HERTZ, NOISY_FLATNESS, NOISY_FRAMES = 3500.0, 0.12, 5
FLATNESS_BAND = (200.0, 7000.0)  # Hz; where recordings at 16 kHz have sound too
STATIC, LONG_STATIC = 0.5, 1.5  # s in a row; no consonant lasts that long
LOOP_RETAKEN = 4.0  # times; three may be a refrain


@dataclass(frozen=True)
class AudioFaults:
    """Faults of a window's sound: its first `keep_seconds` are used, or it is sung again."""

    keep_seconds: float
    retake: bool
    flags: tuple[str, ...] = ()  # sentences for the record
    facts: dict[str, Any] = field(default_factory=dict)  # figures for the record (JSON)


@dataclass(frozen=True)
class Frames:
    """The sound in frames of 20 ms: level in dBFS, zero crossings a second, spectral flatness."""

    level: np.ndarray  # (n,) dBFS
    crossings: np.ndarray  # (n,) Hz
    flatness: np.ndarray  # (n,) 0 a tone to 1; white noise measures about .56
    active: np.ndarray  # (n,) bool: sound, not silence


def check_audio(samples: np.ndarray, rate: int) -> AudioFaults:
    """(frames,) float in ±1 at `rate` Hz -> its faults. Shorter than 20 ms is silence."""
    sound = np.asarray(samples, dtype=np.float64)
    seconds = len(sound) / rate
    if not np.isfinite(sound).all():  # fp16 overflows to these; nothing else can be measured
        return AudioFaults(seconds, True, ("samples that are no numbers",), {"seconds": seconds})
    frames = _frames(sound, rate)
    if not frames.active.any():
        facts = {"seconds": round(seconds, 2), "silent_share": 1.0}
        return AudioFaults(seconds, True, ("silent throughout",), facts)
    end = (int(np.flatnonzero(frames.active)[-1]) + 1) * FRAME_SECONDS
    facts = _facts(sound, rate, frames) | {"silent_end": round(max(0.0, seconds - end), 2)}
    findings = [*_silences(facts), *_noises(facts), *_breaks(facts)]
    keep = min(seconds, end + RINGING) if facts["silent_end"] > SILENT_END else seconds
    retake = any(again for _, again in findings)
    return AudioFaults(keep, retake, tuple(flag for flag, _ in findings), facts)


def _frames(sound: np.ndarray, rate: int) -> Frames:
    size = round(FRAME_SECONDS * rate)
    rows = sound[: len(sound) // size * size].reshape(-1, size)
    level = 10 * np.log10(np.mean(rows**2, axis=1) + 1e-12)
    loud = np.percentile(level, 95) if len(level) else SILENT_DB
    signs = rows >= 0
    crossings = np.sum(signs[:, 1:] != signs[:, :-1], axis=1) / FRAME_SECONDS
    power = np.abs(np.fft.rfft(rows * np.hanning(size), axis=1)) ** 2 + 1e-12
    hertz = np.fft.rfftfreq(size, 1 / rate)
    band = power[:, (hertz >= FLATNESS_BAND[0]) & (hertz <= FLATNESS_BAND[1])]
    flatness = np.exp(np.mean(np.log(band), axis=1)) / np.mean(band, axis=1)
    return Frames(level, crossings, flatness, level > max(SILENT_DB, loud - BELOW_LOUD_DB))


def _facts(sound: np.ndarray, rate: int, frames: Frames) -> dict[str, Any]:
    active = frames.active
    start, length = faults.longest_run(active & _noisy(frames))
    written = np.clip(sound, -1, 1)[:, None]  # as the file will hold it
    if loop := faults.find_loop(band_decibels(sound, rate)):
        figures = {"at": loop.at, "period_seconds": loop.period, "times": loop.times}
    return {
        "seconds": round(len(sound) / rate, 2),
        "loud_db": round(float(np.percentile(frames.level, 95)), 1),
        "silent_share": round(1 - float(np.mean(active)), 3),
        "clipped_share": round(faults.count_full_scale(written) / len(sound), 5),
        "crossings": round(float(np.median(frames.crossings[active]))),
        "flatness": round(float(np.median(frames.flatness[active])), 3),
        "static_at": round(start * FRAME_SECONDS, 2),
        "static_seconds": round(length * FRAME_SECONDS, 2),
        "holes": [round(at, 2) for at, _ in faults.find_dropouts(written, rate)],
        "loop": loop and {name: round(figure, 2) for name, figure in figures.items()},
    }


def _noisy(frames: Frames) -> np.ndarray:
    """(n,) of bool: the moving averages of both figures are a noise's."""
    weights = np.ones(NOISY_FRAMES) / NOISY_FRAMES
    crossings, flatness = (
        np.convolve(figure, weights, mode="full")[NOISY_FRAMES // 2 :][: len(figure)]
        for figure in (frames.crossings, frames.flatness)
    )
    return (crossings > NOISY_HERTZ) & (flatness > NOISY_FLATNESS)


def _silences(facts: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Sentences, and whether each asks for another attempt."""
    if facts["loud_db"] < QUIET_DB:
        yield f"hardly to be heard: {facts['loud_db']:.0f} dBFS at its loudest", True
    if facts["silent_share"] > MOSTLY_SILENT:
        yield f"silent for {facts['silent_share']:.0%} of its length", False
    if facts["silent_end"] > SILENT_END:
        yield f"ends in {facts['silent_end']:.1f} s of silence", False


def _noises(facts: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    static, at = facts["static_seconds"], facts["static_at"]
    if static >= STATIC:
        yield f"static for {static:.1f} s from {at:.1f} s on", static >= LONG_STATIC
    if facts["crossings"] > HISSING:
        both = facts["flatness"] > NOISY_FLATNESS
        yield f"hisses: {facts['crossings']} zero crossings/s, a voice has about 750", both


def _breaks(facts: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    clipped, loop = facts["clipped_share"], facts["loop"]
    if clipped > faults.CLIPPED_SHARE:
        yield f"{clipped:.2%} of the samples are at full scale", clipped > faults.DESTROYED_SHARE
    if holes := facts["holes"]:
        places = ", ".join(f"{at:.2f}" for at in holes[:5])
        yield f"holes in the sound: {len(holes)}, at {places} s", False
    if loop:
        times = f"{loop['period_seconds']:.1f} s {loop['times']:.1f} times over"
        yield f"the same {times}, from {loop['at']:.1f} s on", loop["times"] >= LOOP_RETAKEN
