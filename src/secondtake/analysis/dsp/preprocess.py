"""Preprocessing, the same for both sides of a comparison, and the short-time spectrum after it.

`prepare` takes away what nobody calls music: silence at the edges, channels, level, sample rate.
The spectrum is computed once and read by everything: (bins, hops) float32 at 22 050 Hz, 2048-sample
Hann frames every 256 samples (93 ms every 11.6 ms, short because rhythm is read from it too).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from secondtake.analysis.audio_io import Audio
from secondtake.audio.loudness import edges, integrated

COMMON_RATE = 22_050  # Hz; Bark's 24 kHz and MusicGen's 32 kHz both reach it
TARGET_LUFS = -23.0  # EBU R 128
WINDOW_SECONDS = 3.0  # six beats at 120 BPM; a 10 s take has three


@dataclass(frozen=True)
class PreparedAudio:
    """A recording that is ready to be compared: mono, -23 LUFS, 22 050 Hz, edges trimmed."""

    samples: np.ndarray  # (frames,) float32
    lead: float  # s of silence trimmed off the beginning

    @property
    def seconds(self) -> float:
        return len(self.samples) / COMMON_RATE


def prepare(audio: Audio) -> PreparedAudio | None:
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
    return PreparedAudio(soxr.resample(louder, audio.sample_rate, COMMON_RATE), lead)


FRAME = 2048
HOP = 256
HOPS_PER_SECOND = COMMON_RATE / HOP  # 86.1
HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)  # periodic
BLOCK_HOPS = 2048  # 24 s that are transformed at once: 8 MB of magnitudes


def stft_blocks(samples: np.ndarray) -> Iterator[np.ndarray]:
    """(frames,) -> magnitude spectrum (1025, at most 2048 hops) float32, block by block.

    Hops are centred: the first one's frame begins half a frame before the sound.
    """
    from scipy.fft import rfft

    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, FRAME // 2), FRAME)[::HOP]
    for first in range(0, len(frames), BLOCK_HOPS):
        windowed = frames[first : first + BLOCK_HOPS] * HANN
        yield np.asarray(np.abs(rfft(windowed, axis=1)).T.astype(np.float32))


def bin_of(hertz: float) -> int:
    """The bin nearest to a frequency."""
    return round(hertz * FRAME / COMMON_RATE)
