"""How loud: blocks in dBFS, loudness in LUFS, loudness range in LU, true peak in dBTP.

Samples are (frames,) or (frames, channels) float32 at their own rate, full scale ±1.
"""

import numpy as np

BLOCK_SECONDS = 0.01  # for silence and edges
SILENCE_DBFS = -60.0
GATE_SECONDS = 0.4  # BS.1770-4 measures blocks of 400 ms; shorter has no loudness
RANGE_SECONDS = 10.0  # shorter than this, a loudness range says nothing about a mix
OVERSAMPLING = 4  # BS.1770-4, annex 2
SMALLEST = 1e-10  # -200 dBFS instead of a logarithm of nothing


def decibels(amplitude: np.ndarray | float) -> np.ndarray:
    """Amplitude (1 is full scale) -> dBFS."""
    return 20 * np.log10(np.maximum(np.abs(amplitude), SMALLEST))


def block_levels(
    samples: np.ndarray, sample_rate: int, seconds: float = BLOCK_SECONDS
) -> np.ndarray:
    """RMS of consecutive blocks in dBFS, (blocks,); the loudest channel counts.

    A last block that is not full is measured over what it has.
    """
    channels = samples.reshape(len(samples), -1)
    size = max(1, round(seconds * sample_rate))
    starts = np.arange(0, len(channels), size)
    if not len(starts):
        return np.empty(0)
    energy = np.add.reduceat(channels.astype(np.float64) ** 2, starts, axis=0)
    lengths = np.diff(np.append(starts, len(channels)))[:, None]
    return decibels(np.sqrt(energy / lengths)).max(axis=1)


def edges(samples: np.ndarray, sample_rate: int) -> tuple[float, float]:
    """Seconds of silence (below -60 dBFS) before the first sound and after the last.

    A file without any sound is silence at both edges, each as long as the file.
    """
    total = len(samples) / sample_rate
    sounding = np.flatnonzero(block_levels(samples, sample_rate) >= SILENCE_DBFS)
    if not len(sounding):
        return total, total
    size = max(1, round(BLOCK_SECONDS * sample_rate))
    end = min(len(samples), (sounding[-1] + 1) * size)
    return sounding[0] * size / sample_rate, total - end / sample_rate


def integrated(samples: np.ndarray, sample_rate: int) -> float | None:
    """Integrated loudness in LUFS (ITU-R BS.1770-4); None if under 0.4 s or below the gate."""
    from pyloudnorm import Meter

    if len(samples) <= GATE_SECONDS * sample_rate:
        return None
    value = float(Meter(sample_rate).integrated_loudness(samples.astype(np.float64)))
    return value if np.isfinite(value) else None


def loudness_range(samples: np.ndarray, sample_rate: int) -> float | None:
    """Loudness range in LU (EBU Tech 3342: 3 s blocks, 10th to 95th percentile).

    None below 10 s, and for silence. The document itself wants a minute or more.
    """
    from pyloudnorm import Meter

    if len(samples) < RANGE_SECONDS * sample_rate:
        return None
    meter = Meter(sample_rate, block_size=3.0, overlap=0.95)
    meter.integrated_loudness(samples.astype(np.float64))
    blocks = np.asarray(meter.blockwise_loudness)
    blocks = blocks[blocks >= -70.0]
    if not len(blocks):
        return None
    mean = 10 * np.log10(np.mean(10 ** (blocks / 10)))
    low, high = np.percentile(blocks[blocks >= mean - 20.0], [10, 95])
    return float(high - low)


def true_peak(samples: np.ndarray) -> float:
    """Highest true peak of all channels in dBTP, 4x oversampled (BS.1770-4, annex 2)."""
    from scipy.signal import resample_poly

    channels = samples.reshape(len(samples), -1).T
    if not channels.size:
        return float(decibels(0.0))
    peaks = (np.abs(resample_poly(channel, OVERSAMPLING, 1)).max() for channel in channels)
    return float(decibels(max(max(peaks), np.abs(channels).max())))
