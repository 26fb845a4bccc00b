"""Seams between the windows of a song: the change of level, timbre and pitch, and clicks.

And the faded edges of what was cut out of a longer sound.

Compared are the last and the first second of what sounds (300 ms hold one vowel, which would decide
everything), and as drift a whole window with the song's first. Figures are signed: positive is
louder, brighter or higher than before. Timbre is measured in bands an octave wide, a third of one
apart, from 350 Hz to 7 kHz: narrower or lower ones would hold one harmonic or none, and tell which
note is sung. Samples are (frames,) in ±1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from secondtake.audio.activity import LOWEST, find_activity
from secondtake.audio.faults import click_frames, find_clicks
from secondtake.audio.pitch import median_pitch

FFT_SIZE = 2048  # frames: bins of 12 Hz at 24 kHz
LOWEST_MIDDLE, BANDS, BANDS_PER_OCTAVE = 500.0, 11, 3  # Hz of the lowest band; the last: 5 kHz
DEPTH = 40.0  # dB under the strongest band: what lies below is not heard beside it

FADE_SECONDS = 0.005  # at either edge: too short to be heard as a fade, long enough for no click
CONTEXT_SECONDS = 1.0  # of sound on either side
CLICK_SPAN, CLICK_BESIDE = 0.02, 0.001  # seconds in which a click is looked for; beside a silence

# Beyond these a seam is worth a warning; docs/lab/bark.md says what they stand on.
LEVEL_JUMP, LEVEL_DRIFT = 6.0, 3.0  # dB
SPECTRAL_DISTANCE = 8.0  # dB
TILT_DRIFT = 2.5  # dB per octave
PITCH_JUMP, PITCH_DRIFT = 9.0, 5.0  # semitones


def fade_edges(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """The samples (frames, channels) with a straight fade of 5 ms at the start and the end."""
    frames = min(round(FADE_SECONDS * sample_rate), len(samples) // 2)
    shape = np.ones((len(samples), 1), np.float32)
    shape[:frames, 0] = np.arange(frames) / frames if frames else 0
    shape[len(samples) - frames :, 0] = shape[:frames, 0][::-1]
    return np.asarray(samples * shape)


def spectral_distance(first: np.ndarray, second: np.ndarray, sample_rate: int) -> float:
    """RMS difference of two sounds' band levels in dB, their loudness aside."""
    return float(np.std(band_levels(first, sample_rate) - band_levels(second, sample_rate)))


def spectral_tilt(samples: np.ndarray, sample_rate: int) -> float:
    """Slope of the power spectrum in dB per octave: white noise 0, pink noise -3."""
    # White noise has 3 dB more in every octave, because the bands widen.
    slope = np.polyfit(np.arange(BANDS) / BANDS_PER_OCTAVE, band_levels(samples, sample_rate), 1)[0]
    return float(slope - 10 * np.log10(2))


def band_levels(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """(frames,) -> (bands,): each band's power in dB, at most DEPTH below the strongest."""
    padded = np.pad(samples, (0, max(FFT_SIZE - len(samples), 0)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT_SIZE)[:: FFT_SIZE // 2]
    power = np.mean(np.abs(np.fft.rfft(frames * np.hanning(FFT_SIZE), axis=1)) ** 2, axis=0)
    hertz = np.fft.rfftfreq(FFT_SIZE, 1 / sample_rate)
    middles = LOWEST_MIDDLE * 2 ** (np.arange(BANDS) / BANDS_PER_OCTAVE)
    low, high = (np.searchsorted(hertz, middles * 2**half) for half in (-0.5, 0.5))
    total = np.concatenate(([0.0], np.cumsum(power)))
    levels = 10 * np.log10(np.maximum(total[high] - total[low], 1e-20))
    return np.asarray(np.maximum(levels, levels.max() - DEPTH))


@dataclass(frozen=True)
class Junction:
    """The place at which two windows were put together, in frames of the joined sound."""

    before: tuple[int, int]  # first frame and the one after the last of what sounds before
    after: tuple[int, int]
    fade: int  # frames


@dataclass(frozen=True)
class Drift:
    """Difference of a window from the first one; pitch is None where either has none."""

    level_db: float
    tilt_db_per_octave: float
    pitch_semitones: float | None


@dataclass(frozen=True)
class Seam:
    """One seam's figures."""

    at: float  # seconds: the middle of its silence
    fade_ms: float
    silence: float  # seconds between the last sound and the next
    level_jump_db: float
    spectral_distance_db: float
    pitch_jump_semitones: float | None
    step: float  # largest change from one sample to the next, of full scale
    click: bool
    drift: Drift
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The figures as plain values, for the take's record."""
        return {**asdict(self), "warnings": list(self.warnings)}


@dataclass(frozen=True)
class _Voice:
    level: float  # dBFS
    tilt: float  # dB per octave
    pitch: float | None  # Hz


def measure_seams(
    samples: np.ndarray, joints: Sequence[Junction], sample_rate: int, *, pitched: bool = True
) -> tuple[Seam, ...]:
    """Measure every joint of (frames,) in order; the first joint's `before` is the anchor window.

    pitched: the sound is one voice, which has a pitch. Otherwise every pitch is None.
    """
    if not joints:
        return ()
    anchor = _voice(samples[slice(*joints[0].before)], sample_rate, pitched)
    return tuple(_measured(samples, joint, anchor, sample_rate, pitched) for joint in joints)


def clicks_between(samples: np.ndarray, first: int, last: int, sample_rate: int) -> bool:
    """True if a click lies between two frames, against the sound around them."""
    block = click_frames(sample_rate)
    around = samples[max(first - block, 0) : last + 2 * block]
    return bool(find_clicks(around[:, None], sample_rate))


def _measured(
    samples: np.ndarray, joint: Junction, anchor: _Voice, sample_rate: int, pitched: bool
) -> Seam:
    window = samples[slice(*joint.after)]
    before = _beside(samples[slice(*joint.before)][::-1], sample_rate)[::-1]
    after = _beside(window, sample_rate)
    early, late, whole = (_voice(sound, sample_rate, pitched) for sound in (before, after, window))
    silence = (joint.after[0] - joint.before[1]) / sample_rate
    beside = round(max(CLICK_BESIDE, (CLICK_SPAN - silence) / 2) * sample_rate)
    first, last = max(joint.before[1] - beside, 0), joint.after[0] + beside
    steps = np.abs(np.diff(samples[first:last].astype(np.float64)))
    seam = Seam(
        at=round((joint.before[1] + joint.after[0]) / 2 / sample_rate, 3),
        fade_ms=round(joint.fade / sample_rate * 1000, 1),
        silence=round(silence, 3),
        level_jump_db=round(late.level - early.level, 2),
        spectral_distance_db=round(spectral_distance(before, after, sample_rate), 2),
        pitch_jump_semitones=_semitones(early.pitch, late.pitch),
        step=round(float(steps.max(initial=0.0)), 5),
        click=clicks_between(samples, first, last, sample_rate),
        drift=Drift(
            level_db=round(whole.level - anchor.level, 2),
            tilt_db_per_octave=round(whole.tilt - anchor.tilt, 2),
            pitch_semitones=_semitones(anchor.pitch, whole.pitch),
        ),
    )
    return replace(seam, warnings=tuple(_warnings(seam)))


def _beside(window: np.ndarray, sample_rate: int) -> np.ndarray:
    """The window's beginning, so much of it that CONTEXT_SECONDS sound; all of a shorter one."""
    wanted = round(CONTEXT_SECONDS * sample_rate)
    activity = find_activity(window, sample_rate)
    for first, last in activity.silences if activity else ():
        if first >= wanted:
            break
        wanted += last - first
    return window[:wanted]


def _voice(samples: np.ndarray, sample_rate: int, pitched: bool) -> _Voice:
    activity = find_activity(samples, sample_rate)
    level = activity.level if activity else LOWEST
    pitch = median_pitch(samples, sample_rate) if pitched else None
    return _Voice(level, spectral_tilt(samples, sample_rate), pitch)


def _semitones(low: float | None, high: float | None) -> float | None:
    """The interval from one pitch in Hz to another, None where either has none."""
    return None if low is None or high is None else round(float(12 * np.log2(high / low)), 2)


def _warnings(seam: Seam) -> Iterator[str]:
    level, drift = seam.level_jump_db, seam.drift
    if abs(level) > LEVEL_JUMP:
        yield f"{abs(level):.1f} dB {'louder' if level > 0 else 'quieter'} after it"
    if seam.spectral_distance_db > SPECTRAL_DISTANCE:
        yield f"another sound after it: {seam.spectral_distance_db:.1f} dB apart"
    if (pitch := seam.pitch_jump_semitones) is not None and abs(pitch) > PITCH_JUMP:
        yield f"{abs(pitch):.1f} semitones {'higher' if pitch > 0 else 'lower'} after it"
    if seam.click:
        yield "a click"
    first = "than the song's first window"
    if abs(level := drift.level_db) > LEVEL_DRIFT:
        how = "louder" if level > 0 else "quieter"
        yield f"what follows is {abs(level):.1f} dB {how} {first}"
    if abs(tilt := drift.tilt_db_per_octave) > TILT_DRIFT:
        how = "brighter" if tilt > 0 else "duller"
        yield f"what follows is {how} by {abs(tilt):.1f} dB per octave {first}"
    if (pitch := drift.pitch_semitones) is not None and abs(pitch) > PITCH_DRIFT:
        how = "higher" if pitch > 0 else "lower"
        yield f"what follows is {abs(pitch):.1f} semitones {how} {first}"
