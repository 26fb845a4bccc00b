"""The waveform of a clip as columns of peaks, and its mel spectrogram as a small PNG.

The PNG is a ramp of 16 steps from clear to opaque over one grey, so that a page can show it in any
colour, on dark and on light. Columns are equal parts of the clip, rows are those of
`secondtake.core.listening_file.spectrogram_height`, the highest on top.
"""

import struct
import zlib
from functools import cache
from math import ceil

import numpy as np

from secondtake.analysis.audio_io import Samples
from secondtake.analysis.dsp.spectral import mel_filters
from secondtake.analysis.listening.clip_audio import CLIP_RATE
from secondtake.core.listening_file import SPECTROGRAM_ROWS, SPECTROGRAM_TOP

PEAK_COLUMNS = 800
FULL_SCALE = 127  # int8
COLUMNS_PER_SECOND = 40
MOST_COLUMNS = 1200
FRAME = 3072  # samples: 64 ms, whose bins up to 16 kHz are the 1025 that the mel filters take
BINS = 1 + round(SPECTROGRAM_TOP / CLIP_RATE * FRAME)
HOP = FRAME // 2  # at most between two frames, so that no sound falls between them
BLOCK = 256  # frames that are transformed at once: 3 MB
RANGE_DB = 70.0  # below the loudest band everything is clear
SILENCE = 1e-8  # power of a band, 80 dB below a loud one: of dither alone there is no picture
LEVELS = 16  # of the ramp; 4 bits a pixel keep the largest picture below 60 KB
GREY = 128


def peak_columns(samples: Samples) -> bytes:
    """Least and greatest sample of every column, of both channels, as int8 in turn."""
    count = min(PEAK_COLUMNS, len(samples))
    starts = np.arange(count) * len(samples) // count
    low = np.minimum.reduceat(samples.min(axis=1), starts)
    high = np.maximum.reduceat(samples.max(axis=1), starts)
    scaled = np.rint(np.stack([low, high], axis=1) * FULL_SCALE)
    return bytes(scaled.clip(-FULL_SCALE, FULL_SCALE).astype(np.int8))


def spectrogram_png(samples: Samples) -> bytes:
    """(frames, 2) at 48 kHz -> the mel spectrogram, (96 rows, 40 columns a second)."""
    power = mel_power(samples)
    loudest = power.max()
    if loudest < SILENCE:
        return _png(np.zeros(power.shape, np.uint8))
    below = 10 * np.log10(np.maximum(power / loudest, 10 ** (-RANGE_DB / 10)))  # dB, <= 0
    levels = np.rint((below / RANGE_DB + 1) * (LEVELS - 1)).astype(np.uint8)
    return _png(levels[::-1])


def mel_power(samples: Samples) -> np.ndarray:
    """Power of both channels by band, the lowest first, and column: (96, columns)."""
    seconds = len(samples) / CLIP_RATE
    columns = min(MOST_COLUMNS, max(1, round(seconds * COLUMNS_PER_SECOND)))
    each = ceil(len(samples) / columns / HOP)  # frames of a column, whose mean it shows
    count = columns * each
    centres = (2 * np.arange(count) + 1) * len(samples) // (2 * count)
    filters = mel_filters(SPECTROGRAM_ROWS, 2 * (BINS - 1), round(2 * SPECTROGRAM_TOP))
    power = np.zeros((SPECTROGRAM_ROWS, count))
    for channel in samples.T:
        around = np.pad(channel, FRAME // 2)
        for start in range(0, count, BLOCK):
            places = centres[start : start + BLOCK, None] + np.arange(FRAME)
            spectrum = np.fft.rfft(around[places] * _window())[:, :BINS]  # (frames, BINS)
            power[:, start : start + BLOCK] += filters @ (np.abs(spectrum) ** 2).T
    return np.asarray(power.reshape(SPECTROGRAM_ROWS, columns, each).mean(axis=2))


@cache
def _window() -> np.ndarray:
    """A Hann window whose spectra have the power of the signal."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
    return np.asarray(hann / np.sqrt((hann**2).sum()), dtype=np.float32)


def _png(levels: np.ndarray) -> bytes:
    """Levels below 16, (rows, columns), as a PNG of 4 bits a pixel: one grey, 16 opacities."""
    rows, columns = levels.shape
    even = np.pad(levels, ((0, 0), (0, columns % 2)))
    packed = even[:, ::2] << 4 | even[:, 1::2]
    lines = np.pad(packed, ((0, 0), (1, 0)))  # every row begins with its filter: none
    header = struct.pack(">IIBBBBB", columns, rows, 4, 3, 0, 0, 0)  # 4 bits, with a palette
    opacities = bytes(round(255 * level / (LEVELS - 1)) for level in range(LEVELS))
    chunks = (
        (b"IHDR", header),
        (b"PLTE", bytes([GREY] * 3 * LEVELS)),
        (b"tRNS", opacities),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
