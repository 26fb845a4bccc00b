"""Recordings as they are played: stereo at 48 kHz that does not clip, and its encodings.

Samples are (frames, 2) float32. Every browser plays at 48 kHz or resamples to what its device has;
one rate for all clips lets nobody tell a model by it. MP3 at a constant bit rate gives clips of one
length the same number of bytes, whatever sounds in them.
"""

import io
from dataclasses import dataclass
from math import log10, sqrt
from typing import Any

import numpy as np
import soundfile

from secondtake.analysis.audio_io import AudioError, Samples
from secondtake.analysis.recording import Recording
from secondtake.audio.loudness import integrated
from secondtake.core.listening_file import Encoding

CLIP_RATE = 48_000  # Hz
BLOCK = CLIP_RATE  # frames that are encoded at once: libsndfile has crashed on a whole song
PEAK_DBFS = -0.1  # what a sound beyond full scale is brought down to
BIT_RATES = {"mp3": 160_000, "wav": CLIP_RATE * 2 * 16}  # a second
# compression_level .5 is 160 kbit/s on libsndfile's scale from 320 to 32.
FORMATS: dict[str, dict[str, Any]] = {
    "mp3": {
        "format": "MP3",
        "subtype": "MPEG_LAYER_III",
        "compression_level": 0.5,
        "bitrate_mode": "CONSTANT",
    },
    "wav": {"format": "WAV", "subtype": "PCM_16"},
}
GAINS = {"mp3": np.float32(1 / 0.95), "wav": np.float32(1.0)}  # LAME takes 0.45 dB off by itself
# Where each channel of a file goes, by how many it has, in the order of WAVE_FORMAT_EXTENSIBLE.
# ITU-R BS.775: the centre and the surrounds go to their sides 3 dB softer, the low-frequency
# channel ("-") is left out.
LAYOUTS = ("C", "LR", "LRC", "LRlr", "LRClr", "LRC-lr", "LRC-clr", "LRC-lrlr")
HALF = sqrt(0.5)
SIDES = {
    "L": (1.0, 0.0),
    "R": (0.0, 1.0),
    "C": (HALF, HALF),
    "-": (0.0, 0.0),
    "l": (HALF, 0.0),
    "r": (0.0, HALF),
    "c": (0.5, 0.5),
}


@dataclass(frozen=True)
class PlayedSound:
    """What is heard of a recording."""

    samples: Samples  # (frames, 2) float32 in ±1 at CLIP_RATE
    lufs: float | None  # of the file, at its own rate and level; None for silence
    headroom_db: float  # <= 0: by which it was brought down, lest it clip

    @property
    def frames(self) -> int:
        return len(self.samples)


def play(recording: Recording) -> PlayedSound:
    """The sound of a recording. AudioError where it cannot be read."""
    audio = recording.audio
    stereo = downmix(audio.samples)
    samples = at_clip_rate(stereo, audio.sample_rate)
    if not len(samples):
        raise AudioError(f"{recording.path}: too short to be heard; verify says more")
    loudness, peak = integrated(stereo, audio.sample_rate), float(np.abs(samples).max())
    if peak <= 1.0:
        return PlayedSound(samples, loudness, 0.0)
    headroom = PEAK_DBFS - 20 * log10(peak)
    return PlayedSound(samples * np.float32(10 ** (headroom / 20)), loudness, headroom)


def at_clip_rate(samples: Samples, sample_rate: int) -> Samples:
    """(frames, 2) at another rate -> as long at CLIP_RATE."""
    import soxr

    if sample_rate == CLIP_RATE:
        return samples
    return np.asarray(soxr.resample(samples, sample_rate, CLIP_RATE), dtype=np.float32)


def downmix(samples: Samples) -> Samples:
    """(frames, 1 to 8 channels) -> (frames, 2); a single channel plays on both sides."""
    channels = samples.shape[1]
    if channels == 1:
        return np.repeat(samples, 2, axis=1)
    if channels == 2:
        return samples
    matrix = np.array([SIDES[place] for place in LAYOUTS[channels - 1]], dtype=np.float32)
    return np.asarray(samples @ matrix)


def padded(samples: Samples, frames: int) -> Samples:
    """The samples and silence behind them, (frames, 2)."""
    return np.pad(samples, ((0, frames - len(samples)), (0, 0)))


def encode(samples: Samples, encoding: Encoding) -> bytes:
    """A file of (frames, 2) samples in ±1 at CLIP_RATE; the same samples give the same bytes.

    It has no tags. A decoder gives back as many frames, as loud, none of them shifted.
    """
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", CLIP_RATE, 2, **FORMATS[encoding]) as sound:
        for start in range(0, len(samples), BLOCK):
            sound.write(samples[start : start + BLOCK] * GAINS[encoding])
    return file.getvalue()
