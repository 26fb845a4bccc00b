"""Whether a seam between two windows can be heard: measured, in numbers and in words.

Before and after a seam means the last and the first second of what sounds: 300 ms hold one vowel,
and which vowel it is would decide everything. Drift compares a whole window with the song's first,
whose voice all others are to keep. Figures are signed: positive is louder, brighter or higher than
before.

The colour of a voice, whatever it sings.

Measured in bands an octave wide, a third of an octave apart, from 350 Hz to 7 kHz: narrower or
lower ones would hold one harmonic or none, and tell which note is sung.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from secondtake.audio.activity import LOWEST, find_activity
from secondtake.audio.pitch import median_pitch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.floating]  # (frames,) in ±1
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.floating]  # (frames,) in ±1

FFT_SIZE = 2048  # frames: bins of 12 Hz at 24 kHz
LOWEST_BAND, BANDS, BANDS_PER_OCTAVE = 500.0, 11, 3  # Hz, the middle of the lowest; the last: 5 kHz
FLOOR = 40.0  # dB under the strongest band: what lies below is not heard beside it


def spectral_distance(one: Samples, other: Samples, sample_rate: int) -> float:
    """RMS difference of two sounds' band levels in dB, their loudness aside."""
    import numpy as np

    return float(np.std(band_levels(one, sample_rate) - band_levels(other, sample_rate)))


def spectral_tilt(samples: Samples, sample_rate: int) -> float:
    """Slope of the power spectrum in dB per octave: white noise 0, pink noise -3."""
    import numpy as np

    # White noise has 3 dB more in every octave, because the bands widen.
    slope = np.polyfit(np.arange(BANDS) / BANDS_PER_OCTAVE, band_levels(samples, sample_rate), 1)[0]
    return float(slope - 10 * np.log10(2))


def band_levels(samples: Samples, sample_rate: int) -> NDArray[np.float64]:
    """(frames,) -> (bands,): each band's power in dB, at most FLOOR below the strongest."""
    import numpy as np

    padded = np.pad(samples, (0, max(FFT_SIZE - len(samples), 0)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT_SIZE)[:: FFT_SIZE // 2]
    power = np.mean(np.abs(np.fft.rfft(frames * np.hanning(FFT_SIZE), axis=1)) ** 2, axis=0)
    hertz = np.fft.rfftfreq(FFT_SIZE, 1 / sample_rate)
    middles = LOWEST_BAND * 2 ** (np.arange(BANDS) / BANDS_PER_OCTAVE)
    low, high = (np.searchsorted(hertz, middles * 2**half) for half in (-0.5, 0.5))
    total = np.concatenate(([0.0], np.cumsum(power)))
    levels = 10 * np.log10(np.maximum(total[high] - total[low], 1e-20))
    return np.asarray(np.maximum(levels, levels.max() - FLOOR))


CONTEXT_SECONDS = 1.0  # of sound on either side
CLICK_BLOCK, CLICK_BESIDE = 0.02, 0.001  # seconds: looked at at once (no less), beside a silence
CLICK_STEP, CLICK_CREST = 0.01, 10.0  # of full scale; times the RMS step around it (noise: 4)

# Beyond these a seam is worth a warning; docs/bark-length.md says what they stand on.
LEVEL_JUMP, LEVEL_DRIFT = 6.0, 3.0  # dB
SPECTRAL_DISTANCE = 8.0  # dB
TILT_DRIFT = 2.5  # dB per octave
PITCH_JUMP, PITCH_DRIFT = 9.0, 5.0  # semitones


@dataclass(frozen=True)
class Joint:
    """Where two windows were put together, in frames of the joined sound."""

    before: tuple[int, int]  # first frame and the one after the last of what sounds before
    after: tuple[int, int]
    fade: int  # frames


@dataclass(frozen=True)
class Drift:
    """How far a window is from the first one; pitch is None where either has none."""

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
    samples: Samples, joints: Sequence[Joint], sample_rate: int, *, pitched: bool = True
) -> tuple[Seam, ...]:
    """Every joint of (frames,) in order; the first joint's `before` is the anchor window.

    pitched: whether it is one voice, which has a pitch; pitches are None for what has many.
    """
    if not joints:
        return ()
    anchor = _voice(samples[slice(*joints[0].before)], sample_rate, pitched)
    return tuple(_measured(samples, joint, anchor, sample_rate, pitched) for joint in joints)


def find_click(samples: Samples, sample_rate: int) -> tuple[float, bool]:
    """Largest step between neighbouring samples, and whether one stands out like a click."""
    import numpy as np

    block, largest, click = round(CLICK_BLOCK * sample_rate), 0.0, False
    steps = np.abs(np.diff(samples.astype(np.float64)))
    for start in range(0, max(len(steps) - block // 2, 1), block // 2):
        here = steps[start : start + block]
        step = float(here.max(initial=0.0))
        usual = float(np.sqrt(np.mean(here**2))) if len(here) else 0.0
        largest = max(largest, step)
        click |= step >= CLICK_STEP and step > CLICK_CREST * usual
    return largest, click


def _measured(
    samples: Samples, joint: Joint, anchor: _Voice, sample_rate: int, pitched: bool
) -> Seam:
    window = samples[slice(*joint.after)]
    before = _beside(samples[slice(*joint.before)][::-1], sample_rate)[::-1]
    after = _beside(window, sample_rate)
    one, other, whole = (_voice(sound, sample_rate, pitched) for sound in (before, after, window))
    silence = (joint.after[0] - joint.before[1]) / sample_rate
    beside = round(max(CLICK_BESIDE, (CLICK_BLOCK - silence) / 2) * sample_rate)
    middle = samples[max(joint.before[1] - beside, 0) : joint.after[0] + beside]
    step, click = find_click(middle, sample_rate)
    seam = Seam(
        at=round((joint.before[1] + joint.after[0]) / 2 / sample_rate, 3),
        fade_ms=round(joint.fade / sample_rate * 1000, 1),
        silence=round(silence, 3),
        level_jump_db=round(other.level - one.level, 2),
        spectral_distance_db=round(spectral_distance(before, after, sample_rate), 2),
        pitch_jump_semitones=_semitones(one.pitch, other.pitch),
        step=round(step, 5),
        click=click,
        drift=Drift(
            level_db=round(whole.level - anchor.level, 2),
            tilt_db_per_octave=round(whole.tilt - anchor.tilt, 2),
            pitch_semitones=_semitones(anchor.pitch, whole.pitch),
        ),
    )
    return replace(seam, warnings=tuple(_warnings(seam)))


def _beside(window: Samples, sample_rate: int) -> Samples:
    """The window's beginning, so much of it that CONTEXT_SECONDS sound; all of a shorter one."""
    wanted = round(CONTEXT_SECONDS * sample_rate)
    activity = find_activity(window, sample_rate)
    for first, last in activity.silences if activity else ():
        if first >= wanted:
            break
        wanted += last - first
    return window[:wanted]


def _voice(samples: Samples, sample_rate: int, pitched: bool) -> _Voice:
    activity = find_activity(samples, sample_rate)
    return _Voice(
        level=activity.level if activity else LOWEST,
        tilt=spectral_tilt(samples, sample_rate),
        pitch=median_pitch(samples, sample_rate) if pitched else None,
    )


def _semitones(one: float | None, other: float | None) -> float | None:
    import numpy as np

    return None if one is None or other is None else round(float(12 * np.log2(other / one)), 2)


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
    if abs(drift.level_db) > LEVEL_DRIFT:
        how = "louder" if drift.level_db > 0 else "quieter"
        yield f"what follows is {abs(drift.level_db):.1f} dB {how} {first}"
    if abs(tilt := drift.tilt_db_per_octave) > TILT_DRIFT:
        how = "brighter" if tilt > 0 else "duller"
        yield f"what follows is {how} by {abs(tilt):.1f} dB per octave {first}"
    if (pitch := drift.pitch_semitones) is not None and abs(pitch) > PITCH_DRIFT:
        how = "higher" if pitch > 0 else "lower"
        yield f"what follows is {abs(pitch):.1f} semitones {how} {first}"
