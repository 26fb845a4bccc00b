"""What is read from the short-time spectrum of a prepared recording, over mel bands and notes."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from secondtake_analysis import chroma, tone_colour
from secondtake_analysis.prepare import COMMON_RATE
from secondtake_analysis.short_time import FRAME, blocks

MEL_BANDS = 64
FLOOR_DB = -80.0  # below the loudest band everything is called silence
SMALLEST = 1e-10  # power


@dataclass(frozen=True)
class Spectral:
    """What all metrics read from one short-time spectrum."""

    power: np.ndarray  # (64, hops) mel power
    chroma: np.ndarray  # (12, hops) strength of the pitch classes
    contrast: np.ndarray  # (7, hops) dB, peaks over valleys by octave

    @property
    def mel(self) -> np.ndarray:
        """Mel power in dB, (64, hops), not below 80 dB under its maximum."""
        return decibels(self.power)


def read(samples: np.ndarray) -> Spectral:
    """(frames,) at 22 050 Hz -> all of it, block by block: ten minutes fit as well."""
    power, notes, contrast = [], [], []
    hops = 0
    for block in blocks(samples):
        power.append(mel_filters() @ block**2)
        notes.append(chroma.notes(block, hops))
        contrast.append(tone_colour.contrast(block))
        hops += block.shape[1]
    return Spectral(
        np.concatenate(power, axis=1),
        chroma.folded(notes, hops),
        np.concatenate(contrast, axis=1),
    )


def decibels(power: np.ndarray) -> np.ndarray:
    """Power -> dB, not below 80 dB under its maximum."""
    level = 10 * np.log10(np.maximum(power, SMALLEST))
    return np.maximum(level, level.max() + FLOOR_DB).astype(np.float32)


@cache
def mel_filters(bands: int = MEL_BANDS, frame: int = FRAME, rate: int = COMMON_RATE) -> np.ndarray:
    """Triangles of equal area on the Slaney mel scale, 0 Hz to half the rate, (bands, bins)."""
    edges = _mel_to_hz(np.linspace(0, _hz_to_mel(rate / 2), bands + 2))
    bins = np.linspace(0, rate / 2, frame // 2 + 1)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - low) / (centre - low)
    falling = (high - bins) / (high - centre)
    filters = np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)
    filters = filters.astype(np.float32)
    filters.flags.writeable = False  # one array for all callers
    return filters


def onset_strength(mel: np.ndarray) -> np.ndarray:
    """How much louder the bands became since the last hop: mean rise in dB, (hops,)."""
    rise = np.maximum(0, np.diff(mel, axis=1, prepend=mel[:, :1]))
    return rise.mean(axis=0)


def _hz_to_mel(hz: float) -> float:
    """Slaney's scale: linear to 1000 Hz (15 mel), then 27 mel for each factor of 6.4."""
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)


def _mel_to_hz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))
