"""The master: a mix brought to its loudness, and a limiter that holds the true peak."""

import numpy as np

from secondtake.audio.loudness import integrated
from secondtake.audio.true_peak import peak_envelope
from secondtake.models.sketch.dsp import SAMPLE_RATE

TARGET_LUFS = -16.0
CEILING_DBTP = -1.5  # half a decibel under the promise of -1, for other meters' filters
LOOKAHEAD = int(0.012 * SAMPLE_RATE)  # frames; shorter, the limiter rides on the bass's waves
PIECE = 1 << 16  # frames compared at once, to bound the memory
TOLERANCE_LU = 0.1
PASSES = 4  # limiting lowers the loudness a little; each pass makes up for it


def master(mix: np.ndarray) -> np.ndarray:
    """Bring (frames, 2) to TARGET_LUFS with every true peak under CEILING_DBTP."""
    gain, result = 0.0, mix
    for _ in range(PASSES):
        if (loudness := integrated(result, SAMPLE_RATE)) is None:
            return mix
        if gain and abs(TARGET_LUFS - loudness) < TOLERANCE_LU:
            break
        gain += TARGET_LUFS - loudness
        result = limit(mix * np.float32(10 ** (gain / 20)))
    return result


def limit(samples: np.ndarray) -> np.ndarray:
    """Lower the gain around each excess, smoothly and ahead of it; both channels alike."""
    ceiling = 10 ** (CEILING_DBTP / 20)
    needed = np.minimum(1.0, ceiling / np.maximum(peak_envelope(samples), 1e-9))
    if needed.min() >= 1.0:
        return samples
    padded = np.pad(needed, LOOKAHEAD, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, LOOKAHEAD + 1)
    pieces = (windows[at : at + PIECE] for at in range(0, len(windows), PIECE))
    lowest = np.concatenate([piece.min(axis=1) for piece in pieces])
    weights = np.hanning(LOOKAHEAD + 3)[1:-1]
    gain = np.convolve(lowest, weights / weights.sum(), mode="valid")[: len(samples)]
    return (samples * gain[:, None]).astype(np.float32)
