"""Noticing from a window's sound that Bark went wrong: static, silence, clipping, holes, a loop.

Everything is measured on frames of 20 ms. Thresholds come from 18 minutes of recorded announcements
(269, 16 kHz, a clean voice; none is sung) or are conventions, as said beside each.
docs/bark-mistakes.md has the figures.

Sound that repeats itself: its spectrum against what it was one lag before.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from secondtake.models.bark.token_faults import agreeing

LOOP_FRAME_SECONDS, SMOOTHED = 0.02, 3  # a period is no whole number of frames: three are averaged
BAND_EDGES_HZ = (100, 200, 300, 450, 650, 900, 1200, 1600, 2100, 2700, 3500, 4600, 6000, 8000)
DEPTH_DB = 50.0  # what is quieter than this under the loudest band counts as silence
SHORTEST, LONGEST = 0.3, 4.0  # s; shorter is a rattle, and three longer ones fill a window
ALIKE_DB = 4.0  # mean over the bands; two unrelated moments of a voice differ by 10 dB and more
DISAGREEMENT = 2.0  # one frame that differs takes back two that agree
TIMES, LEAST_SECONDS = 3.0, 2.0
MOVEMENT_DB = 4.0  # mean distance from the period's own mean; a held note moves less


def sound_loop(sound: Any, rate: int) -> dict[str, float] | None:
    """(frames,) in ±1 -> at (s), period_seconds and times of the longest loop, or None."""
    import numpy as np

    bands = _bands(sound, rate)  # (n, bands) dB
    best: dict[str, float] | None = None
    length = LEAST_SECONDS / LOOP_FRAME_SECONDS - 1
    last = min(round(LONGEST / LOOP_FRAME_SECONDS), int(len(bands) / TIMES))
    for lag in range(round(SHORTEST / LOOP_FRAME_SECONDS), last + 1):
        alike = np.mean(np.abs(bands[lag:] - bands[:-lag]), axis=1) < ALIKE_DB
        start, end = agreeing(alike, DISAGREEMENT)
        size = end - start + lag
        if end == start or size < TIMES * lag or size <= length:
            continue
        once = bands[start : start + lag]
        if np.mean(np.abs(once - once.mean(axis=0))) >= MOVEMENT_DB:
            length = size
            best = {"at": start, "period_seconds": lag, "times": size / lag}
    if best:
        best["at"] *= LOOP_FRAME_SECONDS
        best["period_seconds"] *= LOOP_FRAME_SECONDS
    return best


def _bands(sound: Any, rate: int) -> Any:
    """(frames,) -> (n, bands): level of each band in dB, no lower than DEPTH_DB under the top."""
    import numpy as np

    size = round(LOOP_FRAME_SECONDS * rate)
    rows = sound[: len(sound) // size * size].reshape(-1, size)
    power = np.abs(np.fft.rfft(rows * np.hanning(size), axis=1)) ** 2
    hertz = np.fft.rfftfreq(size, 1 / rate)
    sums = [
        power[:, (hertz >= low) & (hertz < high)].sum(axis=1)
        for low, high in pairwise(BAND_EDGES_HZ)
    ]
    weights = np.ones(SMOOTHED) / SMOOTHED
    smooth = [np.convolve(band, weights, mode="same") for band in sums] if len(rows) else sums
    level = 10 * np.log10(np.stack(smooth, axis=1) + 1e-12)
    return np.maximum(level, level.max() - DEPTH_DB) if level.size else level


FRAME_SECONDS = 0.02
FLOOR_DB, BELOW_LOUD_DB = -60.0, 40.0  # silent: under -60 dBFS, or 40 dB under the loud frames
QUIET_DB = -45.0  # loud frames (95 %) under this: nothing to hear. The voice: -16 to -9 dBFS
MOSTLY_SILENT = 0.5  # share; the voice: at most .38
RINGING = 0.3  # s kept of a silent end; the voice ends in .1 s, 99 % in .43
SILENT_END = 1.0  # s; convention
FULL_SCALE = 0.999
CLIPPED, BADLY_CLIPPED = 0.001, 0.01  # share of samples; conventions (one in a thousand, 1 %)
# White noise crosses zero 12 000 times a second at 24 kHz. The voice's median frame: 500 to 2150,
# 99 % under 1040; a first study's spoilt chorus had four times the original's.
HISSING = 2500.0
# Noise is above both, over a tenth of a second; s and f are too. The voice's longest: .20 s.
NOISY_HERTZ, NOISY_FLATNESS, NOISY_FRAMES = 3500.0, 0.12, 5
FLATNESS_BAND = (200.0, 7000.0)  # Hz; where recordings at 16 kHz have sound too
STATIC, LONG_STATIC = 0.5, 1.5  # s in a row; no consonant lasts that long
HOLE_SECONDS = (0.01, 0.5)  # shorter is a click, longer a pause
HOLE_DB, EDGE_DB = -80.0, -30.0  # digital silence, entered within 2 ms from full sound
EDGE_SECONDS = 0.002
LOOP_RETAKEN = 4.0  # times


@dataclass(frozen=True)
class Heard:
    """What the sound of a window says: the first `keep_seconds` are used, or it is sung again.

    flags: sentences for the record. facts: figures for the record (JSON).
    """

    keep_seconds: float
    retake: bool
    flags: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Frames:
    """The sound in frames of 20 ms: level in dBFS, zero crossings a second, spectral flatness."""

    level: Any  # (n,) dBFS
    crossings: Any  # (n,) Hz
    flatness: Any  # (n,) 0 a tone to 1; white noise measures about .56
    active: Any  # (n,) bool: sound, not silence


def listen(samples: Any, rate: int) -> Heard:
    """(frames,) float in ±1 at `rate` Hz -> what was heard. Shorter than 20 ms is silence."""
    import numpy as np

    sound = np.asarray(samples, dtype=np.float64)
    seconds = len(sound) / rate
    if not np.isfinite(sound).all():  # fp16 overflows to these; nothing else can be measured
        return Heard(seconds, True, ("samples that are no numbers",), {"seconds": seconds})
    frames = _frames(sound, rate)
    if not frames.active.any():
        facts = {"seconds": round(seconds, 2), "silent_share": 1.0}
        return Heard(seconds, True, ("silent throughout",), facts)
    end = (int(np.flatnonzero(frames.active)[-1]) + 1) * FRAME_SECONDS
    facts = _facts(sound, rate, frames) | {"silent_end": round(max(0.0, seconds - end), 2)}
    findings = [*_silences(facts), *_noises(facts), *_breaks(facts)]
    keep = min(seconds, end + RINGING) if facts["silent_end"] > SILENT_END else seconds
    retake = any(again for _, again in findings)
    return Heard(keep, retake, tuple(flag for flag, _ in findings), facts)


def _frames(sound: Any, rate: int) -> Frames:
    import numpy as np

    size = round(FRAME_SECONDS * rate)
    rows = sound[: len(sound) // size * size].reshape(-1, size)
    level = 10 * np.log10(np.mean(rows**2, axis=1) + 1e-12)
    loud = np.percentile(level, 95) if len(level) else FLOOR_DB
    signs = rows >= 0
    crossings = np.sum(signs[:, 1:] != signs[:, :-1], axis=1) / FRAME_SECONDS
    power = np.abs(np.fft.rfft(rows * np.hanning(size), axis=1)) ** 2 + 1e-12
    hertz = np.fft.rfftfreq(size, 1 / rate)
    band = power[:, (hertz >= FLATNESS_BAND[0]) & (hertz <= FLATNESS_BAND[1])]
    flatness = np.exp(np.mean(np.log(band), axis=1)) / np.mean(band, axis=1)
    return Frames(level, crossings, flatness, level > max(FLOOR_DB, loud - BELOW_LOUD_DB))


def _facts(sound: Any, rate: int, frames: Frames) -> dict[str, Any]:
    import numpy as np

    active = frames.active
    start, end = longest(active & _noisy(frames))
    found = sound_loop(sound, rate)
    return {
        "seconds": round(len(sound) / rate, 2),
        "loud_db": round(float(np.percentile(frames.level, 95)), 1),
        "silent_share": round(1 - float(np.mean(active)), 3),
        "clipped_share": round(float(np.mean(np.abs(sound) >= FULL_SCALE)), 5),
        "crossings": round(float(np.median(frames.crossings[active]))),
        "flatness": round(float(np.median(frames.flatness[active])), 3),
        "static_at": round(start * FRAME_SECONDS, 2),
        "static_seconds": round((end - start) * FRAME_SECONDS, 2),
        "holes": [round(at, 2) for at in holes(sound, rate)],
        "loop": found and {key: round(value, 2) for key, value in found.items()},
    }


def _noisy(frames: Frames) -> Any:
    """(n,) of bool: the moving averages of both figures are a noise's."""
    import numpy as np

    weights = np.ones(NOISY_FRAMES) / NOISY_FRAMES
    crossings, flatness = (
        np.convolve(figure, weights, mode="full")[NOISY_FRAMES // 2 :][: len(figure)]
        for figure in (frames.crossings, frames.flatness)
    )
    return (crossings > NOISY_HERTZ) & (flatness > NOISY_FLATNESS)


def longest(mask: Any) -> tuple[int, int]:
    """(n,) of bool -> start and end (exclusive) of the longest run of True; (0, 0) without one."""
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(int), [0]))))
    runs = edges.reshape(-1, 2)
    if not len(runs):
        return 0, 0
    start, end = runs[int(np.argmax(runs[:, 1] - runs[:, 0]))]
    return int(start), int(end)


def holes(sound: Any, rate: int) -> list[float]:
    """(frames,) -> where (s) the sound breaks off into digital silence and comes back as hard.

    Before p, t and k a voice is silent too, but it fades on the way there.
    """
    import numpy as np

    silent = np.abs(sound) < 10 ** (HOLE_DB / 20)
    runs = np.flatnonzero(np.diff(np.concatenate(([0], silent.astype(int), [0])))).reshape(-1, 2)
    edge, loud = round(EDGE_SECONDS * rate), 10 ** (EDGE_DB / 20)
    shortest, widest = (seconds * rate for seconds in HOLE_SECONDS)
    found = []
    for start, end in runs[(runs[:, 1] - runs[:, 0] >= shortest)]:
        sides = sound[max(0, start - edge) : start], sound[end : end + edge]
        hard = all(len(side) and np.sqrt(np.mean(side**2)) > loud for side in sides)
        if hard and end - start <= widest:
            found.append(start / rate)
    return found


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
    clipped, found = facts["clipped_share"], facts["loop"]
    if clipped > CLIPPED:
        yield f"{clipped:.1%} of the samples are at full scale", clipped > BADLY_CLIPPED
    if facts["holes"]:
        where = ", ".join(f"{at:.2f}" for at in facts["holes"][:5])
        yield f"holes in the sound: {len(facts['holes'])}, at {where} s", False
    if found:
        yield (
            f"the same {found['period_seconds']:.1f} s {found['times']:.1f} times over, "
            f"from {found['at']:.1f} s on",
            found["times"] >= LOOP_RETAKEN,
        )
