"""The same conditions for both sides of a comparison.

Two recordings of the same music differ first in what nobody calls music: silence at the edges,
channels, level, sample rate. This takes all of that away, so that what is left can be compared.
"""

from dataclasses import dataclass

import numpy as np

from secondtake_analysis.audio import Audio
from secondtake_analysis.loudness import edges, integrated

COMMON_RATE = 22_050  # Hz; Bark's 24 kHz and MusicGen's 32 kHz both reach it
TARGET_LUFS = -23.0  # EBU R 128
WINDOW_SECONDS = 3.0  # six beats at 120 BPM; a 10 s take has three


@dataclass(frozen=True)
class Prepared:
    """A recording that is ready to be compared: mono, -23 LUFS, 22 050 Hz, edges trimmed."""

    samples: np.ndarray  # (frames,) float32
    lead: float  # s of silence trimmed off the beginning

    @property
    def seconds(self) -> float:
        return len(self.samples) / COMMON_RATE


def prepare(audio: Audio) -> Prepared | None:
    """Trim, fold to mono, normalise, resample; None if too little sound has a loudness."""
    import soxr

    lead, tail = edges(audio.samples, audio.sample_rate)
    if lead + tail >= audio.seconds:
        return None
    start, end = round(lead * audio.sample_rate), round((audio.seconds - tail) * audio.sample_rate)
    mono = audio.mono[start:end]
    loudness = integrated(mono, audio.sample_rate)
    if loudness is None:
        return None
    louder = mono * np.float32(10 ** ((TARGET_LUFS - loudness) / 20))
    return Prepared(soxr.resample(louder, audio.sample_rate, COMMON_RATE), lead)
