"""Samples to a wav file: 16-bit PCM, which every program plays."""

import wave
from pathlib import Path
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.files import replacing

FULL_SCALE = 32767
HEADER_BYTES, SAMPLE_BYTES = 44, 2
CEILING = 0.999  # what a take louder than full scale is brought down to, rather than clipped


def write_wav(path: Path, samples: Any, sample_rate: int) -> tuple[str, ...]:
    """Write samples, a numpy array (frames, channels) of float32 in ±1, whole or not at all.

    Returns warnings, e.g. that the take was louder than full scale and was turned down.
    ModelError bug if the samples are empty, not finite or of another shape or type. (numpy is not
    imported here: the array brings its own methods.)
    """
    if samples.ndim != 2 or not samples.shape[0] or not samples.shape[1]:
        raise ModelError("bug", f"the model made samples of shape {tuple(samples.shape)}")
    if getattr(samples, "dtype", "float32") not in ("float32", "float64"):
        raise ModelError("bug", f"the model made samples of type {samples.dtype}, not float32")
    if not bool((abs(samples) < float("inf")).all()):  # NaN compares false as well
        raise ModelError("bug", "the model made samples that are not finite numbers")
    peak = float(abs(samples).max())
    warnings: tuple[str, ...] = ()
    if peak > 1.0:
        samples = samples * (CEILING / peak)
        warnings = (f"peak {peak:.3f} is above full scale; the whole take was turned down to it",)
    frames, channels = samples.shape
    size = HEADER_BYTES + SAMPLE_BYTES * frames * channels
    with replacing(path, size) as file, wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(SAMPLE_BYTES)
        out.setframerate(sample_rate)
        out.writeframes((samples * FULL_SCALE).round().astype("<i2").tobytes())
    return warnings
